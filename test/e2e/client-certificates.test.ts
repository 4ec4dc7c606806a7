import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { after, test } from 'node:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import {
  dn,
  extension,
  type Made,
  root as makeRoot,
  serverAuth,
} from '../../packages/gateway/src/policies/authentication/certificate/testing/authority.ts';
import { startGateway } from '../harness/gateway.ts';
import { ask } from '../harness/http2-client.ts';
import type { Owner } from '../harness/owner.ts';
import { startUpstream } from '../harness/upstream.ts';
import { waitFor, within } from '../harness/wait.ts';

/** Client certificates over real handshakes, and handed on by a proxy, by those who have one and those who forge one. */

const upstream = await startUpstream({ after });
const root = makeRoot(dn('O=Example', 'CN=Clients'));
const middle = root.authority(dn('O=Example', 'CN=Partners'));
const bounded = root.authority(dn('O=Example', 'CN=Bounded'), [extension.constraints(['dns:a.example'])]);
const orders = root.issue({ subject: dn('O=Example', 'CN=orders') });
const partner = middle.issue({ subject: dn('O=Example', 'CN=partner') });
const revoked = root.issue({ subject: dn('O=Example', 'CN=revoked'), serial: 'BAD1' });
const twin = makeRoot(dn('O=Example', 'CN=Clients'));

/** Issued by nobody, with the PEM of another one where Node finds it before it reads the rest. */
function hiding({ pem: text }: Made): Made {
  const extensions = [extension.basicConstraints(false), { oid: '1.2.3.4', value: Buffer.from(`\n${text}`) }];
  return twin.issue({ subject: dn('O=Example', 'CN=admin'), extensions });
}

const config = `
listen:
  https: { port: 0, selfSigned: true, clientCertificates: request }
  http: { port: 0, plaintext: true }
  admin: { port: 0 }
threads: 2
trustedProxies: [127.0.0.2]
authenticators:
  clients: { certificate: { ca: clients.pem, crl: clients.crl, crlFor: leaf, rolesFrom: o } }
  through: { certificate: { ca: clients.pem, from: proxy } }
policies: { access-log: { to: stdout } }
apis:
  direct:
    basePath: /direct
    upstream: { targets: ['${upstream.origin}'] }
    policies: { authentication: { anyOf: [clients] } }
  proxied:
    basePath: /proxied
    upstream: { targets: ['${upstream.origin}'] }
    policies: { authentication: { anyOf: [through] } }
  open:
    basePath: /open
    upstream: { targets: ['${upstream.origin}'] }
    policies: { authentication: none }
`;
const lists = (revokedSerials: readonly string[]): string => pem(root.list(revokedSerials));
const pem = (raw: Buffer): string =>
  `-----BEGIN X509 CRL-----\n${raw.toString('base64')}\n-----END X509 CRL-----\n`;
const middleList = pem(middle.list([]));
const boundedList = pem(bounded.list([]));
const gateway = await startGateway(
  { after },
  {
    config: config.replace('crl: clients.crl', 'crl: [clients.crl, middle.crl, bounded.crl]'),
    files: {
      'clients.pem': root.pem,
      'clients.crl': lists(['BAD1']),
      'middle.crl': middleList,
      'bounded.crl': boundedList,
    },
  },
);

/** What a client shows: its certificate, with the authorities between. */
const shown = (made: Made, ...chain: readonly Made[]): ConnectionOptions => ({
  cert: [made, ...chain].map(({ pem: text }) => text).join(''),
  key: made.keyPem,
});

async function handshake(owner: Owner, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({
    host: '127.0.0.1',
    port: gateway.httpsPort,
    servername: 'localhost',
    ca: gateway.ca(),
    ...options,
  });
  socket.on('error', () => {});
  owner.after(() => void socket.destroy());
  await within('the handshake', once(socket, 'secureConnect'));
  return socket;
}

