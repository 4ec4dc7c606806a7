import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { decodeProtectedHeader } from 'jose';
import { request } from 'undici';
import { WebSocketServer } from 'ws';
import { startGateway } from '../harness/gateway.ts';
import { openSession, replyOf } from '../harness/http2-client.ts';
import { accessToken, issuer, issuerKeys, verifier } from '../harness/identity.ts';
import { listenOn } from '../harness/upstream.ts';
import { waitFor } from '../harness/wait.ts';
import { RawConnection } from './raw-client.ts';

/**
 * A client tells the service that it is somebody else: under the names by which the gateway hands identities on, in
 * whatever spelling, place and number; by what stands in its token; and with a JWT of the gateway itself.
 */

interface Arrived {
  /** Name and value by turns, as they came. */
  readonly fields: readonly string[];
  readonly trailers: readonly string[];
}

const arrived: Arrived[] = [];

const http1 = createServer((message, reply) => {
  message.resume();
  message.on('end', () => {
    arrived.push({ fields: message.rawHeaders, trailers: message.rawTrailers });
    reply.end('ok');
  });
});
const sockets = new WebSocketServer({ server: http1 });
sockets.on('connection', (socket, message) => {
  arrived.push({ fields: message.rawHeaders, trailers: [] });
  socket.close();
});
const http2 = createHttp2Server();
http2.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
  let trailers: readonly string[] = [];
  stream.on('trailers', (sent: IncomingHttpHeaders) => {
    trailers = flat(sent);
  });
  stream.resume();
  stream.on('end', () => {
    arrived.push({ fields: flat(headers), trailers });
    stream.respond({ ':status': 200 });
    stream.end('ok');
  });
});

function flat(headers: IncomingHttpHeaders): string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    [value ?? ''].flat().flatMap((each) => [name, each]),
  );
}

const http1Port = await listenOn(http1, 0);
http2.listen(0, '127.0.0.1');
await once(http2, 'listening');
after(() => {
  for (const each of sockets.clients) each.terminate();
  http1.close();
  http1.closeAllConnections();
  http2.close();
});

const definition = {
  openapi: '3.1.0',
  info: { title: 'Items', version: '1' },
  components: {
    securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
  },
  paths: {
    '/public': { get: { security: [], responses: {} } },
    '/untold': { get: { security: [{ token: [] }], responses: {} } },
  },
};

const target = `upstream: { targets: ['http://127.0.0.1:${http1Port}'] }`;
const identity =
  '{ jwt: {}, fields: { x-account: subject, x-account-roles: roles, x-account-mail: claims.email } }';
const config = `
listen: { http: { port: 0, plaintext: true }, https: { port: 0, selfSigned: true } }
threads: 1
authenticators:
  people: { jwt: { issuer: '${issuer}', audience: shop, jwks: ./keys.json, algorithms: [ES256] } }
policies:
  authentication: { anyOf: [people] }
  upstream-identity: ${identity}
  access-log: { to: { file: access.log } }
apis:
  shop: { basePath: /shop, ${target} }
  second: { basePath: /second, upstream: { targets: ['http://127.0.0.1:${(http2.address() as AddressInfo).port}'], protocol: http2, idleTimeout: 30s } }
  open: { basePath: /open, ${target}, policies: { authentication: none } }
  watched: { basePath: /watched, ${target}, policies: { upstream-identity: { mode: monitor, fields: { x-account: subject, x-account-roles: roles, x-account-mail: claims.email } } } }
  items:
    basePath: /items
    openapi: ./items.json
    ${target}
    operations:
      GET /untold: { policies: { upstream-identity: off } }
`;
const gateway = await startGateway(
  { after },
  { config, files: { 'keys.json': issuerKeys, 'items.json': JSON.stringify(definition) } },
);
const session = await openSession({ after }, gateway);

const names = ['x-account', 'x-account-roles', 'x-account-mail', 'x-portcullis-identity'];
const spellings: readonly ((name: string) => string)[] = [
  (name) => name,
  (name) => name.toUpperCase(),
  (name) => name.replaceAll('-', '_'),
  (name) => name.replaceAll('-', '.'),
  (name) => name.replace('-', '_').toUpperCase(),
  (name) => name.replaceAll('-', '~'),
];
const forged = names.flatMap((name) => spellings.flatMap((spell) => [spell(name), spell(name)]));

function isOurs(name: string): boolean {
  return /^x.(account|portcullis)/i.test(name);
}

/** What the service was told of who calls, all names of the gateway's and all that look like them. */
function told({ fields, trailers }: Arrived): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const list of [fields, trailers]) {
    for (let i = 0; i < list.length; i += 2) {
      const name = list[i]!;
      if (!isOurs(name)) continue;
      found[name] ??= [];
      found[name].push(list[i + 1]!);
    }
  }
  return found;
}

