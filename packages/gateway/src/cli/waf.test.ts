import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folderWith, portcullis } from './testing/program.ts';

const files = {
  'portcullis.yaml': `listen: { http: { port: 8080, plaintext: true } }
apis:
  shop:
    upstream: { targets: ['http://127.0.0.1:3000'] }
    policies: { authentication: none, waf: { rules: [own.conf] } }
  plain:
    hosts: [plain.example]
    upstream: { targets: ['http://127.0.0.1:3000'] }
    policies: { authentication: none }
`,
  'own.conf': `SecRule ARGS "@contains attack" "id:1001,phase:2,deny,severity:CRITICAL,msg:'An attack'"
SecRule REQUEST_HEADERS:User-Agent "@beginsWith curl" "id:1002,phase:1,pass,log,msg:'curl'"
`,
  'order.http':
    'PUT /orders/7 HTTP/1.1\nHost: shop.example\nUser-Agent: a\nContent-Type: application/json\n\n{"a":["an attack"]}',
  'nothing.http': 'hello\n',
  'nobody.http': 'GET / HTTP/1.1\nAccept: */*\n\n',
};

test('what the rules say of a request', async (t) => {
  const folder = folderWith(t, files);
  const refused = await portcullis(folder, 'waf', 'test', 'http://shop.example/a?q=an+attack');
  assert.equal(
    refused.out,
    `The rules refuse it: rule 1001.
  1002           REQUEST_HEADERS:User-Agent  curl
          "curl/8.5.0"
  1001  critical ARGS:q  An attack
          "an attack"
`,
  );
  assert.equal(refused.code, 3);
  const passed = await portcullis(folder, 'waf', 'test', 'http://shop.example/a?q=b', '-H', 'User-Agent: a');
  assert.deepEqual([passed.out, passed.code], ['The rules let it pass.\n', 0]);
  const data = await portcullis(
    folder,
    'waf',
    'test',
    'http://shop.example/a',
    '-d',
    'a=1',
    '-d',
    'b=attack',
  );
  assert.match(data.out, /ARGS:b {2}An attack/);
});

test('a request in a file, and as JSON', async (t) => {
  const folder = folderWith(t, files);
  const { out, code } = await portcullis(folder, 'waf', 'test', 'order.http', '--json');
  assert.equal(code, 3);
  assert.deepEqual(JSON.parse(out), {
    outcome: { kind: 'deny', status: 403, cause: 'rule', ruleId: 1001 },
    matches: [
      {
        rule: 1001,
        severity: 'critical',
        variable: 'ARGS:json.a.array_0',
        value: 'an attack',
        message: 'An attack',
      },
    ],
  });
});

test('wrong use is told', async (t) => {
  const folder = folderWith(t, files);
  const cases: readonly [args: readonly string[], message: RegExp][] = [
    [[], /say what to do: test/],
    [['test'], /say which request/],
    [['test', 'none.http'], /none\.http cannot be read: ENOENT/],
    [['test', 'nothing.http'], /does not begin like a request/],
    [['test', 'nobody.http'], /no field Host/],
    [['test', 'http://shop.example/', '-H', 'Accept'], /"Accept" is no field/],
    [['test', 'http://shop.example/../a'], /refuses this before any rule \(malformed-target\)/],
    [['test', 'http://plain.example/'], /does not run for the API plain/],
  ];
  for (const [args, message] of cases) {
    const { err, code } = await portcullis(folder, 'waf', ...args);
    assert.match(err, message);
    assert.equal(code, 2, err);
  }
});
