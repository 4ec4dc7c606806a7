import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fields } from '../../packages/gateway/src/http/fields.ts';
import { parseJson } from '../../packages/gateway/src/http/json.ts';
import { usualLimits } from '../../packages/gateway/src/http/json-limits.ts';
import type { ReadableBody } from '../../packages/gateway/src/openapi/bodies.ts';
import { loadDefinition } from '../../packages/gateway/src/openapi/load.ts';
import { Validator } from '../../packages/gateway/src/openapi/validator.ts';

const text = { type: 'string', minLength: 1, maxLength: 100 };
const definition = {
  openapi: '3.1.0',
  info: { title: 'Orders', version: '1' },
  paths: {
    '/customers/{customer}/orders': {
      parameters: [
        { name: 'customer', in: 'path', required: true, schema: { type: 'string', pattern: '^c[0-9]{6}$' } },
      ],
      get: {
        parameters: [
          { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 100 } },
          { name: 'sort', in: 'query', schema: { enum: ['date', 'total'] } },
          { name: 'x-trace', in: 'header', schema: { type: 'string', maxLength: 64 } },
        ],
      },
      post: {
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Order' } } },
        },
      },
    },
  },
  components: {
    schemas: {
      Order: {
        type: 'object',
        required: ['currency', 'address', 'lines'],
        properties: {
          currency: { enum: ['EUR', 'USD'] },
          note: text,
          placed: { type: 'string', format: 'date-time' },
          address: { $ref: '#/components/schemas/Address' },
          lines: { type: 'array', minItems: 1, maxItems: 50, items: { $ref: '#/components/schemas/Line' } },
        },
        additionalProperties: false,
      },
      Address: {
        type: 'object',
        required: ['street', 'city', 'country'],
        properties: { street: text, city: text, country: { type: 'string', pattern: '^[A-Z]{2}$' } },
        additionalProperties: false,
      },
      Line: {
        type: 'object',
        required: ['sku', 'quantity'],
        properties: {
          sku: text,
          quantity: { type: 'integer', minimum: 1 },
          price: { type: 'number', minimum: 0 },
        },
        additionalProperties: false,
      },
    },
  },
};

const order = Buffer.from(
  JSON.stringify({
    currency: 'EUR',
    placed: '2024-05-01T10:20:30Z',
    note: 'Please ring twice; the door is the green one at the back of the house.',
    address: { street: 'Long Street 17', city: 'Springfield', country: 'DE' },
    lines: [
      { sku: 'BOOK-0001', quantity: 1, price: 12.5 },
      { sku: 'BOOK-0002', quantity: 2, price: 8 },
      { sku: 'BOOK-0003', quantity: 1, price: 19.99 },
      { sku: 'PEN-17', quantity: 10, price: 0.8 },
    ],
  }),
);

function measure(name: string, run: () => unknown): void {
  const count = 50_000;
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 10; round++) {
    const start = performance.now();
    for (let repeat = 0; repeat < count; repeat++) run();
    best = Math.min(best, ((performance.now() - start) * 1000) / count);
  }
  process.stdout.write(`${name.padEnd(40)} ${best.toFixed(2).padStart(7)} µs\n`);
}

const folder = mkdtempSync(join(tmpdir(), 'bench-'));
const file = join(folder, 'orders.json');
writeFileSync(file, JSON.stringify(definition));
const { operations, shared } = await loadDefinition(file);
rmSync(folder, { recursive: true });
const [get, post] = operations;
if (get === undefined || post === undefined) throw new Error('the definition has two operations');

const validator = new Validator(shared, {
  unknownQueryParameters: 'refuse',
  maxErrors: 20,
  unknownFields: 'refuse',
  files: { maxFiles: 20, maxFileSize: Number.POSITIVE_INFINITY, fileNames: 'strict' },
});
const start = performance.now();
let steps = 0;
for (const _ of validator.warm(operations)) steps++;
process.stdout.write(`compiled ${steps} operations in ${(performance.now() - start).toFixed(1)} ms\n`);

const source = {
  query: 'limit=20&sort=date',
  pathValues: ['c123456'],
  fields: new Fields(['host', 'api.example.com', 'accept', '*/*', 'user-agent', 'x', 'x-trace', 'abc']),
};
const bad = { ...source, query: 'limit=200&sort=date' };
const parsed = parseJson(order);
const rule = validator.bodyRule(post, 'application/json') as ReadableBody;
const judge = (value: unknown) => validator.judgeBody(post, rule, order, usualLimits, { value });
const wrong = { ...(parsed as object), currency: 'GBP' };
if (validator.checkParameters(get, source) !== undefined) throw new Error('the request is good');
if (judge(parsed) !== undefined) throw new Error(`the order is good: ${JSON.stringify(judge(parsed))}`);

measure('GET with four parameters', () => validator.checkParameters(get, source));
measure('GET with four parameters, one wrong', () => validator.checkParameters(get, bad));
measure(`order of ${order.length} bytes, parsed already`, () => judge(parsed));
measure(`order of ${order.length} bytes, parsing it too`, () =>
  validator.judgeBody(post, rule, order, usualLimits),
);
measure('order with an error', () => judge(wrong));