async function next(before: number): Promise<Arrived> {
  await waitFor('the request', () => arrived.length > before);
  return arrived[before]!;
}

async function sendRaw(line: string, lines: readonly string[], body = ''): Promise<Arrived> {
  const before = arrived.length;
  const connection = new RawConnection(gateway.httpPort);
  connection.write(`${[`${line} HTTP/1.1`, 'Host: a', ...lines].join('\r\n')}\r\n\r\n${body}`);
  const [reply] = await connection.replies(1);
  connection.close();
  assert.ok(reply!.status === 200 || reply!.status === 101, `${line}: ${reply!.status} ${reply!.body}`);
  return next(before);
}

const authorization = (): string => `Authorization: Bearer ${accessToken({ roles: ['customer'] })}`;
const forgedLines = forged.map((name) => `${name}: admin`);

function assertAlice(seen: Arrived): void {
  const { 'x-portcullis-identity': tokens, ...fields } = told(seen);
  assert.deepEqual(fields, { 'x-account': ['alice'], 'x-account-roles': ['customer'] });
  assert.equal(tokens?.length, 1);
  assert.equal(decodeProtectedHeader(tokens[0]!).typ, 'portcullis-identity+jwt');
}

for (const path of ['/shop/a', '/second/a']) {
  test(`${path}: what a client forges is removed, in every spelling, once or twice`, async () => {
    assertAlice(await sendRaw(`GET ${path}`, [...forgedLines, authorization(), ...forgedLines]));
  });

  test(`${path}: nor can it have the fields of the gateway removed`, async () => {
    assertAlice(await sendRaw(`GET ${path}`, [authorization(), `Connection: ${names.join(', ')}`]));
  });

  test(`${path}: over HTTP/2`, async () => {
    const before = arrived.length;
    const lower = [...new Set(forged.map((name) => name.toLowerCase()))];
    const stream = session.request({
      ':path': path,
      authorization: authorization().slice('Authorization: '.length),
      ...Object.fromEntries(lower.map((name) => [name, ['admin', 'admin']])),
    });
    assert.equal((await replyOf(stream)).status, 200);
    assertAlice(await next(before));
  });

  test(`${path}: in trailers, over HTTP/1.1`, async () => {
    const chunks = `2\r\nhi\r\n0\r\n${forgedLines.join('\r\n')}\r\n\r\n`;
    const lines = [authorization(), 'Transfer-Encoding: chunked', `Trailer: ${names.join(', ')}`];
    assertAlice(await sendRaw(`POST ${path}`, lines, chunks));
  });

  test(`${path}: in trailers, over HTTP/2`, async () => {
    const before = arrived.length;
    const stream = session.request(
      {
        ':method': 'POST',
        ':path': path,
        authorization: authorization().slice('Authorization: '.length),
      },
      { endStream: false, waitForTrailers: true } as object,
    );
    stream.on('wantTrailers', () =>
      stream.sendTrailers(Object.fromEntries(names.map((name) => [name, 'admin']))),
    );
    stream.end('hi');
    assert.equal((await replyOf(stream)).status, 200);
    assertAlice(await next(before));
  });
}

