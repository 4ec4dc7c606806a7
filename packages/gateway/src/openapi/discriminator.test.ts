import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { usualLimits } from '../http/json-limits.ts';
import type { ReadableBody } from './bodies.ts';
import type { Judgement } from './body-judge.ts';
import { loadDefinition } from './load.ts';
import { Validator } from './validator.ts';

/** What is found wrong with a body of a definition: pointer and keyword of each error, or `ok`. */
async function judging(
  definition: object,
  messages: readonly string[] = [],
): Promise<(value: unknown) => string> {
  const folder = mkdtempSync(join(tmpdir(), 'discriminator-'));
  writeFileSync(join(folder, 'api.json'), JSON.stringify(definition));
  const { operations, shared, faults } = await loadDefinition(join(folder, 'api.json'));
  rmSync(folder, { recursive: true });
  assert.deepEqual(
    faults.map(({ message }) => message),
    messages,
  );
  const validator = new Validator(shared, {
    unknownQueryParameters: 'refuse',
    unknownFields: 'refuse',
    maxErrors: 5,
    files: { maxFiles: 1, maxFileSize: 1, fileNames: 'strict' },
  });
  const rule = validator.bodyRule(operations[0]!, 'application/json') as ReadableBody;
  return (value) => {
    const bytes = Buffer.from(JSON.stringify(value));
    const found = validator.judgeBody(operations[0]!, rule, bytes, usualLimits) as Judgement;
    if (found === undefined || !('errors' in found)) return 'ok';
    return found.errors.map(({ pointer, keyword }) => `${pointer} ${keyword}`).join(', ');
  };
}

const text = { type: 'string' };
const pet = (kind: string): object => ({
  type: 'object',
  required: [kind],
  properties: { petType: text, [kind]: text },
});

function withSchemas(schema: object, schemas: object, openapi = '3.1.0'): object {
  const content = { 'application/json': { schema } };
  const post = { requestBody: { required: true, content }, responses: { 200: { description: 'ok' } } };
  return { openapi, info: { title: 't', version: '1' }, paths: { '/': { post } }, components: { schemas } };
}

const ref = (name: string): object => ({ $ref: `#/components/schemas/${name}` });

test('of alternatives the one counts that the property names, though others would be met', async () => {
  const schema = { oneOf: [ref('Cat'), ref('Dog')], discriminator: { propertyName: 'petType' } };
  const judge = await judging(withSchemas(schema, { Cat: pet('huntingSkill'), Dog: pet('packSize') }));
  assert.equal(judge({ petType: 'Cat', huntingSkill: 'lazy' }), 'ok');
  assert.equal(judge({ petType: 'Dog', packSize: 'one' }), 'ok');
  assert.equal(judge({ petType: 'Dog', huntingSkill: 'lazy' }).includes('required'), true);
  // A cat may have it, which this is not, though a cat is met.
  assert.equal(judge({ petType: 'Dog', packSize: 'one', huntingSkill: 'lazy' }), '/huntingSkill unknown');
  assert.equal(judge({ petType: 'Cow', packSize: '1' }).startsWith('/petType enum'), true);
  assert.equal(judge({ packSize: '1' }).includes('required'), true);
  assert.equal(judge('Cat').includes('type'), true);
});

test('a mapping names schemas, or refers to them; what a schema states of the property comes before its name', async () => {
  const cat = { type: 'object', properties: { petType: { const: 'feline' }, purr: text } };
  const schema = {
    anyOf: [ref('Cat'), ref('Dog'), ref('Big.Dog')],
    discriminator: {
      propertyName: 'petType',
      mapping: { canine: 'Dog', 'big-one': '#/components/schemas/Big.Dog' },
    },
  };
  const judge = await judging(withSchemas(schema, { Cat: cat, Dog: pet('bark'), 'Big.Dog': pet('woof') }));
  assert.equal(judge({ petType: 'feline', purr: 'x' }), 'ok');
  assert.equal(judge({ petType: 'canine', bark: 'x' }), 'ok');
  assert.equal(judge({ petType: 'big-one', woof: 'x' }), 'ok');
  assert.equal(judge({ petType: 'Cat', purr: 'x' }).startsWith('/petType'), true);
  assert.equal(judge({ petType: 'big-one', bark: 'x' }).includes('required'), true);
});

for (const openapi of ['3.1.0', '3.0.3']) {
  test(`who refers to a base type means its subtypes, ${openapi}`, async () => {
    const base = {
      type: 'object',
      required: ['petType'],
      properties: { petType: text, name: text },
      discriminator: { propertyName: 'petType', mapping: { dog: '#/components/schemas/Dog' } },
    };
    const extending = (kind: string, of = 'Pet'): object => ({
      allOf: [ref(of), { type: 'object', required: [kind], properties: { [kind]: text } }],
    });
    const schemas = {
      Pet: base,
      Dog: extending('bark'),
      Cat: extending('purr'),
      Lion: extending('roar', 'Cat'),
    };
    const list = { type: 'object', properties: { pets: { type: 'array', items: ref('Pet') } } };
    const judge = await judging(withSchemas(list, schemas, openapi));
    const pets = (...all: readonly object[]): string => judge({ pets: all });
    assert.equal(pets({ petType: 'dog', bark: 'x', name: 'n' }, { petType: 'Cat', purr: 'x' }), 'ok');
    assert.equal(pets({ petType: 'Lion', purr: 'x', roar: 'x' }), 'ok');
    assert.equal(pets({ petType: 'Pet', name: 'n' }), 'ok');
    assert.equal(pets({ petType: 'dog', name: 'n' }), '/pets/0 required');
    assert.equal(pets({ petType: 'Lion', roar: 'x' }).startsWith('/pets/0 required'), true);
    assert.equal(pets({ petType: 'Cow' }).includes('/pets/0/petType enum'), true);
    assert.equal(pets({ petType: 'dog', bark: 'x', role: 'admin' }).includes('/pets/0/role unknown'), true);
  });
}

