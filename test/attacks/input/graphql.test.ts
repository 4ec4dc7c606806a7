import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, test } from 'node:test';
import { request } from 'undici';
import { WebSocket } from 'ws';
import {
  jwk,
  keySet,
  token,
} from '../../../packages/gateway/src/policies/authentication/jwt/testing/issuer.ts';
import { shopSchema } from '../../../packages/gateway/src/policies/graphql/testing/shop-schema.ts';
import { startGateway } from '../../harness/gateway.ts';
import { exhausted, startGraphqlServer } from '../../harness/graphql-server.ts';
import { waitFor } from '../../harness/wait.ts';
import { assertCost, largeBound, noProc } from './cost.ts';

/**
 * What one small request may do to a GraphQL service (OWASP API4:2023, and the lists of graphql-cop). Each attack works
 * against a service that does not protect itself, and is stopped here: nothing of it gets there, the reply is small, and
 * what it costs the gateway has a bound that is measured.
 */
const service = await startGraphqlServer({ after });
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const now = Math.floor(Date.now() / 1000);
const bearer = (...roles: readonly string[]): string => {
  const claims = { iss: 'https://id.example', aud: 'shop', sub: 'ann', iat: now, exp: now + 600, roles };
  return `Bearer ${token(pair, { alg: 'ES256', typ: 'at+jwt', kid: 'k1' }, claims)}`;
};
const customer = bearer('customer');

const shop = (name: string, options: string): string => `
  ${name}:
    basePath: /${name}
    upstream: { targets: ['${service.origin}'], stripBasePath: true }
    policies:
      authentication: { anyOf: [customers] }
      graphql: ${options}`;
const gateway = await startGateway(
  { after },
  {
    files: {
      'keys.json': keySet(jwk(pair, { kid: 'k1', alg: 'ES256' })),
      'shop.graphql': shopSchema,
      'operations.json': JSON.stringify({ viewer: '{ viewer { name } }' }),
    },
    config: `
listen: { http: { port: 0, plaintext: true } }
threads: 1
authenticators:
  customers: { jwt: { issuer: 'https://id.example', audience: shop, jwks: keys.json, algorithms: [ES256] } }
policies: { access-log: { to: { file: access.log } } }
apis:${shop('plain', '{}')}${shop('typed', '{ schema: shop.graphql, methods: [GET, POST], introspection: { roles: [developer] }, fields: { Mutation.deleteOrder: { roles: [admin] } } }')}${shop('known', '{ persisted: { file: operations.json } }')}${shop('lists', '{ maxOperations: 5 }')}
`,
  },
);

interface Answer {
  readonly status: number;
  readonly text: string;
}

const fields = { 'content-type': 'application/json' };

async function send(origin: string, path: string, asked: unknown, authorization = customer): Promise<Answer> {
  const { statusCode, body } = await request(`${origin}${path}`, {
    method: 'POST',
    headers: { ...fields, authorization },
    body: typeof asked === 'string' ? asked : JSON.stringify(asked),
  });
  return { status: statusCode, text: await body.text() };
}

function outcome({ status, text }: Answer): string {
  if (status === 200) return '200';
  const { type, errors } = JSON.parse(text) as { type: string; errors?: { keyword: string }[] };
  return [status, type.replace(/.*:/, ''), errors?.[0]?.keyword].filter(Boolean).join(' ');
}

const times = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');
const ask = (query: string, variables: object = {}) => ({ query, variables });
const doubling = times(
  30,
  (i) => `fragment F${i} on Customer { a: friends { ...F${i + 1} } b: friends { ...F${i + 1} } }`,
);

