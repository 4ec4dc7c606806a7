import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { loadDefinition } from '../../packages/gateway/src/openapi/load.ts';
import { ReplyValidator } from '../../packages/gateway/src/openapi/reply-validator.ts';
import { contentRule } from '../../packages/gateway/src/openapi/responses.ts';
import { compileRules } from '../../packages/gateway/src/policies/leak-protection/compile.ts';
import { inspectContent } from '../../packages/gateway/src/policies/leak-protection/inspect.ts';
import { TooMuch } from '../../packages/gateway/src/policies/leak-protection/too-much.ts';

setFlagsFromString('--enable-experimental-regexp-engine');

/** Processor time, as others share the machine. */
function measure(name: string, count: number, run: () => unknown): void {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 12; round++) {
    const before = process.cpuUsage();
    for (let repeat = 0; repeat < count; repeat++) run();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / count);
  }
  process.stdout.write(`${name.padEnd(60)} ${best.toFixed(1).padStart(9)} µs\n`);
}

const line = {
  sku: 'BOOK-0001',
  title: 'A fine thing, made of wood',
  quantity: 1,
  price: 10.5,
  added: '2024-05-01T10:20:30Z',
};
function customers(count: number, more: object = {}): object[] {
  return Array.from({ length: count }, (_, id) => ({
    id,
    name: `Customer number ${id}`,
    address: { street: 'Long Street 17', city: 'Springfield' },
    lines: [line, line],
    ...more,
  }));
}
function sized(bytes: number, more: object = {}): Buffer {
  const one = Buffer.byteLength(JSON.stringify(customers(1, more))) - 2;
  return Buffer.from(JSON.stringify(customers(Math.max(1, Math.round(bytes / (one + 4))), more)));
}
const [small, middle, large] = [sized(400), sized(65_536), sized(1_048_576)];

const schema = (properties: object): object => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
});
const text = { type: 'string', maxLength: 100 };
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
const file = join(folder, 'shop.json');
const item = schema({
  sku: text,
  title: text,
  quantity: { type: 'integer' },
  price: { type: 'number' },
  added: { type: 'string', format: 'date-time' },
});
const customer = schema({
  id: { type: 'integer' },
  name: text,
  address: schema({ street: text, city: text }),
  lines: { type: 'array', items: item },
});
writeFileSync(
  file,
  JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'Shop', version: '1' },
    paths: {
      '/c': {
        get: {
          responses: {
            200: {
              description: '',
              content: {
                'application/json': {
                  schema: { type: 'array', items: { $ref: '#/components/schemas/Customer' } },
                },
              },
            },
          },
        },
      },
    },
    components: { schemas: { Customer: customer } },
  }),
);
const { operations, shared } = await loadDefinition(file);
rmSync(folder, { recursive: true });
const rule = contentRule(operations[0]!.responses!['200']!, ['application/json']);
if (rule.kind !== 'json') throw new Error('the definition has a schema');
const validator = new ReplyValidator(shared);
const judge = (bytes: Buffer) => validator.checkJson(rule.schema, bytes);
if (judge(middle) !== undefined) throw new Error(`the reply is good: ${JSON.stringify(judge(small))}`);
for (const [bytes, count] of [
  [small, 20_000],
  [middle, 100],
  [large, 6],
] as const)
  measure(`against the definition, ${bytes.length} bytes`, count, () => judge(bytes));
for (const [size, count] of [
  [400, 20_000],
  [65_536, 100],
  [262_144, 12],
] as const) {
  const bytes = sized(size, { hash: 'abc', internal: { note: 'x' } });
  if (judge(bytes)?.left.length === bytes.length) throw new Error('something is to be taken out');
  measure(`the same, two members of each taken out, ${bytes.length} bytes`, count, () => judge(bytes));
}

const rules = compileRules({
  rules: { 'card-number': 'mask', token: 'mask' },
  patterns: { staff: { pattern: 'EMP-[0-9]{6}' } },
});
const look = (bytes: Buffer, isJson = true): unknown => {
  try {
    return inspectContent(rules, bytes, isJson);
  } catch (fault) {
    if (fault instanceof TooMuch) return 'too much';
    throw fault;
  }
};
if (look(large) !== undefined) throw new Error('nothing is to be found');
for (const [bytes, count] of [
  [small, 20_000],
  [middle, 100],
  [large, 6],
] as const)
  measure(`leaks, none in ${bytes.length} bytes`, count, () => look(bytes));
const leaking = Buffer.from(middle.toString().replace('Customer number 9', `card 4111111111111111`));
measure(`leaks, one masked in ${leaking.length} bytes`, 100, () => look(leaking));

/** As much as leak-protection holds. */
const held = 524_288;
const fill = (piece: string): Buffer => Buffer.from(piece.repeat(Math.ceil(held / piece.length)));
const hostile: Readonly<Record<string, Buffer>> = {
  'words that are none': fill(' 10.'),
  'beginnings of words': fill('-----begi'),
  'hyphens only': fill('-'),
  'frames that are none': fill('.js:1:2 '),
  'duplicate entries without an end': fill("duplicate entry 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
  'host names': fill(`${'a'.repeat(240)}.local.`),
  'one long token': fill('eyJaaaaaaaaa'),
  'digits only': fill('4'),
  'groups of digits': fill('4111 '),
  'cards that are none': fill('4111 1111 1111 1112 '),
  'cards that are some': fill('4111 1111 1111 1111 ,'),
  'escapes only': Buffer.from(`"${'\\u0041'.repeat(held / 6)}"`),
  'escaped cards': Buffer.from(
    `["${'4111\\u002d1111\\u002d1111\\u002d1111 ,'.repeat(1_900)}${'\\u0041'.repeat(65_000)}"]`,
  ),
  'a key without an end': fill('-----BEGIN PRIVATE KEY-----'),
  'a pattern of the operator': fill('EMP-12345 '),
  'deep arrays': Buffer.from(`${'['.repeat(60)}"4111111111111111"${']'.repeat(60)}`.padEnd(held)),
};
for (const [name, bytes] of Object.entries(hostile))
  measure(`leaks, 512 KiB of ${name}`, 4, () => look(bytes));

/** As many members as a document may have, each of another name. */
const members = (object: number): string =>
  Array.from({ length: 1_000 }, (_, i) => `"n${object * 1_000 + i}":1`).join();
const wide = Buffer.from(`[${Array.from({ length: 24 }, (_, object) => `{${members(object)}}`).join()}]`);
if (wide.length > 262_144) throw new Error('more than is held');
measure(`against the definition, ${wide.length} bytes of undeclared members`, 2, () => judge(wide));
const empty = Buffer.from(`[${'{},'.repeat(87_000)}{}]`);
measure(`against the definition, ${empty.length} bytes of empty objects`, 2, () => judge(empty));
