import assert from 'node:assert/strict';
import { parseDisposition } from '../../packages/gateway/src/http/content-disposition.ts';
import { isFieldValue } from '../../packages/gateway/src/http/field-syntax.ts';
import { Fields } from '../../packages/gateway/src/http/fields.ts';
import { fileNameFault } from '../../packages/gateway/src/http/file-name.ts';
import { parseMediaType } from '../../packages/gateway/src/http/media-type.ts';
import { maxTargetLength } from '../../packages/gateway/src/http/request-target.ts';
import {
  type ItemValue,
  parseDictionaryField,
  parseItemField,
  parseListField,
} from '../../packages/gateway/src/http/structured-field-parser.ts';
import { type BareItem, serializeItem } from '../../packages/gateway/src/http/structured-fields.ts';
import type {
  ParameterDefinition,
  ParameterLocation,
  ParameterStyle,
  Schema,
} from '../../packages/gateway/src/openapi/definition.ts';
import { prepareParameters } from '../../packages/gateway/src/openapi/parameters.ts';
import { SchemaCompiler } from '../../packages/gateway/src/openapi/schema-compiler.ts';
import type { Target } from './targets.ts';

const integer: Schema = { type: 'integer' };
const schemas = {
  one: { type: ['integer', 'boolean', 'null'] },
  many: { type: 'array', items: { type: 'number' }, maxItems: 5 },
  some: {
    type: 'object',
    properties: {
      a: integer,
      b: { type: 'string', pattern: '^[a-z]*$' },
      c: { type: 'array', items: integer },
    },
    required: ['a'],
  },
  open: {
    type: 'object',
    properties: { k: integer },
    additionalProperties: { type: 'string', maxLength: 9 },
  },
} as const;

const styles: readonly (readonly [ParameterLocation, ParameterStyle, explode: boolean])[] = [
  ['path', 'simple', false],
  ['path', 'simple', true],
  ['path', 'label', false],
  ['path', 'label', true],
  ['path', 'matrix', false],
  ['path', 'matrix', true],
  ['query', 'form', true],
  ['query', 'form', false],
  ['query', 'spaceDelimited', false],
  ['query', 'pipeDelimited', false],
  ['query', 'deepObject', true],
  ['header', 'simple', false],
  ['header', 'simple', true],
  ['cookie', 'form', true],
  ['cookie', 'form', false],
];

const shared = { schemas: {}, securitySchemes: {} };
const compiler = new SchemaCompiler(shared);
const maxErrors = 5;

/** One for each style and schema: all of them read every input. */
const checks = styles.flatMap(([location, style, explode]) =>
  Object.entries(schemas).map(([kind, schema]) => {
    const parameter: ParameterDefinition = {
      name: 'p',
      in: location,
      required: true,
      style,
      explode,
      allowEmptyValue: false,
      deprecated: false,
      schema,
      mediaType: undefined,
    };
    const operation = {
      id: 'x',
      method: 'GET',
      path: location === 'path' ? '/{p}' : '/x',
      parameters: [parameter],
      requestBody: undefined,
      security: undefined,
      deprecated: false,
      tags: [],
      summary: undefined,
      shared,
    };
    const options = { unknownQueryParameters: 'refuse', maxErrors } as const;
    return { kind, location, prepared: prepareParameters(operation, compiler, options) };
  }),
);

const itemMaps = (item: ItemValue): BareItem[] | undefined => {
  const bare = [item.value, ...item.parameters.values()];
  if (bare.some(({ type }) => type !== 'integer' && type !== 'string')) return undefined;
  return bare.map(({ value }) => value as BareItem);
};

