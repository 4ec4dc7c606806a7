/**
 * What one request costs the policy `graphql`. Run: node bench/micro/graphql.ts
 * Each figure is the best of the rounds, in processor time: the machine's other work only ever adds to it. The first time
 * is that of a text that was not seen before, with everything warm.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { graphql } from '../../packages/gateway/src/policies/graphql/policy.ts';
import { shopSchema } from '../../packages/gateway/src/policies/graphql/testing/shop-schema.ts';
import { api, environment, exchange, preparePolicy } from '../../packages/gateway/src/testing/exchange.ts';

const rounds = 9;
const folder = mkdtempSync(join(tmpdir(), 'portcullis-bench-'));
writeFileSync(join(folder, 'shop.graphql'), shopSchema);
const surroundings = environment({ api: api('shop', []), folder });
const limits = {
  introspection: 'allow',
  maxAliases: 1_000,
  maxRootFields: 1_000,
  maxDirectives: 1_000,
  maxCost: 1e9,
  maxDepth: 50,
};
const policies = {
  'no schema': await preparePolicy(graphql, limits, surroundings),
  schema: await preparePolicy(graphql, { ...limits, schema: 'shop.graphql' }, surroundings),
};
rmSync(folder, { recursive: true });
for (const { warm } of Object.values(policies)) for (const _ of warm!());

const times = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');

const typical = `query Orders($n: Int!) {
  viewer {
    id
    name
    orders(first: $n) {
      edges { cursor node { id total ...Lines } }
    }
  }
  books(limit: 5) { id title price tags }
}
fragment Lines on Order { items { quantity price book { id title } } }
`;

const requests: readonly [name: string, query: string, variables: object, count: number][] = [
  ['typical', typical, { n: 20 }, 300],
  ['2,000 tokens of fields', `{ viewer { ${'name '.repeat(1_993)}} }`, {}, 20],
  [
    '140 fragments',
    `{ viewer { ...F0 } } ${times(140, (i) => `fragment F${i} on Customer { ...F${i + 1} }`)} fragment F140 on Customer { name }`,
    {},
    20,
  ],
  ['2,000 tokens of fields with sizes', `{ ${times(180, (i) => `a${i}: books(limit: 5) { id }`)} }`, {}, 20],
  [
    'ten operations that share 1,900 fields',
    `${times(10, (i) => `query Q${i} { ...F }`)} fragment F on Query { viewer { ${'name '.repeat(1_900)}} }`,
    {},
    20,
  ],
  [
    'variables of 2,000 values',
    'mutation ($o: OrderInput!) { placeOrder(input: $o) { id } }',
    { o: { items: Array.from({ length: 995 }, () => ({ book: 'x' })) } },
    50,
  ],
];

for (const [name, query, variables, count] of requests) {
  for (const [kind, policy] of Object.entries(policies)) {
    const operationName = name.startsWith('ten') ? { operationName: 'Q0' } : {};
    const measured = { first: Number.POSITIVE_INFINITY, again: Number.POSITIVE_INFINITY };
    let outcome = '';
    for (let round = 0; round < rounds; round++) {
      for (const seen of [false, true]) {
        const inputs = Array.from({ length: count }, (_, i) =>
          // Comments are a part of the text, and so it is another one.
          prepared({ query: seen ? query : `${query}#${round} ${i}`, variables, ...operationName }),
        );
        if (seen) await policy.body!(inputs[0]!);
        const before = process.cpuUsage();
        for (const input of inputs) {
          const verdict = (await policy.body!(input)) as { reason?: string } | undefined;
          outcome = verdict === undefined ? 'passes' : String(verdict.reason);
        }
        const { user, system } = process.cpuUsage(before);
        const key = seen ? 'again' : 'first';
        measured[key] = Math.min(measured[key], (user + system) / count);
      }
    }
    process.stdout.write(
      `${`${name}, ${query.length} characters, ${kind}`.padEnd(70)} ${measured.first.toFixed(1).padStart(9)} µs, again ${measured.again.toFixed(1).padStart(8)} µs   ${outcome.slice(0, 40)}\n`,
    );
  }
}
surroundings.close();

/** With its JSON parsed: that is no part of the policy. */
function prepared(body: object): ReturnType<typeof exchange> {
  const input = exchange('POST /graphql', { body, fields: { 'content-type': 'application/json' } });
  (input as { json: () => unknown }).json = () => body;
  return input;
}
