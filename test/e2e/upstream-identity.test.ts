import assert from 'node:assert/strict';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { decodeProtectedHeader } from 'jose';
import { request } from 'undici';
import { WebSocket, WebSocketServer } from 'ws';
import { maintainKeys } from '../../packages/gateway/src/signing-keys/key-file.ts';
import { RawConnection } from '../attacks/raw-client.ts';
import { startGateway } from '../harness/gateway.ts';
import { ask, openSession } from '../harness/http2-client.ts';
import { accessToken, issuer, issuerKeys, type Seen, verifier } from '../harness/identity.ts';
import { listenOn } from '../harness/upstream.ts';
import { waitFor, within } from '../harness/wait.ts';

/** The identity of callers, as services over HTTP/1.1, HTTP/2 and WebSocket get and verify it. */

const seen: Seen[] = [];
let verify: ReturnType<typeof verifier> | undefined;

async function look(
  message: Pick<IncomingMessage, 'url' | 'headers' | 'rawHeaders' | 'trailers'>,
): Promise<void> {
  const { url = '', headers, rawHeaders, trailers } = message;
  const outcome = await verify!(headers);
  seen.push({ url, headers, rawHeaders, trailers, ...outcome });
}

const http1 = createServer((message, reply) => {
  message.resume();
  message.on('end', () => void look(message).then(() => reply.end('ok')));
});
const sockets = new WebSocketServer({ server: http1 });
sockets.on('connection', (socket, message) => void look(message).then(() => socket.send('hello')));
const http2 = createHttp2Server();
http2.on('stream', (stream: ServerHttp2Stream, headers) => {
  stream.resume();
  let trailers: NodeJS.Dict<string> = {};
  stream.on('trailers', (sent) => {
    trailers = sent as NodeJS.Dict<string>;
  });
  stream.on('end', () => {
    const fields = headers as IncomingHttpHeaders;
    void look({ url: String(headers[':path']), headers: fields, rawHeaders: [], trailers }).then(() => {
      stream.respond({ ':status': 200 });
      stream.end('ok');
    });
  });
});
const port = await listenOn(http1, 0);
http2.listen(0, '127.0.0.1');
await once(http2, 'listening');
const http2Port = (http2.address() as AddressInfo).port;
after(() => {
  for (const each of sockets.clients) each.terminate();
  http1.close();
  http1.closeAllConnections();
  http2.close();
});

const identity = `{ jwt: { audience: 'urn:shop', claims: [email] }, fields: { x-account: subject, x-account-roles: roles, x-account-mail: claims.email } }`;
const config = `
listen: { http: { port: 0, plaintext: true }, https: { port: 0, selfSigned: true }, admin: { port: 0 } }
threads: 2
authenticators:
  people: { jwt: { issuer: '${issuer}', audience: shop, jwks: ./keys.json, algorithms: [ES256] } }
  cookies: { jwt: { issuer: '${issuer}', audience: shop, jwks: ./keys.json, algorithms: [ES256], token: { cookie: session } } }
  links: { jwt: { issuer: '${issuer}', audience: shop, jwks: ./keys.json, algorithms: [ES256], token: { query: access_token } } }
policies:
  authentication: { anyOf: [people] }
  upstream-identity: ${identity}
  access-log: { to: { file: access.log } }
apis:
  shop: { basePath: /shop, upstream: { targets: ['http://127.0.0.1:${port}'] } }
  second: { basePath: /second, upstream: { targets: ['http://127.0.0.1:${http2Port}'], protocol: http2, idleTimeout: 30s } }
  bare:
    basePath: /bare
    upstream: { targets: ['http://127.0.0.1:${port}'] }
    policies:
      authentication: { anyOf: [people, cookies, links] }
      upstream-identity: { jwt: { audience: 'urn:shop' }, credential: remove }
  open: { basePath: /open, upstream: { targets: ['http://127.0.0.1:${port}'] }, policies: { authentication: none } }
`;
const gateway = await startGateway({ after }, { config, files: { 'keys.json': issuerKeys } });
const keys = `${gateway.http}/.well-known/portcullis-identity-jwks/shop`;
verify = verifier(keys, 'urn:shop');
const session = await openSession({ after }, gateway);

