import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readTests } from './ftw.ts';

function written(t: TestContext, text: string) {
  const folder = mkdtempSync(join(tmpdir(), 'ftw-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'own.yaml');
  writeFileSync(file, text);
  return readTests(file);
}

const get = 'GET /a HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n';

test('the schema of CRS 3: titles, stages with a name, ids within a line of the log', (t) => {
  const tests = written(
    t,
    `tests:
  - test_title: 930001-1
    stages:
      - stage:
          input: { uri: /a, headers: { Host: a.example } }
          output: { log_contains: 'id "930001"', no_log_contains: 'id "930002"', status: [403, 404] }
`,
  );
  const expected = { matching: [930001], notMatching: [930002], statuses: [403, 404], error: false };
  assert.deepEqual(tests, [{ id: '930001-1', stages: [{ request: get, expected }] }]);
});

test('the schema of CRS 4: the rule once, numbers of tests, lists of ids', (t) => {
  const tests = written(
    t,
    `rule_id: 930001
tests:
  - test_id: 7
    stages:
      - input: { uri: /a, headers: { Host: a.example } }
        output: { log: { expect_ids: [930001, 930003], no_expect_ids: [930002] }, status: 403 }
      - input: { encoded_request: 'R0VUIC8=' }
        output: { expect_error: true }
`,
  );
  const first = { matching: [930001, 930003], notMatching: [930002], statuses: [403], error: false };
  const second = { matching: [], notMatching: [], statuses: [], error: true };
  assert.deepEqual(tests, [
    {
      id: '930001-7',
      stages: [
        { request: get, expected: first },
        { request: 'GET /', expected: second },
      ],
    },
  ]);
});