async function get(socket: TLSSocket, more = '', path = '/direct/'): Promise<string> {
  socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n${more}\r\n`);
  const [reply] = await within('a reply', once(socket, 'data'));
  return String(reply);
}

const statusOf = (reply: string): number => Number(reply.split(' ', 2)[1]);

let paths = 0;
const newPath = (api: string): string => `/${api}/${paths++}`;

interface Recorded {
  readonly principal?: { readonly subject: string };
  readonly refusal?: { readonly reason?: string };
}

/** The record of the one request with this path. */
function recordOf(path: string): Promise<Recorded> {
  return waitFor(`the record of ${path}`, () =>
    Promise.resolve(gateway.accessLog().find((each) => each['path'] === path) as Recorded | undefined),
  );
}

const overHttp1 = async (owner: Owner, options: ConnectionOptions, path: string): Promise<number> =>
  statusOf(await get(await handshake(owner, options), '', path));

async function session(owner: Owner, options: ConnectionOptions): Promise<ClientHttp2Session> {
  const made = connectHttp2(gateway.https, { ca: gateway.ca(), ...options });
  made.on('error', () => {});
  owner.after(() => made.destroy());
  await within('a session of HTTP/2', once(made, 'remoteSettings'));
  return made;
}

const overHttp2 = async (owner: Owner, options: ConnectionOptions, path: string): Promise<number> =>
  (await ask(await session(owner, options), { ':path': path })).status;

const verdicts: readonly (readonly [
  what: string,
  options: ConnectionOptions,
  status: number,
  reason?: string,
])[] = [
  ['a good certificate', shown(orders), 200],
  ['one through an authority that comes along', shown(partner, middle), 200],
  ['one with all authorities', shown(partner, middle, root), 200],
  ['none', {}, 401],
  ['an authority with the name of the real one', shown(twin.issue(), twin), 401, 'certificate-signature'],
  [
    'a certificate that was issued by another one',
    shown(orders.issue(), orders),
    401,
    'certificate-unknown-issuer',
  ],
  ['one made by itself, in which a good one hides', shown(hiding(orders)), 401, 'certificate-malformed'],
  ['one made by itself, in which the authority hides', shown(hiding(root)), 401, 'certificate-malformed'],
  ['an expired one', shown(root.issue({ to: Date.now() - 5_000 })), 401, 'certificate-expired'],
  ['a revoked one', shown(revoked), 401, 'certificate-revoked'],
  [
    'a name that its authority may not vouch for',
    shown(bounded.issue({ extensions: [extension.names('dns:b.example')] }), bounded),
    401,
    'certificate-name-constraint',
  ],
  [
    'one for servers',
    shown(root.issue({ extensions: [extension.purposes(serverAuth)] })),
    401,
    'certificate-purpose',
  ],
];

for (const [what, options, status, reason] of verdicts) {
  for (const [version, send] of [
    ['HTTP/1.1', overHttp1],
    ['HTTP/2', overHttp2],
  ] as const) {
    test(`${what}, over ${version}: ${status}`, async (t) => {
      const path = newPath('direct');
      assert.equal(await send(t, options, path), status);
      const { refusal } = await recordOf(path);
      if (reason !== undefined) assert.equal(refusal?.reason, `clients: ${reason}`);
    });
  }
} // prettier-ignore

test('all refusals look alike', async (t) => {
  const replies = [];
  for (const [, options, status, reason] of verdicts) {
    if (status !== 401 || reason === undefined) continue;
    const reply = await get(await handshake(t, options));
    replies.push(reply.replace(/[0-9a-f]{32}/g, '').replace(/^date: .*$/im, ''));
  }
  for (const reply of replies) assert.equal(reply, replies[0]);
  assert.match(replies[0]!, /^www-authenticate: Certificate realm="direct", error="invalid_token"\r$/m);
});

test('the record says who called', async (t) => {
  const path = newPath('direct');
  await overHttp1(t, shown(orders), path);
  assert.equal((await recordOf(path)).principal?.subject, 'CN=orders,O=Example');
});

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`a session of ${maxVersion} that is resumed needs no authorities, on any thread`, async (t) => {
    const first = await handshake(t, { ...shown(partner, middle), maxVersion });
    const ticket = maxVersion === 'TLSv1.3' ? within('a ticket', once(first, 'session')) : undefined;
    assert.equal(statusOf(await get(first)), 200);
    const resumed = ticket === undefined ? first.getSession()! : ((await ticket)[0] as Buffer);
    // Whichever thread comes next knows of it once the message of the first is there.
    await waitFor('the other threads', async () => {
      const statuses: number[] = [];
      for (let at = 0; at < 12; at++) {
        const again = await handshake(t, { ...shown(partner), maxVersion, session: resumed });
        assert.equal(again.isSessionReused(), true);
        statuses.push(statusOf(await get(again)));
      }
      return statuses.every((status) => status === 200);
    });
  });
}

/** A request over plain http from an address of the loopback. */
async function from(
  localAddress: string,
  path: string,
  headers: Record<string, string | string[]>,
): Promise<IncomingMessage> {
  const sent = httpRequest({
    host: '127.0.0.1',
    port: gateway.httpPort,
    path,
    localAddress,
    headers,
    agent: false,
  });
  sent.end();
  const [reply] = (await within('a reply', once(sent, 'response'))) as [IncomingMessage];
  reply.resume();
  return reply;
}

const proxy = '127.0.0.2';
const stranger = '127.0.0.3';

test('a trusted proxy hands certificates on', async () => {
  const fields = { 'Client-Cert': partner.field, 'Client-Cert-Chain': `${middle.field}, ${root.field}` };
  assert.equal((await from(proxy, '/proxied/', fields)).statusCode, 200);
  assert.equal((await from(proxy, '/proxied/', { 'client-cert': twin.issue().field })).statusCode, 401);
});

test('what a stranger sends in the fields is no credential', async () => {
  const fields = { 'Client-Cert': orders.field, 'X-Forwarded-For': proxy, Forwarded: `for=${proxy}` };
  assert.equal((await from(stranger, '/proxied/', fields)).statusCode, 401);
  assert.equal((await from(stranger, '/direct/', fields)).statusCode, 401);
  assert.equal(
    (await from(proxy, '/direct/', fields)).statusCode,
    401,
    'nor of a proxy where nobody asked for it',
  );
});

test('fields beside the certificate of the connection change nothing', async (t) => {
  const forged = `client-cert: ${orders.field}\r\n`;
  const socket = await handshake(t, shown(twin.issue(), twin));
  assert.equal(statusOf(await get(socket, forged)), 401);
  const good = await handshake(t, shown(orders));
  const path = newPath('direct');
  assert.equal(statusOf(await get(good, `client-cert: ${partner.field}\r\n`, path)), 200);
  assert.equal((await recordOf(path)).principal?.subject, 'CN=orders,O=Example');
});

test('several or malformed values of a trusted proxy are refused', async () => {
  for (const value of [
    [orders.field, orders.field],
    `${orders.field}, ${orders.field}`,
    orders.pem.replaceAll('\n', ' '),
  ]) {
    const path = newPath('proxied');
    assert.equal((await from(proxy, path, { 'client-cert': value })).statusCode, 401);
    assert.equal((await recordOf(path)).refusal?.reason, 'through: certificate-malformed');
  }
});

test('no spelling of the fields reaches an upstream, whoever sends them', async () => {
  const names = [
    'client-cert',
    'client-cert-chain',
    'Client_Cert',
    'CLIENT.CERT',
    'x-client-cert',
    'x-ssl-client-cert',
    'ssl-client-cert',
    'ssl_client_cert',
    'x-forwarded-client-cert',
    'x-ssl-client-s-dn',
    'x-tls-client-cert',
    'x-client-dn',
    'x-amzn-mtls-clientcert',
    'x-client-certificate',
    'cf-client-cert-der-base64',
    'x-arr-clientcert',
  ]; // prettier-ignore
  const fields = Object.fromEntries(names.map((name) => [name, orders.field]));
  for (const address of [proxy, stranger]) {
    assert.equal((await from(address, '/open/', fields)).statusCode, 200);
    const seen = upstream.requests.at(-1)!.rawHeaders.map((each) => each.toLowerCase());
    for (const name of names) assert.ok(!seen.includes(name.toLowerCase()), name);
    assert.ok(!seen.includes(orders.field.toLowerCase()));
  }
  assert.equal((await from(proxy, '/proxied/', { 'client-cert': orders.field })).statusCode, 200);
  assert.ok(!upstream.requests.at(-1)!.rawHeaders.includes(orders.field));
});

test('a new list takes effect without a restart', async (t) => {
  const socket = await handshake(t, shown(orders));
  assert.equal(statusOf(await get(socket)), 200);
  gateway.write('clients.crl', pem(root.list(['BAD1', serialOf(orders)])));
  await waitFor('the new list', async () => statusOf(await get(socket)) === 401);
  gateway.write('clients.crl', pem(root.list([], { from: Date.now() - 9_000_000, to: Date.now() - 1_000 })));
  await waitFor('the old list', async () => statusOf(await get(socket)) === 503);
  gateway.write('clients.crl', lists(['BAD1']));
  await waitFor('a list that is right', async () => statusOf(await get(socket)) === 200);
});

function serialOf({ raw }: Made): string {
  return new X509Certificate(raw).serialNumber;
}
