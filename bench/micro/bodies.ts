import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { decode } from '../../packages/gateway/src/http/content-coding.ts';
import { usualLimits } from '../../packages/gateway/src/http/json-limits.ts';
import { scanJson } from '../../packages/gateway/src/http/json-scanner.ts';
import type { ReadableBody } from '../../packages/gateway/src/openapi/bodies.ts';
import { loadDefinition } from '../../packages/gateway/src/openapi/load.ts';
import { Validator } from '../../packages/gateway/src/openapi/validator.ts';

/** What it takes to judge bodies of each kind: processor time, the best of ten rounds. */

const text = { type: 'string', maxLength: 100 };
const line = {
  type: 'object',
  required: ['sku'],
  properties: { sku: text, quantity: { type: 'integer', minimum: 1 }, price: { type: 'number' } },
};
const order = {
  type: 'object',
  xml: { name: 'order' },
  properties: {
    id: { type: 'integer', xml: { attribute: true } },
    note: text,
    lines: { type: 'array', xml: { wrapped: true }, items: { ...line, xml: { name: 'line' } } },
  },
};
const definition = {
  openapi: '3.1.0',
  info: { title: 'Orders', version: '1' },
  paths: {
    '/orders': {
      post: {
        requestBody: {
          content: {
            'application/json': { schema: order },
            'application/xml': { schema: order },
            'application/x-ndjson': { schema: line },
            'application/x-www-form-urlencoded': {
              schema: {
                type: 'object',
                properties: { name: text, age: { type: 'integer' }, tags: { type: 'array', items: text } },
              },
            },
            'multipart/form-data': {
              schema: {
                type: 'object',
                required: ['title'],
                properties: { title: text, file: { type: 'string', format: 'binary' } },
              },
            },
          },
        },
      },
    },
  },
};

const lines = Array.from({ length: 20 }, (_, i) => ({ sku: `BOOK-${i}`, quantity: i + 1, price: 9.5 }));
const json = Buffer.from(JSON.stringify({ id: 7, note: 'Please ring twice.', lines }));
const xml = Buffer.from(
  `<order id="7"><note>Please ring twice.</note><lines>${lines
    .map(
      ({ sku, quantity, price }) =>
        `<line><sku>${sku}</sku><quantity>${quantity}</quantity><price>${price}</price></line>`,
    )
    .join('')}</lines></order>`,
);
const ndjson = Buffer.from(lines.map((each) => `${JSON.stringify(each)}\n`).join(''));
const form = Buffer.from('name=Alice+Liddell&age=7&tags=curious&tags=small%20or%20large');
const multipart = Buffer.concat([
  Buffer.from(
    '--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nA photo\r\n--x\r\nContent-Disposition: form-data; name="file"; filename="photo.bin"\r\n\r\n',
  ),
  Buffer.alloc(65_536, 'photo-\r\n'),
  Buffer.from('\r\n--x--\r\n'),
]);
const large = Buffer.from(JSON.stringify({ id: 7, lines: Array.from({ length: 20 }, () => lines).flat() }));
const whole = (count: number): Buffer =>
  Buffer.from(JSON.stringify({ id: 7, lines: Array.from({ length: count }, (_, i) => lines[i % 20]) }));
/** As large as 64 KiB. */
const page = whole(1_522);
const packed = gzipSync(large);

const folder = mkdtempSync(join(tmpdir(), 'bench-'));
const file = join(folder, 'orders.json');
writeFileSync(file, JSON.stringify(definition));
const { operations, shared } = await loadDefinition(file);
rmSync(folder, { recursive: true });
const operation = operations[0]!;
const validator = new Validator(shared, {
  unknownQueryParameters: 'refuse',
  maxErrors: 20,
  unknownFields: 'refuse',
  files: { maxFiles: 20, maxFileSize: Number.POSITIVE_INFINITY, fileNames: 'strict' },
});

async function measure(name: string, count: number, run: () => unknown): Promise<void> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 10; round++) {
    const before = process.cpuUsage();
    for (let repeat = 0; repeat < count; repeat++) await run();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / count);
  }
  process.stdout.write(`${name.padEnd(48)} ${best.toFixed(1).padStart(8)} µs\n`);
}

async function judge(name: string, type: string, body: Buffer, count = 2_000): Promise<void> {
  const rule = validator.bodyRule(operation, type) as ReadableBody;
  const found = await validator.judgeBody(operation, rule, body, usualLimits);
  if (found !== undefined) throw new Error(`${name} is good: ${JSON.stringify(found)}`);
  await measure(`${name} of ${body.length} bytes`, count, () =>
    validator.judgeBody(operation, rule, body, usualLimits),
  );
}

/** What comes on top of JSON.parse: both by turns, as a machine has fast and slow minutes; time of this thread alone. */
async function besideParsing(body: Buffer, count: number): Promise<void> {
  const rule = validator.bodyRule(operation, 'application/json') as ReadableBody;
  const found = await validator.judgeBody(operation, rule, body, usualLimits);
  if (found !== undefined) throw new Error(`the order is good: ${JSON.stringify(found)}`);
  const parts = {
    'judged, with JSON.parse': () => validator.judgeBody(operation, rule, body, usualLimits),
    'JSON.parse alone': () => JSON.parse(body.toString()),
    'the scan alone': () => scanJson(body),
  };
  const best = new Map<string, number>();
  for (let round = 0; round < 60; round++) {
    for (const [name, run] of Object.entries(parts)) {
      const before = process.threadCpuUsage();
      for (let repeat = 0; repeat < count; repeat++) run();
      const { user, system } = process.threadCpuUsage(before);
      best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, (user + system) / count));
    }
  }
  for (const [name, time] of best)
    process.stdout.write(
      `${`JSON of ${body.length} bytes: ${name}`.padEnd(48)} ${time.toFixed(1).padStart(8)} µs\n`,
    );
}

await judge('JSON order', 'application/json', json);
await judge('XML order', 'application/xml', xml);
await judge('NDJSON', 'application/x-ndjson', ndjson);
await judge('form', 'application/x-www-form-urlencoded', form, 20_000);
await judge('multipart with a file', 'multipart/form-data; boundary=x', multipart);
await judge('JSON order, large', 'application/json', large, 200);
await besideParsing(json, 2_000);
await besideParsing(page, 100);
await measure(`the same from ${packed.length} bytes of gzip, unpacking alone`, 200, () =>
  decode(packed, 'gzip', 1_048_576),
);
