import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { readDocument } from './document.ts';
import { isSecret, secret } from './secret.ts';

const literal = 'hunter2-hunter2';
const place = { file: 'p.yaml', line: 1, column: 1 };

test('the mark of a secret survives what a schema adds to it', () => {
  const marked = [
    secret(),
    secret().min(32),
    secret().max(9).regex(/a/),
    secret().describe('Key'),
    secret().trim(),
  ];
  for (const schema of marked) assert.ok(isSecret(schema));
  assert.ok(!isSecret(z.string()));
  assert.ok(!isSecret(z.string().describe('writeOnly')));
  assert.equal(secret().parse('alone it is a text'), 'alone it is a text');
});

test('a secret is found behind every kind of schema that holds others', () => {
  const at: Record<string, z.ZodType> = {
    optional: secret().optional(),
    nullable: secret().nullable(),
    nonoptional: secret().optional().nonoptional(),
    default: secret().default('x'),
    prefault: secret().prefault('x'),
    catch: secret().catch('x'),
    readonly: secret().readonly(),
    lazy: z.lazy(() => secret()),
    transform: secret().transform((text) => text.length),
    preprocess: z.preprocess((value) => value, secret()),
    pipe: secret().pipe(z.string()),
    refine: secret().refine(() => true),
    brand: secret().brand('key'),
    union: z.union([z.int(), secret()]),
    intersection: z.intersection(z.string(), secret()),
  };
  for (const [name, schema] of Object.entries(at)) {
    const outcome = readDocument(`key: ${literal}`, 'p.yaml', z.object({ key: schema }), { env: {} });
    assert.ok(!outcome.ok, name);
    assert.match(outcome.faults[0]?.message ?? '', /^expected a reference to a secret/, name);
    assert.doesNotMatch(JSON.stringify(outcome.faults), /hunter2/, name);
  }
  const around: Record<string, [z.ZodType, string]> = {
    object: [z.object({ a: z.object({ b: secret() }) }), `a: { b: ${literal} }`],
    catchall: [z.object({}).catchall(secret()), `a: ${literal}`],
    record: [z.record(z.string(), secret()), `a: ${literal}`],
    array: [z.array(secret()), `[${literal}]`],
    tuple: [z.tuple([z.int(), secret()]), `[1, ${literal}]`],
    'tuple rest': [z.tuple([z.int()]).rest(secret()), `[1, ${literal}]`],
    discriminated: [
      z.discriminatedUnion('type', [
        z.object({ type: z.literal('a'), value: z.string() }),
        z.object({ type: z.literal('b'), value: secret() }),
      ]),
      `{ type: b, value: ${literal} }`,
    ],
    'broken union': [
      z.union([z.strictObject({ a: z.int() }), z.strictObject({ b: secret(), c: z.int() })]),
      `{ b: ${literal}, c: x }`,
    ],
  };
  for (const [name, [schema, yaml]] of Object.entries(around)) {
    const outcome = readDocument(yaml, 'p.yaml', schema, { env: {} });
    assert.ok(!outcome.ok, name);
    assert.ok(
      outcome.faults.some(({ message }) => /^expected a reference to a secret/.test(message)),
      name,
    );
    assert.doesNotMatch(JSON.stringify(outcome.faults), /hunter2/, name);
  }
});

test('the same key may be plain in another branch', () => {
  const schema = z.discriminatedUnion('type', [
    z.object({ type: z.literal('a'), value: z.string() }),
    z.object({ type: z.literal('b'), value: secret() }),
  ]);
  const outcome = readDocument('{ type: a, value: plain }', 'p.yaml', schema, { env: {} });
  assert.deepEqual(outcome.ok && outcome.value, { type: 'a', value: 'plain' });
});

test('a schema in which a secret could hide is refused', () => {
  const schema = z.object({ a: z.map(z.string(), secret()) });
  assert.throws(() => readDocument('a: { b: c }', 'p.yaml', schema, { env: {} }), /cannot use z\.map\(\)/);
});

test('files of secrets', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'secret-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const put = (name: string, content: string | Buffer): void => writeFileSync(join(folder, name), content);
  put('plain', 'hunter2');
  put('newline', 'hunter2\n');
  put('crlf', 'hunter2\r\n');
  put('two', 'hunter2\n\n');
  put('spaces', ' hunter2 ');
  put('largest', 'x'.repeat(64 * 1024));
  put('larger', 'x'.repeat(64 * 1024 + 1));
  put('empty', '\n');
  put('binary', Buffer.from([0xff, 0xfe, 0x00]));
  put('private', 'hunter2');
  chmodSync(join(folder, 'private'), 0);
  mkdirSync(join(folder, 'folder'));
  execFileSync('mkfifo', [join(folder, 'fifo')]);

  const schema = z.object({ key: secret() });
  const read = (path: string): string => {
    const told: string[] = [];
    const outcome = readDocument(`key: "file:${path}"`, join(folder, 'p.yaml'), schema, {
      env: {},
      onFile: (file) => told.push(file),
    });
    assert.deepEqual(told, path === '' ? [] : [resolve(folder, path)]);
    return outcome.ok ? (outcome.value as { key: string }).key : (outcome.faults[0]?.message ?? '');
  };
  const fault = (name: string, why: string): string => `the secret's file "${join(folder, name)}" ${why}`;
  const vectors: [path: string, result: string][] = [
    ['plain', 'hunter2'],
    ['./folder/../plain', 'hunter2'],
    [join(folder, 'plain'), 'hunter2'],
    [`//${join(folder, 'plain')}`, 'hunter2'],
    ['newline', 'hunter2'],
    ['crlf', 'hunter2'],
    ['two', 'hunter2\n'],
    ['spaces', ' hunter2 '],
    ['largest', 'x'.repeat(64 * 1024)],
    ['larger', fault('larger', 'is larger than 64 KiB')],
    ['empty', fault('empty', 'is empty')],
    ['binary', fault('binary', 'is not UTF-8 text')],
    ['folder', fault('folder', 'is not a regular file')],
    ['fifo', fault('fifo', 'is not a regular file')],
    ['nowhere', fault('nowhere', 'cannot be read (it does not exist)')],
    ['', 'expected a path after "file:"'],
  ];
  // Root may read everything.
  if (process.getuid?.() !== 0) {
    vectors.push(['private', fault('private', 'cannot be read (permission denied)')]);
  }
  for (const [path, result] of vectors) assert.equal(read(path), result, path);
});

test('what to write instead is made from the name of the field', () => {
  const vectors: [key: string, variable: string, file: string][] = [
    ['clientSecret', 'CLIENT_SECRET', 'client-secret'],
    ['signing-key', 'SIGNING_KEY', 'signing-key'],
    ['"5 x"', 'SECRET', 'secret'],
  ];
  for (const [key, variable, file] of vectors) {
    const outcome = readDocument(`${key}: ${literal}`, 'p.yaml', z.record(z.string(), secret()), { env: {} });
    assert.ok(!outcome.ok);
    const [fault] = outcome.faults;
    assert.deepEqual(fault, {
      ...place,
      column: key.length + 3,
      path: key.startsWith('"') ? `[${key}]` : key,
      message: 'expected a reference to a secret, found the secret itself or a part of it',
      suggestion: `write \${${variable}} and set that variable, or write file:/run/secrets/${file}`,
    });
  }
});
