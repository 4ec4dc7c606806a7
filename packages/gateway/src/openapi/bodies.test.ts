import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operation } from '../testing/exchange.ts';
import { bodyRule, inspectsBody } from './bodies.ts';
import type { OperationDefinition, Schema } from './definition.ts';

function operationFor(...types: string[]): OperationDefinition {
  const content = Object.fromEntries(types.map((type): [string, Schema] => [type, { title: type }]));
  const requestBody = types.length === 0 ? undefined : { required: false, content };
  return operation('POST /x', { requestBody }).definition;
}

const rules: readonly [types: string[], contentType: string | undefined, kind: string, chosen?: string][] = [
  [[], 'application/json', 'none'],
  [['application/json'], 'application/json', 'json', 'application/json'],
  [['application/json'], 'Application/JSON; charset=UTF-8', 'json', 'application/json'],
  [['application/json'], 'application/json; charset="utf-8"', 'json', 'application/json'],
  [['application/json'], 'application/json; charset=utf-16', 'json', 'application/json'],
  [['application/json'], 'application/json; charset=utf-8; charset=utf-16', 'unsupported'],
  [['application/json'], 'application/jsonx', 'unsupported'],
  [['application/json'], 'text/plain', 'unsupported'],
  [['application/json'], 'application/json, text/plain', 'unsupported'],
  [['application/json'], '', 'unsupported'],
  [['application/json'], undefined, 'unsupported'],
  [['application/*'], 'application/json', 'json', 'application/*'],
  [['*/*', 'application/*'], 'application/vnd.x+json', 'json', 'application/*'],
  [['*/*'], 'image/png', 'binary'],
  [['*/*'], 'application/x-unheard-of', 'opaque'],
  [['application/*'], 'image/png', 'unsupported'],
  [['application/merge-patch+json'], 'application/merge-patch+json', 'json', 'application/merge-patch+json'],
  [['multipart/form-data'], 'multipart/form-data; boundary=x', 'multipart'],
  [['application/x-www-form-urlencoded'], 'application/x-www-form-urlencoded', 'form'],
  [['text/xml'], 'text/xml', 'xml'],
  [['application/*'], 'application/soap+xml', 'xml'],
  [['application/x-ndjson'], 'application/x-ndjson', 'lines'],
  [['application/json-seq'], 'application/json-seq', 'sequence'],
  [['text/*'], 'text/csv', 'text'],
  [['image/svg+xml'], 'image/svg+xml', 'binary'],
  [['application/octet-stream'], 'application/octet-stream', 'opaque'],
  [['application/octet-stream'], 'application/json', 'unsupported'],
  [['application/json'], 'application/json\t; a=b', 'json', 'application/json'],
  [['application/json'], 'application/json;', 'json', 'application/json'],
  [['application/json'], 'application/json ;a="b;c"', 'json', 'application/json'],
  [['application/json'], 'application/json x', 'unsupported'],
  [['application/json'], 'text/json', 'unsupported'],
  [['application/json'], "application/json; charset*=utf-8''utf-7", 'unsupported'],
  [['multipart/form-data'], 'multipart/form-data; boundary=x; boundary*0=y', 'unsupported'],
  [['application/json'], 'application/vnd.x+json', 'unsupported'],
  [['application/json; version=2'], 'application/json', 'unsupported'],
  [['application/json; version=2'], 'application/json; version=1', 'unsupported'],
  [
    ['application/json; version=2'],
    'application/json;Version="2"; x=y',
    'json',
    'application/json; version=2',
  ],
  [
    ['application/json', 'application/json; version=2'],
    'application/json; version=2',
    'json',
    'application/json; version=2',
  ],
  [
    ['application/json', 'application/json; version=2'],
    'application/json; version=3',
    'json',
    'application/json',
  ],
];

test('a Content-Type selects the rule', () => {
  for (const [types, contentType, kind, chosen] of rules) {
    const rule = bodyRule(operationFor(...types), contentType);
    assert.equal(rule.kind, kind, `${types.join()} <- ${contentType}`);
    if (rule.kind === 'json') assert.deepEqual(rule.schema, { title: chosen });
  }
});

const held: readonly [types: string[], held: boolean][] = [
  [[], true],
  [['application/json'], true],
  [['image/png', '*/*'], true],
  [['image/*'], false],
  [['multipart/form-data'], true],
  [['application/x-www-form-urlencoded'], true],
  [['text/xml'], true],
  [['text/plain'], true],
  [['image/png', 'application/octet-stream'], false],
  [['application/json', 'image/png'], true],
];

test('bodies that must be judged are held', () => {
  for (const [types, expected] of held)
    assert.equal(inspectsBody(operationFor(...types)), expected, types.join());
});