/** What the service does, as fields that it looks up, at least; and how the gateway answers, without and with a schema. */
const attacks: readonly [name: string, asked: unknown, fields: number, plain: string, typed: string][] = [
  [
    'alias bomb',
    ask(`{ ${times(300, (i) => `a${i}: viewer { name }`)} }`),
    600,
    '400 graphql-limit maxAliases',
    '400 graphql-limit maxAliases',
  ],
  [
    'deep nesting',
    ask(`{ viewer ${'{ friends '.repeat(9)}{ name }${' }'.repeat(10)}`),
    exhausted,
    '400 graphql-limit maxDepth',
    '400 graphql-limit maxDepth',
  ],
  [
    'circular fragments',
    ask('{ viewer { ...F } } fragment F on Customer { friends { ...F } }'),
    // Then it is out of stack.
    300,
    '400 graphql-invalid fragment',
    '400 graphql-invalid fragment',
  ],
  [
    'fragments that double each other',
    ask(`{ viewer { ...F0 } } ${doubling} fragment F30 on Customer { name }`),
    exhausted,
    '400 graphql-limit maxDepth',
    '400 graphql-limit maxDepth',
  ],
  [
    'a long list',
    ask('query ($n: Int) { books(limit: $n) { title } }', { n: 50_000 }),
    exhausted,
    '400 graphql-limit maxCost',
    '400 graphql-limit maxCost',
  ],
  [
    'lists within lists, each of which is small',
    ask('{ viewer { friends { friends { friends { friends { friends { name email } } } } } } }'),
    600,
    '200',
    '400 graphql-limit maxCost',
  ],
  [
    'more directives than fields',
    ask(`{ viewer { name ${times(200, () => '@include(if: true)')} } }`),
    2,
    '400 graphql-limit maxDirectives',
    '400 graphql-limit maxDirectives',
  ],
  [
    'one field a thousand times',
    ask(`{ ${times(900, () => '__typename')} }`),
    0,
    '400 graphql-limit maxRootFields',
    '400 graphql-limit maxRootFields',
  ],
  [
    'a list of operations',
    Array.from({ length: 200 }, () => ask('{ viewer { name } }')),
    400,
    '400 graphql-invalid type',
    '400 graphql-invalid type',
  ],
  [
    'a field that the schema does not publish',
    ask('{ viewer { _debug } __schema { types { name } } }'),
    0,
    '403 introspection-refused introspection',
    '400 graphql-invalid schema',
  ],
  [
    'introspection',
    ask('{ __schema { types { name fields { name } } } }'),
    0,
    '403 introspection-refused introspection',
    '403 introspection-refused introspection',
  ],
  [
    'a mutation of somebody else',
    ask('mutation { x: deleteOrder(id: 1) }'),
    1,
    '200',
    '403 role-insufficient field',
  ],
  [
    'an argument of another type, for what is behind it',
    ask('query ($a: ID!) { order(id: $a) { id } }', { a: { $ne: null } }),
    0,
    '200',
    '400 graphql-invalid type',
  ],
];

for (const [name, asked, least, plain, typed] of attacks) {
  test(`${name}: works upon the service, and is stopped`, async () => {
    const before = service.resolved();
    const { status, text } = await send(service.origin, '/graphql', asked);
    assert.equal(status, 200, text);
    assert.ok(service.resolved() - before >= least, `${service.resolved() - before} fields`);

    for (const [path, expected] of [
      ['/plain/graphql', plain],
      ['/typed/graphql', typed],
    ] as const) {
      const got = service.received.length;
      const reply = await send(gateway.http, path, asked);
      assert.equal(outcome(reply), expected, reply.text);
      if (expected === '200') continue;
      assert.equal(service.received.length, got);
      assert.ok(reply.text.length < 1_000, `${reply.text.length} characters`);
    }
  });
}

