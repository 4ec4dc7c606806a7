import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, test } from 'node:test';
import { Agent, request } from 'undici';
import { startGateway } from '../harness/gateway.ts';
import { ask, openSession } from '../harness/http2-client.ts';
import { startUpstream } from '../harness/upstream.ts';
import { waitFor } from '../harness/wait.ts';

const crs = '/usr/share/modsecurity-crs';
const skip = existsSync(crs) ? false : 'the Debian package modsecurity-crs is not installed';

const upstream = await startUpstream({ after }, (message, reply) => {
  message.resume();
  message.on('end', () => reply.end('{}'));
});
const api = (name: string, options: string): string => `
  ${name}:
    basePath: /${name}
    upstream: { targets: ['${upstream.origin}'] }
    policies: { waf: { ${options} } }`;
const listen =
  'listen: { http: { port: 0, plaintext: true }, https: { port: 0, selfSigned: true }, admin: { port: 0 } }';

const gateway = await startGateway(
  { after },
  {
    config: `
${listen}
threads: 1
policies: { authentication: none, access-log: { to: { file: access.log } } }
apis:${api('own', 'rules: [own.conf]')}${api('watched', 'rules: [own.conf], mode: monitor')}${
      skip === false ? api('crs', `rules: ['crs:${crs}']`) : ''
    }
`,
    files: {
      'own.conf': `SecRule ARGS|REQUEST_HEADERS:X-Note "@contains attack" "id:1001,phase:2,deny,msg:'An attack'"
SecRule &REQUEST_HEADERS:Host "@eq 0" "id:1002,phase:1,deny"
SecRule REQUEST_HEADERS_NAMES "@streq X-CaSe" "id:1003,phase:1,deny"
`,
    },
  },
);
const agent = new Agent({ connections: 2 });
after(() => agent.close());

async function send(
  path: string,
  options: { method?: 'GET' | 'POST'; headers?: Record<string, string>; body?: string } = {},
) {
  const { statusCode, headers, body } = await request(`${gateway.http}${path}`, {
    dispatcher: agent,
    ...options,
  });
  const id = String(headers['x-request-id']);
  const text = await body.text();
  const record = await waitFor('the record', () => gateway.accessLog().find((each) => each['id'] === id));
  return { status: statusCode, text, record };
}

test('a request that a rule refuses does not get to the service, and its caller learns nothing', async () => {
  const before = upstream.requests.length;
  const { status, text, record } = await send('/own/a?q=attack');
  assert.equal(status, 403);
  assert.equal(upstream.requests.length, before);
  assert.doesNotMatch(text, /1001|ARGS|An attack/);
  assert.deepEqual(record['refusal'], { policy: 'waf', problem: 'attack-suspected', reason: '1001 ARGS:q' });
  assert.equal((await send('/own/a?q=fine')).status, 200);
  const body = JSON.stringify({ list: ['fine', 'attack'] });
  const posted = await send('/own/a', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  assert.deepEqual((posted.record['notes'] as { waf: string[] }).waf, ['1001 ARGS:json.list.array_1']);
});

test('fields are seen in the spelling in which they came', async () => {
  assert.equal((await send('/own/a', { headers: { 'X-CaSe': '1' } })).status, 403);
  assert.equal((await send('/own/a', { headers: { 'x-case': '1' } })).status, 200);
});

test('what is only watched goes on, and the record says what would have been', async () => {
  const { status, record } = await send('/watched/a?q=attack');
  assert.equal(status, 200);
  assert.deepEqual(record['observed'], [
    { policy: 'waf', problem: 'attack-suspected', reason: '1001 ARGS:q' },
  ]);
});

test('HTTP/2 has a host for the rules too', async (t) => {
  const session = await openSession(t, gateway);
  assert.equal((await ask(session, { ':path': '/own/a?q=fine' })).status, 200);
  assert.equal((await ask(session, { ':path': '/own/a', 'x-note': 'an attack' })).status, 403);
});

test('the Core Rule Set as Debian installs it', { skip }, async () => {
  const json = { 'content-type': 'application/json', host: 'shop.example', accept: '*/*', 'user-agent': 'a' };
  const post = (value: unknown) =>
    send('/crs/a', { method: 'POST', headers: json, body: JSON.stringify(value) });
  for (const attack of [
    "1' or 1=1-- ",
    '<script>alert(1)</script>',
    '../../../../etc/passwd',
    '$(cat /etc/passwd)',
  ])
    assert.equal((await post({ value: attack })).status, 403, attack);
  for (const innocent of ["O'Brien", 'Select the red one or the blue one', '{"a":[1,2]}', 'a+b=c'])
    assert.equal((await post({ value: innocent })).status, 200, innocent);
  const { record } = await post({ value: '<script>alert(1)</script>' });
  const notes = record['notes'] as { waf: string[]; wafScore: number };
  assert.ok(notes.waf.includes('941100 ARGS:json.value'), String(notes.waf));
  assert.ok(notes.wafScore >= 5);
});
