import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyRule, inspectsBody } from './bodies.ts';
import type { OperationDefinition, Schema } from './definition.ts';

function operation(...types: string[]): OperationDefinition {
  const content = Object.fromEntries(types.map((type): [string, Schema] => [type, { title: type }]));
  return {
    id: 'x',
    method: 'POST',
    path: '/x',
    parameters: [],
    requestBody: types.length === 0 ? undefined : { required: false, content },
    security: undefined,
    deprecated: false,
    tags: [],
    summary: undefined,
    shared: { schemas: {}, securitySchemes: {} },
  };
}

const rules: readonly [types: string[], contentType: string | undefined, kind: string, chosen?: string][] = [
  [[], 'application/json', 'none'],
  [['application/json'], 'application/json', 'json', 'application/json'],
  [['application/json'], 'Application/JSON; charset=UTF-8', 'json', 'application/json'],
  [['application/json'], 'application/json; charset="utf-8"', 'json', 'application/json'],
  [['application/json'], 'application/json; charset=utf-16', 'unsupported'],
  [['application/json'], 'application/json; charset=utf-8; charset=utf-16', 'unsupported'],
  [['application/json'], 'application/jsonx', 'unsupported'],
  [['application/json'], 'text/plain', 'unsupported'],
  [['application/json'], 'application/json, text/plain', 'unsupported'],
  [['application/json'], '', 'unsupported'],
  [['application/json'], undefined, 'unsupported'],
  [['application/*'], 'application/json', 'json', 'application/*'],
  [['*/*', 'application/*'], 'application/vnd.x+json', 'json', 'application/*'],
  [['*/*'], 'image/png', 'opaque'],
  [['application/*'], 'image/png', 'unsupported'],
  [['application/merge-patch+json'], 'application/merge-patch+json', 'json', 'application/merge-patch+json'],
  [['multipart/form-data'], 'multipart/form-data; boundary=x', 'opaque'],
];

test('a Content-Type selects the rule', () => {
  for (const [types, contentType, kind, chosen] of rules) {
    const rule = bodyRule(operation(...types), contentType);
    assert.equal(rule.kind, kind, `${types.join()} <- ${contentType}`);
    if (rule.kind === 'json') assert.deepEqual(rule.schema, { title: chosen });
  }
});

const held: readonly [types: string[], contentType: string | undefined, held: boolean][] = [
  [[], undefined, true],
  [['application/json'], undefined, true],
  [['image/png', '*/*'], undefined, true],
  [['multipart/form-data'], undefined, false],
  [['application/json', 'image/png'], 'image/png', false],
  [['application/json', 'image/png'], 'application/json', true],
];

test('bodies that must be judged are held', () => {
  for (const [types, contentType, expected] of held) {
    assert.equal(
      inspectsBody(operation(...types), contentType),
      expected,
      `${types.join()} <- ${contentType}`,
    );
  }
});
