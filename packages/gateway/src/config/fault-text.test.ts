import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFaults, pathText, syntaxText } from './fault-text.ts';

test('one line for each fault', () => {
  const where = { file: 'portcullis.yaml', line: 12, column: 5 };
  const faults = [
    { ...where, path: 'apis.orders.upstrem', message: 'unknown key', suggestion: 'did you mean "upstream"?' },
    { ...where, path: '', message: 'expected a mapping, found nothing' },
    { ...where, path: 'a\u001b[2J\u202e', message: 'unknown key\n' },
  ];
  assert.equal(
    formatFaults(faults),
    [
      'portcullis.yaml:12:5  apis.orders.upstrem  unknown key; did you mean "upstream"?',
      'portcullis.yaml:12:5  expected a mapping, found nothing',
      'portcullis.yaml:12:5  a\\u001b[2J\\u202e  unknown key\\u000a',
    ].join('\n'),
  );
  assert.equal(formatFaults([]), '');
});

test('paths', () => {
  const vectors: [(string | number)[], string][] = [
    [[], ''],
    [['apis', 'orders', 'targets', 0], 'apis.orders.targets[0]'],
    [['a', 'rate-limit', '_x'], 'a.rate-limit._x'],
    [['roles', 'DELETE /orders/{id}', 1], 'roles["DELETE /orders/{id}"][1]'],
    [['200', 'a.b', '', '"'], '["200"]["a.b"][""]["\\""]'],
  ];
  for (const [path, expected] of vectors) assert.equal(pathText(path), expected);
});

test('an error of YAML without words of ours keeps its own', () => {
  assert.deepEqual(syntaxText('SOMETHING_NEW', 'Nobody knows'), { message: 'not valid YAML: nobody knows' });
});