const alice = { roles: ['customer', 'reader,admin'], email: 'zoë@shop.example', scope: 'a b' };

async function call(path: string, headers: Record<string, string> = {}): Promise<Seen> {
  const before = seen.length;
  const reply = await request(`${gateway.http}${path}`, { headers });
  assert.equal(reply.statusCode, 200, await reply.body.text());
  await reply.body.dump();
  return seen[before]!;
}

function bearer(token = accessToken(alice)): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

function assertAlice({ caller, fault, headers }: Seen): void {
  assert.equal(fault, undefined);
  assert.equal(caller?.sub, 'alice');
  assert.deepEqual(caller?.['roles'], alice.roles);
  assert.equal(caller?.['email'], alice.email);
  assert.equal(caller?.['client_id'], 'app');
  assert.equal(caller?.['scope'], 'a b');
  assert.deepEqual(caller?.['auth'], { authenticator: 'people', kind: 'jwt' });
  assert.equal(headers['x-account'], 'alice');
  assert.equal(headers['x-account-roles'], 'customer,reader%2Cadmin');
  assert.equal(headers['x-account-mail'], 'zo%C3%AB@shop.example');
}

test('a service over HTTP/1.1 knows who calls, from callers over HTTP/1.1 and HTTP/2', async () => {
  assertAlice(await call('/shop/a', bearer()));
  const before = seen.length;
  assert.equal((await ask(session, { ':path': '/shop/b', ...bearer() })).status, 200);
  assertAlice(seen[before]!);
});

test('a service over HTTP/2 does too', async () => {
  assertAlice(await call('/second/a', bearer()));
});

