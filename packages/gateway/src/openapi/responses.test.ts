import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makeFolder, removeFolder } from '../../../../test/harness/folder.ts';
import { Fields } from '../http/fields.ts';
import type { ApiDefinition } from './definition.ts';
import { loadDefinition } from './load.ts';
import { ReplyValidator } from './reply-validator.ts';
import { contentRule, responseFor } from './responses.ts';

const folder = makeFolder({});
after(() => removeFolder(folder));

async function load(document: object): Promise<ApiDefinition> {
  const file = join(folder, 'api.json');
  writeFileSync(file, JSON.stringify({ info: { title: 'x', version: '1' }, ...document }));
  return loadDefinition(file);
}

/** With the prototype that literals have. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const content = (schema: object) => ({ content: { 'application/json; charset=utf-8': { schema } } });

const modern = {
  openapi: '3.1.0',
  paths: {
    '/a': {
      get: {
        responses: {
          200: {
            ...content({ $ref: '#/components/schemas/A' }),
            headers: {
              'X-Total': { required: true, schema: { type: 'integer' } },
              'Content-Type': { schema: {} },
            },
          },
          '4xx': { $ref: '#/components/responses/Bad' },
          404: { description: 'none' },
          default: { $ref: '#/components/responses/Bad' },
          'x-note': { a: 1 },
          '20X': {},
        },
      },
      put: { responses: { '5XX': { $ref: '#/components/responses/Bad' }, 200: { $ref: 'other.json#/x' } } },
      delete: {},
    },
  },
  components: {
    responses: {
      Bad: {
        content: {
          'text/*': {},
          'application/problem+json': { schema: { $ref: '#/components/schemas/Gone' } },
        },
      },
    },
    schemas: { A: { type: 'object', required: ['id'], properties: { id: { type: 'integer' } } } },
  },
};

test('responses are read, and what cannot be is told and not judged', async () => {
  const { operations, faults } = await load(modern);
  const [get, put, remove] = operations;
  assert.deepEqual(Object.keys(get!.responses!).sort(), ['200', '404', '4XX', 'default']);
  assert.equal(remove!.responses, undefined);
  assert.equal(get!.responses!['4XX'], put!.responses!['5XX'], 'equal ones are kept once');
  assert.deepEqual(
    get!.responses!['200']!.headers.map(({ name }) => name),
    ['x-total'],
  );
  assert.deepEqual(put!.responses!['200'], { headers: [], content: undefined });
  const told = faults.map(({ place, message }) => `${place} ${message}`).join('\n');
  assert.match(told, /other\.json/);
  assert.match(told, /Gone/);
  assert.match(told, /"20X" is no status/);
});

test('a status is that of its own response, of its range, or of the rest', async () => {
  const { operations } = await load(modern);
  const [get, put] = operations;
  const names = (status: number): string | undefined =>
    Object.entries(get!.responses!).find(([, response]) => response === responseFor(get!, status))?.[0];
  assert.deepEqual([200, 404, 418, 503].map(names), ['200', '404', '4XX', '4XX']);
  assert.equal(responseFor(put!, 404), undefined);
});

test('a media type is that of its own schema, or of its range', async () => {
  const { operations } = await load(modern);
  const kind = (status: number, ...types: string[]): string =>
    contentRule(responseFor(operations[0]!, status)!, types).kind;
  assert.equal(kind(200, 'application/json'), 'json');
  assert.equal(kind(200, 'application/json;charset=UTF-8'), 'json');
  assert.equal(kind(200, 'application/json; charset=utf-16'), 'undeclared');
  assert.equal(kind(200, 'text/html'), 'undeclared');
  assert.equal(kind(200), 'undeclared');
  assert.equal(kind(200, 'application/json', 'text/html'), 'undeclared');
  assert.equal(kind(418, 'application/problem+json'), 'json');
  assert.equal(kind(418, 'text/html'), 'opaque');
  assert.equal(kind(404, 'image/png'), 'opaque');
});

test('older versions say the same', async () => {
  const old = await load({
    openapi: '3.0.3',
    paths: {
      '/a': {
        get: { responses: { 200: { description: '', ...content({ type: 'string', nullable: true }) } } },
      },
    },
  });
  assert.deepEqual(plain(old.operations[0]!.responses!['200']!.content), {
    'application/json': { type: ['string', 'null'] },
  });
  const swagger = await load({
    swagger: '2.0',
    produces: ['application/json'],
    paths: {
      '/a': {
        get: {
          responses: {
            200: {
              description: '',
              schema: { $ref: '#/definitions/A' },
              headers: { 'X-Total': { type: 'integer' } },
            },
            404: { $ref: '#/responses/None' },
          },
        },
        post: {
          produces: ['application/hal+json'],
          responses: {
            200: { description: '', schema: { type: 'array', items: { $ref: '#/definitions/A' } } },
          },
        },
      },
    },
    responses: { None: { description: '', schema: { type: 'string' } } },
    definitions: { A: { type: 'object', properties: { id: { type: 'integer' } } } },
  });
  const [get, post] = swagger.operations;
  assert.deepEqual(plain(get!.responses!['200']!.content), { 'application/json': { $ref: 'A' } });
  assert.deepEqual(plain(get!.responses!['200']!.headers[0]!.schema), { type: 'integer' });
  assert.equal(contentRule(get!.responses!['404']!, ['application/json']).kind, 'json');
  assert.equal(contentRule(post!.responses!['200']!, ['application/hal+json']).kind, 'json');
});

test('fields of replies are judged as they are defined', async () => {
  const { operations, shared } = await load(modern);
  const response = operations[0]!.responses!['200']!;
  const validator = new ReplyValidator(shared);
  const faults = (flat: string[]) => validator.checkFields(response, new Fields(flat));
  assert.equal(faults(['x-total', '7']), undefined);
  assert.deepEqual(faults(['x-total', 'x']), [{ where: 'field x-total', keyword: 'type' }]);
  assert.deepEqual(faults([]), [{ where: 'field x-total', keyword: 'required' }]);
  assert.deepEqual(faults(['x-total', '1', 'x-total', '2']), [
    { where: 'field x-total', keyword: 'duplicate' },
  ]);
});

test('content is judged without what is not declared, and no value is told', async () => {
  const { shared } = await load(modern);
  const validator = new ReplyValidator(shared);
  const judge = (text: string) => validator.checkJson({ $ref: 'A' }, Buffer.from(text));
  assert.equal(judge('{"id":1}'), undefined);
  const strange = judge('{"x":{"y":"s3cret"},"id":"s3cret"}')!;
  assert.deepEqual(strange.errors, [{ where: '/id', keyword: 'type' }]);
  assert.deepEqual(strange.undeclared, [{ where: '/x', keyword: 'undeclared' }]);
  assert.equal(strange.left.toString(), '{"id":"s3cret"}');
  assert.doesNotMatch(JSON.stringify([strange.errors, strange.undeclared]), /s3cret/);
  assert.deepEqual(judge('{"id":1')!.errors, [{ where: '', keyword: 'syntax' }]);
  const many = judge(`{"id":1,${Array.from({ length: 50 }, (_, i) => `"x${i}":1`).join()}}`)!;
  assert.deepEqual([many.undeclared.length, many.left.toString()], [20, '{"id":1}']);
});