test('Swagger 2.0 has the name of the property alone', async () => {
  const schema = (name: string): object => ({ $ref: `#/definitions/${name}` });
  const definition = {
    swagger: '2.0',
    info: { title: 't', version: '1' },
    paths: {
      '/': {
        post: {
          consumes: ['application/json'],
          parameters: [{ in: 'body', name: 'body', required: true, schema: schema('Pet') }],
          responses: { 200: { description: 'ok' } },
        },
      },
    },
    definitions: {
      Pet: { type: 'object', required: ['kind'], discriminator: 'kind', properties: { kind: text } },
      Dog: { allOf: [schema('Pet'), { type: 'object', required: ['bark'], properties: { bark: text } }] },
    },
  };
  const judge = await judging(definition);
  assert.equal(judge({ kind: 'Dog', bark: 'x' }), 'ok');
  assert.equal(judge({ kind: 'Dog' }), ' required');
});

test('a base type that nothing extends is open, and a choice with a schema of no name stays what it is', async () => {
  const open = await judging(
    withSchemas(ref('Pet'), {
      Pet: { type: 'object', properties: { k: text }, discriminator: { propertyName: 'k' } },
    }),
  );
  assert.equal(open({ k: 'Dog', bark: 'x' }), 'ok');
  const choice = {
    oneOf: [ref('Dog'), { type: 'object', properties: { x: text }, required: ['x'] }],
    discriminator: { propertyName: 'k' },
  };
  const judge = await judging(withSchemas(choice, { Dog: { ...pet('bark') } }), [
    'Not all that it chooses among are references, whose names the values would be.',
  ]);
  assert.equal(judge({ x: 'y' }), 'ok');
});

test('a value that is mapped to nothing is refused, and the rest of the definition counts', async () => {
  const Pet = {
    oneOf: [ref('Cat'), ref('Gone')],
    discriminator: {
      propertyName: 'petType',
      mapping: { tom: '#/components/schemas/Cat', rex: '#/components/schemas/Lost' },
    },
  };
  const judge = await judging(withSchemas(ref('Pet'), { Pet, Cat: pet('name') }), [
    '$ref "#/components/schemas/Gone" does not lead to anything.',
    '"rex" is mapped to "#/components/schemas/Lost", which does not lead to anything.',
  ]);
  assert.equal(judge({ petType: 'tom', name: 'a' }), 'ok');
  assert.match(judge({ petType: 'rex', name: 'a' }), /^\/petType enum/);
  assert.match(judge({ petType: 'Gone', name: 'a' }), /^\/petType enum/);
});

test('an object without the property, or with another value, is what defaultMapping names (OpenAPI 3.2)', async () => {
  const discriminator = { propertyName: 'petType', defaultMapping: 'Pet' };
  const schemas = { Cat: pet('purr'), Dog: pet('bark'), Pet: pet('name') };
  const listed = { oneOf: [ref('Cat'), ref('Dog'), ref('Pet')], discriminator };
  const judge = await judging(withSchemas(listed, schemas, '3.2.0'));
  assert.equal(judge({ petType: 'Cat', purr: 'x' }), 'ok');
  assert.equal(judge({ petType: 'Cow', name: 'x' }), 'ok');
  assert.equal(judge({ name: 'x' }), 'ok');
  assert.match(judge({ petType: 'Cow', purr: 'x' }), / required/);
  assert.match(judge({ petType: 'Cat', name: 'x' }), / required/);
  assert.equal(judge({ name: 'x', purr: 'x' }), '/purr unknown');

  const base = { type: 'object', properties: { petType: text }, discriminator };
  const dog = { allOf: [ref('Base'), pet('bark')] };
  const extended = await judging(withSchemas(ref('Base'), { ...schemas, Base: base, Dog: dog }, '3.2.0'));
  assert.equal(extended({ petType: 'Dog', bark: 'x' }), 'ok');
  assert.equal(extended({ name: 'x' }), 'ok');
  assert.match(extended({ bark: 'x' }), / required/);
});

test('a defaultMapping that leads nowhere is told, and what needs it refused', async () => {
  const discriminator = { propertyName: 'petType', defaultMapping: '#/components/schemas/Gone' };
  const schema = { oneOf: [ref('Cat')], discriminator };
  const judge = await judging(withSchemas(schema, { Cat: pet('purr') }, '3.2.0'), [
    '"#/components/schemas/Gone" is the default mapping, and does not lead to anything.',
  ]);
  assert.equal(judge({ petType: 'Cat', purr: 'x' }), 'ok');
  assert.match(judge({ purr: 'x' }), / required/);
});