test('and one at the other end of a WebSocket', async () => {
  const before = seen.length;
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.httpPort}/shop/socket`, { headers: bearer() });
  const [message] = (await within('a message', once(socket, 'message'))) as [Buffer];
  socket.terminate();
  assert.equal(String(message), 'hello');
  assertAlice(seen[before]!);
});

test('the token of the caller goes on as it came, unless it is to be removed', async () => {
  const token = accessToken();
  assert.equal((await call('/shop/a', bearer(token))).headers.authorization, `Bearer ${token}`);
  const places: readonly [path: string, headers: Record<string, string>, url: string][] = [
    ['/bare/a?x=1', bearer(token), '/bare/a?x=1'],
    ['/bare/a', { cookie: `theme=dark; session=${token}` }, '/bare/a'],
    [`/bare/a?x=1&access_token=${token}&y=%202`, {}, '/bare/a?x=1&y=%202'],
  ];
  for (const [path, headers, url] of places) {
    const { caller, url: sent, headers: got } = await call(path, headers);
    assert.equal(caller?.sub, 'alice');
    assert.equal(sent, url);
    assert.equal(got.authorization, undefined);
    assert.equal(got.cookie, 'cookie' in headers ? 'theme=dark' : undefined);
    assert.ok(!JSON.stringify(got).includes(token));
  }
});

test('where anybody may call nobody is named', async () => {
  const { caller, fault, headers } = await call('/open/a', bearer());
  assert.deepEqual([caller, fault], [undefined, undefined]);
  assert.deepEqual(
    Object.keys(headers).filter((name) => /account|portcullis/.test(name)),
    [],
  );
});

test('what is too large is refused, and the operator reads why', async () => {
  const headers = bearer(accessToken({ email: 'x'.repeat(8192) }));
  const before = seen.length;
  const reply = await request(`${gateway.http}/shop/a`, { headers });
  const document = (await reply.body.json()) as { type: string };
  assert.deepEqual([reply.statusCode, document.type], [500, 'urn:portcullis:problem:policy-fault']);
  assert.equal(seen.length, before);
  const line = await waitFor('the reason', () =>
    gateway
      .log()
      .split('\n')
      .find((each) => each.includes('above 8192')),
  );
  assert.match(
    line,
    /fault in upstream-identity, request [0-9a-f]{32}: the fields of the caller would have 81\d\d characters/,
  );
});

test('the keys are published for each API, and on the admin port; their private half is for the owner alone', async () => {
  const shown = await request(keys);
  assert.equal(shown.statusCode, 200);
  assert.equal(shown.headers['content-type'], 'application/jwk-set+json');
  assert.equal(shown.headers['cache-control'], 'public, max-age=300');
  const text = await shown.body.text();
  assert.doesNotMatch(text, /"d"/);
  for (const path of ['second', 'bare', 'open'])
    assert.equal(
      await (await request(`${gateway.http}/.well-known/portcullis-identity-jwks/${path}`)).body.text(),
      text,
    );
  const admin = await fetch(`${gateway.admin}/identity/jwks.json`);
  assert.equal(admin.headers.get('cache-control'), 'public, max-age=300');
  assert.equal(await admin.text(), text);
  assert.equal((await fetch(`${gateway.admin}/healthz`)).headers.get('cache-control'), 'no-store');
  const file = join(gateway.folder, '.portcullis', 'identity-keys.json');
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('keys that another process adds reach the threads without a reload, and sign when their turn comes', async () => {
  const file = join(gateway.folder, '.portcullis', 'identity-keys.json');
  const kidOf = ({ headers }: Seen): string | undefined =>
    decodeProtectedHeader(String(headers['x-portcullis-identity'])).kid;
  const first = kidOf(await call('/shop/a', bearer()));
  // A process that turns keys at once.
  const rules = { algorithm: 'ES256', rotateEvery: 1, publishAhead: 0, keepFor: 1e12 } as const;
  const [next] = maintainKeys(file, Date.now(), rules);
  assert.notEqual(next!.kid, first);
  await waitFor(
    'a JWT by the next key',
    async () => kidOf(await call('/shop/a', bearer())) === next!.kid,
    15_000,
  );
  assert.ok((await (await request(keys)).body.text()).includes(next!.kid));
  // jose keeps a key set for half a minute, whatever it does not find in it.
  verify = verifier(keys, 'urn:shop');
  assertAlice(await call('/shop/a', bearer()));
  assert.doesNotMatch(gateway.log(), /reloaded/);
});

test('after a reload with other settings, and with a token that was known before', async () => {
  const headers = bearer();
  assertAlice(await call('/shop/a', headers));
  assert.equal(await gateway.reload(config.replaceAll('urn:shop', 'urn:other')), 'reloaded');
  verify = verifier(keys, 'urn:other');
  assertAlice(await call('/shop/a', headers));
  assert.equal(
    await gateway.reload(
      config.replace(`upstream-identity: ${identity}`, 'cors: off').replace(/ {6}upstream-identity:.*\n/, ''),
    ),
    'reloaded',
  );
  assert.equal((await call('/shop/a', headers)).headers['x-portcullis-identity'], undefined);
  assert.equal((await gateway.askAdmin('/identity/jwks.json')).status, 404);
  assert.equal((await request(keys)).statusCode, 404);
  assert.equal(await gateway.reload(config), 'reloaded');
  verify = verifier(keys, 'urn:shop');
  assertAlice(await call('/shop/a', headers));
});

test('a request is read off raw bytes as well', async () => {
  const before = seen.length;
  const connection = new RawConnection(gateway.httpPort);
  connection.write(
    `POST /shop/a HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${accessToken(alice)}\r\nContent-Length: 2\r\n\r\nhi`,
  );
  assert.equal((await connection.replies(1))[0]?.status, 200);
  connection.close();
  assertAlice(seen[before]!);
});