export const fieldTargets: readonly Target[] = [
  {
    name: 'parameters by style',
    seeds: ['p=1', 'p=1,2.5,3', 'a=1&b=x&c=1&c=2', 'p[a]=1&p[b]=x', '.a=1.b=x', 'a,1,b,x', 'p=1; a=2; b=x'],
    words: [
      '&',
      '=',
      ',',
      '.',
      '|',
      '%20',
      '%7C',
      ';',
      'p',
      'p[',
      ']',
      'p[a]=',
      'a=',
      '1',
      '-',
      '1e3',
      'null',
      '%C3%A9',
    ],
    check(bytes) {
      // As long as a request target may be.
      const text = bytes.toString('latin1', 0, maxTargetLength);
      for (const { kind, location, prepared } of checks) {
        const source = {
          query: location === 'query' ? text : '',
          fields: new Fields(
            location === 'header' ? ['p', text] : ['cookie', location === 'cookie' ? text : ''],
          ),
          pathValues: [text],
        };
        const errors = prepared.check(source);
        assert.ok(errors === undefined || (errors.length > 0 && errors.length <= maxErrors));
        for (const { name, pointer } of errors ?? [])
          assert.ok((name ?? '').length <= 201 && (pointer ?? '').length <= 201);
        // Whoever reads it in another way finds the same one text.
        if (errors === undefined && kind === 'one' && location === 'query') {
          const found = new URLSearchParams(`?${text}`);
          assert.equal(found.size, 1);
          assert.match(found.get('p') ?? '', /^(?:-?(?:0|[1-9][0-9]*)|true|false|null)$/);
        }
      }
    },
  },
  {
    name: 'structured fields',
    seeds: [
      '"a\\"b";q=1;flag;t=tok/en',
      'a, ("b" 2.5;x);y, @12, ?1, %"f%c3%a9"',
      'a=1, b;x=2, c=(1 2), d=:AQID:',
    ],
    words: [
      '"',
      '\\',
      ';',
      ',',
      ', ',
      '(',
      ')',
      '=',
      ':',
      '?0',
      '@',
      '%"',
      '.',
      '-',
      '*',
      ' ',
      '\t',
      'a=',
      '999999999999999',
    ],
    check(bytes) {
      const text = bytes.toString('latin1');
      parseDictionaryField(text);
      const item = parseItemField(text);
      const list = parseListField(text);
      if (item === undefined) return;
      // One item is a list of one.
      assert.deepEqual(list, [item]);
      const bare = itemMaps(item);
      if (bare === undefined) return;
      const parameters = Object.fromEntries(
        [...item.parameters.keys()].map((name, at) => [name, bare[at + 1]!]),
      );
      const again = parseItemField(serializeItem({ value: bare[0]!, parameters }));
      assert.deepEqual(again?.value, item.value);
      assert.deepEqual(Object.fromEntries(again!.parameters), Object.fromEntries(item.parameters));
    },
  },
  {
    name: 'content fields',
    seeds: [
      'application/json; charset=utf-8; a="b\\"c"',
      `form-data; name="a"; filename="b"; filename*=utf-8''b`,
      'a.tar.gz',
    ],
    words: [
      ';',
      '=',
      '"',
      '\\',
      '/',
      ',',
      ' ',
      '\t',
      '*',
      "utf-8''",
      '%',
      'name',
      'filename',
      '..',
      '.php',
      'charset',
      'boundary',
      '\xff',
    ],
    check(bytes) {
      const text = bytes.toString('latin1');
      if (fileNameFault(text, true) === undefined) assert.doesNotMatch(text, /[/\\\0]|^\.\.?$/);
      const media = parseMediaType(text);
      if (media !== undefined) {
        assert.match(media.type, /^[!#$%&'*+.^_`|~0-9a-z-]+\/[!#$%&'*+.^_`|~0-9a-z-]+$/);
        // Written anew, all in quotes, it is the same.
        const written = [...media.parameters].map(
          ([name, value]) => `;${name}="${value.replace(/["\\]/g, '\\$&')}"`,
        );
        assert.deepEqual(parseMediaType(media.type + written.join('')), media);
      }
      // Whoever reads fields has refused all others.
      if (!isFieldValue(text)) return;
      const read = parseDisposition(text);
      if (typeof read === 'string') return;
      assert.ok(read.name !== '' && !read.name.includes('\\') && !/[\r\n\0]/.test(read.name));
      assert.ok(read.filename === undefined || !/[\r\n\0]/.test(read.filename));
    },
  },
];
