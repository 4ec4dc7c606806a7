import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiDefinition } from '../../packages/gateway/src/openapi/definition.ts';
import { loadDefinition } from '../../packages/gateway/src/openapi/load.ts';
import { Validator } from '../../packages/gateway/src/openapi/validator.ts';
import { startGateway } from '../../test/harness/gateway.ts';

/**
 * What a definition costs by the number of its operations: to load, to start with, to compile beside requests, and to hold.
 *
 *     node_modules/.bin/node bench/micro/definitions.ts
 */

const text = { type: 'string', maxLength: 100 };

/** Half of the operations read, and half write: a body of a schema of its own, which refers to four others. */
function definitionOf(operations: number): string {
  const paths: Record<string, object> = {};
  const schemas: Record<string, object> = {
    Money: {
      type: 'object',
      required: ['amount'],
      properties: { amount: { type: 'integer' }, currency: { enum: ['EUR', 'USD'] } },
    },
    Address: {
      type: 'object',
      required: ['street'],
      properties: { street: text, city: text, country: { type: 'string', pattern: '^[A-Z]{2}$' } },
    },
    Moment: { type: 'string', format: 'date-time' },
  };
  for (let i = 0; i < operations / 2; i++) {
    const part = {
      type: 'object',
      required: ['sku'],
      properties: {
        sku: text,
        quantity: { type: 'integer', minimum: 1 },
        price: { $ref: '#/components/schemas/Money' },
      },
    };
    schemas[`Part${i}`] = part;
    schemas[`Thing${i}`] = {
      type: 'object',
      required: [`name${i}`, 'parts'],
      properties: {
        [`name${i}`]: text,
        note: text,
        state: { enum: ['new', 'old', `s${i}`] },
        made: { $ref: '#/components/schemas/Moment' },
        address: { $ref: '#/components/schemas/Address' },
        parts: { type: 'array', maxItems: 50, items: { $ref: `#/components/schemas/Part${i}` } },
        paid: { oneOf: [{ $ref: '#/components/schemas/Money' }, { type: 'null' }] },
      },
    };
    const thing = { 'application/json': { schema: { $ref: `#/components/schemas/Thing${i}` } } };
    const responses = { 200: { description: 'a thing', content: thing } };
    paths[`/things${i}/{id}`] = {
      parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'integer', minimum: 1 } }],
      get: {
        parameters: [
          { name: `limit${i}`, in: 'query', schema: { type: 'integer', maximum: 100 } },
          { name: 'sort', in: 'query', schema: { enum: ['a', 'b'] } },
        ],
        responses,
      },
      put: { requestBody: { required: true, content: thing }, responses },
    };
  }
  return JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'Things', version: '1' },
    paths,
    components: { schemas },
  });
}

const options = {
  unknownQueryParameters: 'refuse',
  maxErrors: 20,
  unknownFields: 'refuse',
  files: { maxFiles: 20, maxFileSize: Number.POSITIVE_INFINITY, fileNames: 'strict' },
} as const;

async function loaded(operations: number): Promise<ApiDefinition> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const file = join(folder, 'things.json');
    writeFileSync(file, definitionOf(operations));
    return await loadDefinition(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** In a fresh process, so that nothing else is on the heap. */
async function memory(): Promise<void> {
  const { operations, shared } = await loaded(1_000);
  // What ajv needs by itself is there before anything is compiled.
  const first = new Validator(shared, options);
  for (const _ of first.warm(operations.slice(0, 2)));
  const validator = new Validator(shared, options);
  const held = (): number => {
    for (let round = 0; round < 4; round++) globalThis.gc?.();
    return process.memoryUsage().heapUsed;
  };
  const before = held();
  for (const _ of validator.warm(operations));
  const grown = held() - before;
  process.stdout.write(
    `compiled, for each of 1,000 operations: ${(grown / 1_000 / 1024).toFixed(1)} KiB of heap\n`,
  );
  // Alive until here.
  if (validator === undefined) throw new Error('the validator is gone');
}

async function loading(operations: number): Promise<void> {
  let load = Number.POSITIVE_INFINITY;
  let clone = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) {
    const start = performance.now();
    const definition = await loaded(operations);
    const middle = performance.now();
    structuredClone(definition);
    load = Math.min(load, middle - start);
    clone = Math.min(clone, performance.now() - middle);
  }
  const { operations: all, shared } = await loaded(operations);
  const validator = new Validator(shared, options);
  let largest = 0;
  let total = 0;
  let steps = 0;
  const warming = validator.warm(all);
  for (;;) {
    // Of this thread: the collector of garbage has others beside it.
    const before = process.threadCpuUsage();
    const { done } = warming.next();
    const { user, system } = process.threadCpuUsage(before);
    if (done === true) break;
    steps++;
    largest = Math.max(largest, (user + system) / 1000);
    total += (user + system) / 1000;
  }
  process.stdout.write(
    `${String(operations).padStart(5)} operations: loaded in ${load.toFixed(0)} ms, handed to a thread in ${clone.toFixed(0)} ms; compiled in ${total.toFixed(0)} ms of processor time, a step ${(total / steps).toFixed(1)} ms on average, ${largest.toFixed(1)} at most\n`,
  );
}

async function start(operations: number): Promise<number> {
  const closers: (() => void | Promise<void>)[] = [];
  const began = performance.now();
  await startGateway(
    { after: (close) => void closers.push(close as () => void | Promise<void>) },
    {
      config: `
listen: { http: { port: 0, plaintext: true }, admin: { port: 0 } }
threads: 1
policies: { authentication: none }
apis: { things: { openapi: ./things.json, upstream: { targets: ['http://127.0.0.1:9'] } } }
`,
      files: { 'things.json': definitionOf(operations) },
    },
  );
  const took = performance.now() - began;
  for (const close of closers) await close();
  return took;
}

if (process.argv[2] === 'memory') await memory();
else {
  for (const operations of [10, 1_000, 5_000]) await loading(operations);
  for (let round = 0; round < 3; round++) {
    for (const operations of [10, 1_000, 5_000])
      process.stdout.write(
        `ready with ${operations} operations after ${(await start(operations)).toFixed(0)} ms\n`,
      );
  }
  spawnSync(process.execPath, ['--expose-gc', import.meta.filename, 'memory'], { stdio: 'inherit' });
}