test('what is asked for in a usual way gets there', async () => {
  const query =
    'query Orders($n: Int) { viewer { name orders(first: $n) { edges { node { id ...I } } } } } fragment I on Order { items { price } }';
  for (const path of ['/plain/graphql', '/typed/graphql', '/lists/graphql']) {
    const reply = await send(gateway.http, path, ask(query, { n: 4 }));
    assert.equal(reply.status, 200);
    assert.match(reply.text, /^\{"data":\{"viewer":/);
    assert.deepEqual(service.received.at(-1), ask(query, { n: 4 }));
  }
});

test('introspection and fields are for whom they are said to be', async () => {
  const schema = ask('{ __schema { queryType { name } } }');
  assert.equal((await send(gateway.http, '/typed/graphql', schema, bearer('developer'))).status, 200);
  const remove = ask('mutation { deleteOrder(id: 1) }');
  assert.equal((await send(gateway.http, '/typed/graphql', remove, bearer('admin'))).status, 200);
});

test('a mutation by GET: works upon the service, and is stopped', async () => {
  const line = `/graphql?query=${encodeURIComponent('mutation { deleteOrder(id: 1) }')}`;
  const get = async (url: string): Promise<Answer & { allow: unknown }> => {
    const { statusCode, headers, body } = await request(url, { headers: { authorization: bearer('admin') } });
    return { status: statusCode, text: await body.text(), allow: headers.allow };
  };
  assert.equal((await get(`${service.origin}${line}`)).text, '{"data":{"deleteOrder":true}}');
  const got = service.received.length;
  const reply = await get(`${gateway.http}/typed${line}`);
  assert.equal(outcome(reply), '405 method-unknown method');
  assert.equal(reply.allow, 'POST');
  assert.equal(outcome(await get(`${gateway.http}/plain${line}`)), '405 method-unknown');
  const twice = `/graphql?query=${encodeURIComponent('{ viewer { name } }')}&query=${encodeURIComponent('mutation { deleteOrder(id: 1) }')}`;
  assert.equal(outcome(await get(`${gateway.http}/typed${twice}`)), '400 graphql-invalid duplicate');
  assert.equal(service.received.length, got);
});

test('only what is persisted gets there, as the text that is known', async () => {
  const path = '/known/graphql';
  assert.equal(
    outcome(await send(gateway.http, path, ask('{ viewer { email } }'))),
    '404 graphql-operation-unknown persisted',
  );
  // What a client of Apollo would do to have an operation of its own registered.
  const hash = '0'.repeat(64);
  const extensions = { persistedQuery: { version: 1, sha256Hash: hash } };
  const registering = { query: '{ viewer { email } }', extensions };
  assert.equal(outcome(await send(gateway.http, path, registering)), '400 graphql-invalid id');
  assert.equal(
    outcome(await send(gateway.http, path, { extensions })),
    '404 graphql-operation-unknown persisted',
  );
  assert.equal((await send(gateway.http, path, { id: 'viewer' })).text, '{"data":{"viewer":{"name":"x"}}}');
  assert.deepEqual(service.received.at(-1), { query: '{ viewer { name } }', variables: {} });
});

test('a list of operations has one limit for all of them', async () => {
  const list = (count: number) => Array.from({ length: count }, () => ask('{ orders(first: 1000) { id } }'));
  assert.equal((await send(gateway.http, '/lists/graphql', list(4))).status, 200);
  assert.equal(outcome(await send(gateway.http, '/lists/graphql', list(5))), '400 graphql-limit maxCost');
  assert.equal(
    outcome(await send(gateway.http, '/lists/graphql', list(6))),
    '400 graphql-limit maxOperations',
  );
});

test('no other spelling, place or way leads around it', async () => {
  const bomb = JSON.stringify(ask(`{ ${times(50, (i) => `a${i}: viewer { name }`)} }`));
  const got = service.received.length;
  for (const path of [
    '/plain/graphql/',
    '/plain/GraphQL',
    '/plain/graphql/batch',
    '/plain/%67raphql',
    '/plain//graphql',
  ])
    assert.notEqual((await send(gateway.http, path, bomb)).status, 200, path);
  for (const type of [
    'text/plain',
    'application/graphql',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
  ]) {
    const { statusCode, body } = await request(`${gateway.http}/plain/graphql`, {
      method: 'POST',
      headers: { authorization: customer, 'content-type': type },
      body: bomb,
    });
    await body.dump();
    assert.equal(statusCode, 415, type);
  }
  const both = `/plain/graphql?query=${encodeURIComponent('{ __schema { types { name } } }')}`;
  assert.equal(
    outcome(await send(gateway.http, both, ask('{ viewer { name } }'))),
    '400 graphql-invalid unknown',
  );
  assert.equal(service.received.length, got);
});

test('no WebSocket gets there, in which nothing could be judged', async () => {
  const opened = (url: string): Promise<number> =>
    new Promise((resolve) => {
      const socket = new WebSocket(url, { headers: { authorization: customer } });
      socket.on('open', () => {
        resolve(101);
        socket.terminate();
      });
      socket.on('unexpected-response', (_, reply) => {
        resolve(reply.statusCode!);
        socket.terminate();
      });
      socket.on('error', () => {});
    });
  assert.equal(await opened(`${service.origin.replace('http', 'ws')}/graphql`), 101);
  assert.equal(await opened(`${gateway.http.replace('http', 'ws')}/typed/graphql`), 405);
});

test('the record says what was asked for, and what it would have cost', async () => {
  await send(gateway.http, '/typed/graphql', ask('query Many { books(limit: 9000) { title } }'));
  const record = await waitFor('the record', () =>
    gateway
      .accessLog()
      .map((each) => JSON.stringify(each))
      .find((each) => each.includes('query Many')),
  );
  assert.match(record, /"graphql":\["query Many"\]/);
  assert.match(record, /"graphqlDepth":2/);
  assert.match(record, /"graphqlCost":9001/);
});

/** Requests up to every limit on size, to hold the gateway up as long as can be: what each costs it, alone. */
const heaviest: readonly [name: string, asked: unknown][] = [
  ...attacks.map(([name, asked]) => [name, asked] as [string, unknown]),
  ['tokens, all of them fields', ask(`{ viewer { ${'name '.repeat(1_993)}} }`)],
  [
    'tokens, all of them fragments',
    ask(
      `{ viewer { ...F0 } } ${times(130, (i) => `fragment F${i} on Customer { ...F${i + 1} ...F${i + 1} }`)} fragment F130 on Customer { name }`,
    ),
  ],
  ['inline fragments', ask(`{ viewer { ${'... { name } '.repeat(395)} } }`)],
  ['variables, declared', ask(`query (${times(300, (i) => `$a${i}: Int`)}) { viewer { name } }`)],
  [
    'operations and fragments',
    ask(
      `${times(10, (i) => `query Q${i} { ...F }`)} fragment F on Query { viewer { ${'name '.repeat(1_900)}} }`,
    ),
  ],
  ['a comment for each token', ask(`${'#\n'.repeat(1_990)}{ viewer { name } }`)],
  ['one long string', ask(`{ search(text: "${'\\u0041'.repeat(2_600)}") { __typename } }`)],
  ['one long block string', ask(`{ search(text: """${'\n \\"""'.repeat(2_600)}""") { __typename } }`)],
  [
    'variables, with as many values as there may be',
    ask('mutation ($o: OrderInput!) { placeOrder(input: $o) { id } }', {
      o: { items: Array.from({ length: 990 }, () => ({ book: 'x' })) },
    }),
  ],
  [
    'variables, too many',
    ask('mutation ($o: OrderInput!) { placeOrder(input: $o) { id } }', {
      o: { items: Array.from({ length: 10_000 }, () => ({ book: '' })) },
    }),
  ],
  [
    'a literal of many values',
    ask(`mutation { placeOrder(input: {items: [${'{book: 1} '.repeat(320)}]}) { id } }`),
  ],
  ['brackets', ask('['.repeat(16_000))],
  ['nothing but noise', '{"query":"'.padEnd(131_000, '\\u0022')],
];

test('no request holds the gateway up', { skip: noProc }, async () => {
  let sent = 0;
  for (const [name, asked] of heaviest) {
    const attack = async (): Promise<void> => {
      sent++;
      // A text that was not seen before each time: nothing is remembered of it.
      const isText = Array.isArray(asked) || typeof asked === 'string';
      const { query } = asked as Asked;
      const unseen = isText ? asked : { ...(asked as Asked), query: `${query}${' '.repeat(sent % 50)}` };
      assert.notEqual((await send(gateway.http, '/typed/graphql', unseen)).status, 500, name);
    };
    // The heaviest takes 8 ms of the policy (bench/RESULTS.md).
    await assertCost(gateway.pid, name, attack, largeBound);
  }
});

interface Asked {
  readonly query: string;
}
