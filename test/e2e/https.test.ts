import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { curl } from '../harness/curl.ts';
import { startGateway } from '../harness/gateway.ts';
import { startUpstream } from '../harness/upstream.ts';

/** Redirect to https, HSTS, and the fields that every reply has or must not have. */

const upstream = await startUpstream({ after }, (request, reply) => {
  let body = '';
  request.setEncoding('utf8').on('data', (text: string) => {
    body += text;
  });
  request.on('end', () => {
    reply.setHeader('server', 'Apache/2.4.1');
    reply.setHeader('x-powered-by', 'PHP/5.3');
    reply.setHeader('via', '1.1 inner.example');
    reply.end(JSON.stringify({ method: request.method, url: request.url, body }));
  });
});

function config(http: string): string {
  return `
listen: { http: ${http}, https: { port: 0, selfSigned: true }, admin: { port: 0 } }
threads: 1
policies: { authentication: none }
apis: { echo: { upstream: { targets: ['${upstream.origin}'] } } }
`;
}

const redirecting = await startGateway({ after }, { config: config('{ port: 0 }') });
const plain = await startGateway({ after }, { config: config('{ port: 0, plaintext: true }') });
const { port: httpsPort } = new URL(redirecting.https);

const targets = ['/', '/books/1?a=1&a=2&b=%2Fx', '/a%20b?q=%C3%A9', '/?', '/x?next=https://evil.example/'];

for (const target of targets) {
  test(`http answers ${target} with 308 to the same on https, and asks no upstream`, async () => {
    const before = upstream.requests.length;
    const reply = await curl('--path-as-is', `http://localhost:${redirecting.httpPort}${target}`);
    assert.equal(reply.status, 308);
    assert.equal(reply.fields.get('location'), `https://localhost:${httpsPort}${target.replace(/\?$/, '')}`);
    assert.equal(reply.fields.has('strict-transport-security'), false);
    assert.equal(upstream.requests.length, before);
  });
}

test('the redirect keeps method and body', async () => {
  const reply = await curl('-L', '-d', 'a=1', `http://localhost:${redirecting.httpPort}/orders?x=1`);
  assert.equal(reply.status, 200);
  assert.deepEqual(JSON.parse(reply.body), { method: 'POST', url: '/orders?x=1', body: 'a=1' });
});

test('a request for another host is not redirected away from it', async () => {
  const reply = await curl('-H', 'host: api.example', `${redirecting.http}/a`);
  assert.equal(reply.fields.get('location'), `https://api.example:${httpsPort}/a`);
});

const security = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-site',
};

for (const version of ['1.0', '1.1', '2']) {
  test(`over HTTP/${version}, replies have HSTS and security fields, and do not name the server`, async () => {
    const reply = await curl(`--http${version}`, `${redirecting.https}/`);
    assert.equal(reply.status, 200);
    // RFC 9110 section 2.5: the version of a reply is that of who sends it.
    assert.equal(reply.version, version === '1.0' ? '1.1' : version);
    assert.equal(reply.fields.get('strict-transport-security'), 'max-age=31536000; includeSubDomains');
    for (const [name, value] of Object.entries(security)) assert.equal(reply.fields.get(name), value, name);
    for (const name of ['server', 'x-powered-by', 'via']) assert.equal(reply.fields.has(name), false, name);
  });
}

test('refusals have them too', async () => {
  const reply = await curl('-X', 'TRACE', `${redirecting.https}/`);
  assert.equal(reply.status, 405);
  assert.match(reply.fields.get('strict-transport-security') ?? '', /^max-age=/);
  for (const [name, value] of Object.entries(security)) assert.equal(reply.fields.get(name), value, name);
  assert.equal(reply.fields.has('server'), false);
});

test('with plaintext: true, http serves the API, without HSTS; https still has it', async () => {
  const reply = await curl(`${plain.http}/books?a=1`);
  assert.equal(reply.status, 200);
  assert.deepEqual(JSON.parse(reply.body), { method: 'GET', url: '/books?a=1', body: '' });
  assert.equal(reply.fields.has('strict-transport-security'), false);
  assert.equal(reply.fields.get('x-content-type-options'), 'nosniff');
  assert.equal(reply.fields.has('server'), false);
  const secure = await curl(`${plain.https}/books`);
  assert.match(secure.fields.get('strict-transport-security') ?? '', /^max-age=/);
});
