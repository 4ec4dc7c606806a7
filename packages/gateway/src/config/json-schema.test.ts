import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { z } from 'zod';
import { editorSchema } from './json-schema.ts';
import { secret } from './secret.ts';

const schema = z.strictObject({
  port: z.int().min(1).max(65535).default(8443).describe('Where to listen.'),
  on: z.boolean().optional(),
  url: z
    .string()
    .regex(/^https:/)
    .optional()
    .describe('Of the upstream.'),
  prefix: z.string().startsWith('/').optional(),
  name: z.string().min(1).optional(),
  mode: z.enum(['enforce', 'monitor']).optional(),
  kind: z.literal('memory').optional(),
  level: z.union([z.literal(1), z.literal(2)]).optional(),
  key: secret().min(32).describe('Signs cookies.').optional(),
  byName: z.record(z.string().regex(/^[a-z]+$/), z.array(z.number())).optional(),
  duration: z.string().transform(Number).optional(),
  loose: z.custom<string>(() => true).optional(),
});
const options = { id: 'https://example.com/portcullis.json', title: 'Portcullis' };

test('descriptions and conditions are there, references are allowed', () => {
  const generated = editorSchema(schema, options) as Record<string, Record<string, unknown>>;
  assert.deepEqual(Object.keys(generated), [
    '$schema',
    '$id',
    'title',
    'type',
    'properties',
    'additionalProperties',
    '$defs',
  ]);
  assert.equal(generated.$schema, 'https://json-schema.org/draft/2020-12/schema');
  assert.equal(generated.$id, options.id);
  assert.deepEqual(generated.properties?.port, {
    default: 8443,
    description: 'Where to listen.',
    type: ['integer', 'string'],
    minimum: 1,
    maximum: 65535,
    pattern: '\\$\\{[A-Za-z_]',
  });
  assert.deepEqual(generated.properties?.url, {
    description: 'Of the upstream.',
    anyOf: [{ type: 'string', pattern: '^https:' }, { $ref: '#/$defs/reference' }],
  });
  assert.deepEqual(generated.properties?.key, {
    type: 'string',
    writeOnly: true,
    description: 'Signs cookies.',
    pattern: '^(\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}|file:.+)$',
  });
  assert.deepEqual(generated.properties?.name, { type: 'string', minLength: 1 });
});

test('it is the same each time', () => {
  assert.equal(JSON.stringify(editorSchema(schema, options)), JSON.stringify(editorSchema(schema, options)));
});

test('a validator takes and refuses what the reader does', () => {
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(
    editorSchema(schema, options),
  );
  const r = '$' + '{NAME}';
  const vectors: [value: unknown, valid: boolean][] = [
    [{}, true],
    [{ port: 80 }, true],
    [{ port: r }, true],
    [{ port: '80' }, false],
    [{ port: 70000 }, false],
    [{ port: null }, false],
    [{ on: r }, true],
    [{ on: 'yes' }, false],
    [{ url: 'https://x' }, true],
    [{ url: `${r}/x` }, true],
    [{ url: 'ftp:' }, false],
    [{ prefix: '/x' }, true],
    [{ prefix: 'x' }, false],
    [{ mode: 'monitor' }, true],
    [{ mode: r }, true],
    [{ mode: 'x' }, false],
    [{ kind: 'memory' }, true],
    [{ kind: 'x' }, false],
    [{ level: 2 }, true],
    [{ level: 3 }, false],
    [{ key: r }, true],
    [{ key: 'file:x' }, true],
    [{ key: 'x'.repeat(40) }, false],
    [{ byName: { a: [1, r] } }, true],
    [{ byName: { [r]: [] } }, false],
    [{ duration: '5' }, true],
    [{ unknown: 1 }, false],
  ];
  for (const [value, valid] of vectors) assert.equal(validate(value), valid, JSON.stringify(value));
});
