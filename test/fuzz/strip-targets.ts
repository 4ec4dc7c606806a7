import assert from 'node:assert/strict';
import { usualLimits } from '../../packages/gateway/src/http/json-limits.ts';
import { parseXml } from '../../packages/gateway/src/http/xml.ts';
import type { ReadableBody } from '../../packages/gateway/src/openapi/bodies.ts';
import type { UnknownOption } from '../../packages/gateway/src/openapi/body-judge.ts';
import type {
  MediaTypeDetails,
  OperationDefinition,
  Schema,
} from '../../packages/gateway/src/openapi/definition.ts';
import { Validator } from '../../packages/gateway/src/openapi/validator.ts';
import type { Target } from './targets.ts';

const line: Schema = {
  type: 'object',
  properties: { sku: { type: 'string' }, count: { type: 'integer', readOnly: true }, sub: { $ref: 'Line' } },
};
const schema: Schema = {
  type: 'object',
  properties: {
    name: { type: 'string', xml: { name: 'called' } },
    id: { type: 'string', xml: { attribute: true } },
    line: { $ref: 'Line' },
    lines: { type: 'array', items: { $ref: 'Line' } },
    deep: { type: 'object', properties: { x: { type: 'string' } } },
  },
};
const details: MediaTypeDetails = {
  encoding: { deep: { contentTypes: [], headers: [], style: 'deepObject', explode: true } },
} as unknown as MediaTypeDetails;

const types = {
  form: 'application/x-www-form-urlencoded',
  multipart: 'multipart/form-data; boundary=x',
  xml: 'application/xml',
  json: 'application/json',
};
const keys = Object.values(types).map((type) => type.split(';')[0]!);
const operation = {
  id: 'x',
  method: 'POST',
  path: '/x',
  parameters: [],
  requestBody: {
    required: false,
    content: Object.fromEntries(keys.map((key) => [key, schema])),
    details: Object.fromEntries(keys.map((key) => [key, details])),
  },
  shared: { schemas: { Line: line }, securitySchemes: {} },
} as unknown as OperationDefinition;

function validator(unknownFields: UnknownOption): Validator {
  return new Validator(operation.shared, {
    unknownFields,
    unknownQueryParameters: 'refuse',
    maxErrors: 20,
    files: { maxFiles: 5, maxFileSize: 1_000, fileNames: 'any' },
  });
}

const strict = validator('refuse');
const stripping = validator('strip');
const ruleFor = (type: string): ReadableBody => strict.bodyRule(operation, type) as ReadableBody;

/** What is left of a body is what would pass if nothing was taken out; and of one that passes nothing is taken. */
async function assertLeft(type: string, bytes: Buffer): Promise<void> {
  const rule = ruleFor(type);
  const whole = await strict.judgeBody(operation, rule, bytes, usualLimits);
  const stripped = await stripping.judgeBody(operation, rule, bytes, usualLimits);
  if (whole === undefined) return assert.equal(stripped, undefined);
  assert.ok(stripped !== undefined, 'nothing was taken out of what does not pass');
  if (!('body' in stripped)) return;
  assert.notDeepEqual(stripped.body, bytes);
  assert.equal(await strict.judgeBody(operation, rule, stripped.body, usualLimits), undefined);
}

const part = (name: string, content: string): string =>
  `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${content}\r\n`;

const json = '{"name":"a","role":1,"line":{"sku":"b","count":2,"evil":[{}]},"lines":[{"x":1},{"sku":""}]}';

export const stripTargets: readonly Target[] = [
  {
    name: 'stripped form',
    seeds: [
      'name=a&role=b&role=c&deep[x]=1&deep[y]=2',
      'line={"sku":"a","x":1}&lines={"count":1}&lines={"sku":"b","%22":2}&id=7',
    ],
    words: [
      '&',
      '=',
      'role',
      '%5B',
      '[x]',
      '{"x":1}',
      'line=',
      'lines=',
      'name=',
      '+',
      '%22',
      '{',
      '}',
      'deep[',
    ],
    check: (bytes) => assertLeft(types.form, bytes),
  },
  {
    name: 'stripped multipart',
    seeds: [
      `${part('name', 'a')}${part('role', 'b')}${part('role', 'c')}--x--\r\n`,
      `${part('line', '{"sku":"a","x":1}')}${part('lines', '{"count":1}')}${part('lines', '{"sku":"b"}')}--x--\r\n`,
    ],
    words: ['--x', '\r\n', part('role', 'a'), part('lines', '{"x":1}'), '{"x":1}', 'name="', '"', ';'],
    check: (bytes) => assertLeft(types.multipart, bytes),
  },
  {
    name: 'stripped XML',
    seeds: [
      '<o id="1" role="a"><called>a</called><evil/><line><sku>b</sku><count>2</count></line></o>',
      '<o xmlns:p="u"><lines><sku a="1">x</sku><x/></lines><lines/><p:called>a</p:called><name>b</name><!-- c --></o>',
    ],
    words: [
      '<',
      '>',
      '/>',
      '<x/>',
      ' a="1"',
      '<lines>',
      '</lines>',
      '<p:sku/>',
      '<![CDATA[x]]>',
      '<count>1</count>',
      ' xmlns="u"',
    ],
    async check(bytes) {
      await assertLeft(types.xml, bytes);
      const root = parseXml(bytes);
      // Where an element is said to be is where it stands.
      if (!('kind' in root))
        assert.match(
          bytes
            .toString()
            .replace(/^\ufeff/, '')
            .slice(root.from, root.to),
          /^<.*>$/s,
        );
    },
  },
  {
    name: 'stripped JSON',
    seeds: [json],
    words: ['{', '}', '[', ']', ',', ':', '"x":1', '"role"', '1', '""'],
    check: (bytes) => assertLeft(types.json, bytes),
  },
];