test('in the handshake of a WebSocket', async () => {
  const handshake = [
    'Connection: upgrade, x-account',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${Buffer.alloc(16, 'k').toString('base64')}`,
  ];
  assertAlice(await sendRaw('GET /shop/socket', [...forgedLines, ...handshake, authorization()]));
});

const unnamed: readonly [what: string, path: string, lines: () => readonly string[]][] = [
  ['where anybody may call', '/open/a', () => []],
  ['where anybody may call, with a good token', '/open/a', () => [authorization()]],
  ['for an operation that is public', '/items/public', () => []],
  ['for an operation that has the policy switched off', '/items/untold', () => [authorization()]],
  ['in monitor', '/watched/a', () => [authorization()]],
];

for (const [what, path, lines] of unnamed) {
  test(`${what} nobody is named, whatever the client says`, async () => {
    assert.deepEqual(told(await sendRaw(`GET ${path}`, [...forgedLines, ...lines()])), {});
  });
}

test('what stands in a token is one value of one field', async () => {
  const claims = {
    sub: 'alice\r\nX-Account: admin',
    roles: ['reader,admin', 'a\nb', ' admin'],
    email: 'a@shop.example\r\n\r\nGET /admin HTTP/1.1\r\nHost: a\r\n\r\n',
  };
  const before = arrived.length;
  const seen = await sendRaw('GET /shop/a', [`Authorization: Bearer ${accessToken(claims)}`]);
  const { 'x-portcullis-identity': tokens, ...fields } = told(seen);
  assert.deepEqual(fields, {
    'x-account': ['alice%0D%0AX-Account:%20admin'],
    'x-account-roles': ['reader%2Cadmin,a%0Ab,%20admin'],
    'x-account-mail': ['a@shop.example%0D%0A%0D%0AGET%20/admin%20HTTP/1.1%0D%0AHost:%20a%0D%0A%0D%0A'],
  });
  assert.equal(arrived.length, before + 1);
  const verify = verifier(`${gateway.http}/.well-known/portcullis-identity-jwks/shop`, 'shop');
  const { caller } = await verify({ 'x-portcullis-identity': tokens![0]! });
  assert.deepEqual([caller?.sub, caller?.['roles']], [claims.sub, claims.roles]);
});

test('a claim cannot take the place of one of the gateway', async () => {
  const claims = {
    auth: { kind: 'certificate' },
    client_address: '10.0.0.1',
    aud: ['shop', 'admin'],
    jti: 'x',
  };
  const seen = await sendRaw('GET /shop/a', [`Authorization: Bearer ${accessToken(claims)}`]);
  const verify = verifier(`${gateway.http}/.well-known/portcullis-identity-jwks/shop`, 'shop');
  const { caller } = await verify({ 'x-portcullis-identity': told(seen)['x-portcullis-identity']![0]! });
  assert.deepEqual(Object.keys(caller!).sort(), ['aud', 'auth', 'client_id', 'exp', 'iat', 'iss', 'sub']);
  assert.deepEqual([caller!.aud, caller!['auth']], ['shop', { authenticator: 'people', kind: 'jwt' }]);
});

test('the keys are there for an API with a definition too, and nothing else is there', async () => {
  for (const path of ['shop', 'items', 'open']) {
    const reply = await request(`${gateway.http}/.well-known/portcullis-identity-jwks/${path}`);
    assert.equal(reply.statusCode, 200, path);
    assert.equal(((await reply.body.json()) as { keys: unknown[] }).keys.length, 1);
  }
  for (const path of ['watched', 'shop/', 'nowhere', 'shop/a']) {
    const reply = await request(`${gateway.http}/.well-known/portcullis-identity-jwks/${path}`);
    assert.equal(reply.statusCode, 404, path);
    await reply.body.dump();
  }
});

test('an identity of one API is none for another, and an access token is none at all', async () => {
  const seen = await sendRaw('GET /shop/a', [authorization()]);
  const identity = told(seen)['x-portcullis-identity']![0]!;
  const verify = verifier(`${gateway.http}/.well-known/portcullis-identity-jwks/second`, 'second');
  assert.match((await verify({ 'x-portcullis-identity': identity })).fault!, /"aud"/);
  assert.match((await verify({ 'x-portcullis-identity': accessToken() })).fault!, /typ|key/);
});

test('a JWT of the gateway is no access token, even where its issuer, audience and keys are trusted', async () => {
  const seen = await sendRaw('GET /shop/a', [authorization()]);
  const identity = told(seen)['x-portcullis-identity']![0]!;
  const keys = await (await request(`${gateway.http}/.well-known/portcullis-identity-jwks/shop`)).body.text();
  gateway.write('identity.json', keys);
  const trusting = (types: string): string =>
    config
      .replace(
        '  people:',
        `  fooled: { jwt: { issuer: portcullis, audience: shop, jwks: ./identity.json, algorithms: [ES256]${types} } }\n  people:`,
      )
      .replace('anyOf: [people]', 'anyOf: [fooled]');
  const ask = async (): Promise<{ status: number; reason: string | undefined }> => {
    const reply = await request(`${gateway.http}/shop/a`, {
      headers: { authorization: `Bearer ${identity}` },
    });
    await reply.body.dump();
    const record = await waitFor('the record', () =>
      gateway.accessLog().find((each) => each['id'] === reply.headers['x-request-id']),
    );
    return {
      status: reply.statusCode,
      reason: (record['refusal'] as { reason?: string } | undefined)?.reason,
    };
  };
  for (const types of ['', ', types: [at+jwt]', ', types: [JWT, at+jwt]']) {
    assert.equal(await gateway.reload(trusting(types)), 'reloaded');
    assert.deepEqual(await ask(), { status: 401, reason: 'fooled: typ-not-accepted' });
  }
  // So that it is the type which was refused, and nothing else.
  assert.equal(await gateway.reload(trusting(', types: [portcullis-identity+jwt]')), 'reloaded');
  assert.equal((await ask()).status, 200);
});
