import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { makeCertificate } from '../harness/certificates.ts';
import { startGateway } from '../harness/gateway.ts';
import type { Owner } from '../harness/owner.ts';
import { startUpstream } from '../harness/upstream.ts';
import { waitFor, within } from '../harness/wait.ts';

const upstream = await startUpstream({ after });
const ec = await makeCertificate({ names: ['ec.example'] });
const rsa = await makeCertificate({ names: ['rsa.example', '*.wild.example'], keyType: 'rsa' });

const config = `
listen:
  https:
    port: 0
    certificates: [{ cert: ec.crt, key: ec.key }, { cert: rsa.crt, key: rsa.key }]
  admin: { port: 0 }
threads: 2
policies: { authentication: none }
apis: { ok: { upstream: { targets: ['${upstream.origin}'] } } }
`;
const files = { 'ec.crt': ec.cert, 'ec.key': ec.key, 'rsa.crt': rsa.cert, 'rsa.key': rsa.key };
const gateway = await startGateway({ after }, { config, files });

/** Resolves once the handshake is done, and rejects when it fails. */
async function handshake(
  owner: Owner,
  options: ConnectionOptions,
  port = gateway.httpsPort,
): Promise<TLSSocket> {
  const socket = connect({
    host: '127.0.0.1',
    port,
    servername: 'ec.example',
    rejectUnauthorized: false,
    ...options,
  });
  owner.after(() => void socket.destroy());
  await within('the handshake', once(socket, 'secureConnect'), 5_000);
  socket.on('error', () => {});
  return socket;
}

/** One request over HTTP/1.1; the connection stays open. */
async function get(socket: TLSSocket, host = 'ec.example'): Promise<string> {
  socket.write(`GET / HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
  const [reply] = await within('a reply', once(socket, 'data'));
  return String(reply).split('\r\n', 1)[0]!;
}

// OpenSSL itself refuses to offer them at its usual level.
const old = 'ALL:@SECLEVEL=0';

for (const version of ['TLSv1', 'TLSv1.1'] as const) {
  test(`${version} is refused`, async (t) => {
    const options = { minVersion: version, maxVersion: version, ciphers: old };
    await assert.rejects(handshake(t, options), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
  });
}

test('TLS 1.3 and 1.2 are taken, the newer one first', async (t) => {
  assert.equal((await handshake(t, {})).getProtocol(), 'TLSv1.3');
  assert.equal((await handshake(t, { maxVersion: 'TLSv1.2' })).getProtocol(), 'TLSv1.2');
});

const suites: readonly (readonly [suite: string, servername: string, taken: boolean])[] = [
  ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ec.example', true],
  ['ECDHE-ECDSA-AES256-GCM-SHA384', 'ec.example', true],
  ['ECDHE-ECDSA-CHACHA20-POLY1305', 'ec.example', true],
  ['ECDHE-RSA-AES128-GCM-SHA256', 'rsa.example', true],
  ['ECDHE-RSA-AES256-GCM-SHA384', 'rsa.example', true],
  ['ECDHE-RSA-CHACHA20-POLY1305', 'rsa.example', true],
  // No forward secrecy.
  ['AES128-SHA', 'rsa.example', false],
  ['AES128-GCM-SHA256', 'rsa.example', false],
  ['AES256-GCM-SHA384', 'rsa.example', false],
  // CBC.
  ['ECDHE-RSA-AES128-SHA', 'rsa.example', false],
  ['ECDHE-RSA-AES128-SHA256', 'rsa.example', false],
  ['ECDHE-ECDSA-AES256-SHA384', 'ec.example', false],
  ['ECDHE-ECDSA-AES128-CCM8', 'ec.example', false],
  // No authentication.
  ['AECDH-AES128-SHA', 'ec.example', false],
];

for (const [suite, servername, taken] of suites) {
  test(`TLS 1.2 with ${suite} is ${taken ? 'taken' : 'refused'}`, async (t) => {
    const options = { maxVersion: 'TLSv1.2', ciphers: `${suite}:@SECLEVEL=0`, servername } as const;
    if (!taken) return assert.rejects(handshake(t, options), { code: /ALERT_HANDSHAKE_FAILURE/ });
    assert.equal((await handshake(t, options)).getCipher().name, suite);
  });
}

test('ALPN offers h2 and http/1.1, in this order', async (t) => {
  const chosen = async (...ALPNProtocols: string[]): Promise<unknown> =>
    (await handshake(t, { ALPNProtocols })).alpnProtocol;
  assert.equal(await chosen('h2'), 'h2');
  assert.equal(await chosen('http/1.1'), 'http/1.1');
  assert.equal(await chosen('http/1.1', 'h2'), 'h2');
  await assert.rejects(chosen('ftp'), { code: /ALERT_NO_APPLICATION_PROTOCOL/ });
  const without = await handshake(t, {});
  assert.equal(without.alpnProtocol, false);
  assert.equal(await get(without), 'HTTP/1.1 200 OK');
});

const names: readonly (readonly [asked: string, shown: string])[] = [
  ['ec.example', ec.cert],
  ['rsa.example', rsa.cert],
  ['RSA.Example', rsa.cert],
  ['a.wild.example', rsa.cert],
  // A wildcard stands for one label (RFC 9525 section 6.3).
  ['a.b.wild.example', ec.cert],
  ['wild.example', ec.cert],
  ['unknown.example', ec.cert],
];

for (const [asked, shown] of names) {
  test(`a client that asks for ${asked} gets the certificate for it`, async (t) => {
    assert.equal(shownTo(await handshake(t, { servername: asked })), fingerprint(shown));
  });
}

test('a client that names no server gets the first certificate', async (t) => {
  const socket = connect({ host: '127.0.0.1', port: gateway.httpsPort, rejectUnauthorized: false });
  t.after(() => void socket.destroy());
  await once(socket, 'secureConnect');
  assert.equal(shownTo(socket), fingerprint(ec.cert));
});

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`a session of ${maxVersion} resumes on every data thread`, async (t) => {
    // Of either certificate, as the keys of tickets belong to the listener and not to one of them.
    for (const servername of ['ec.example', 'rsa.example']) {
      const first = await handshake(t, { maxVersion, servername });
      const known = first.getSession();
      const session =
        maxVersion === 'TLSv1.2' ? known! : ((await within('a ticket', once(first, 'session')))[0] as Buffer);
      assert.equal(first.isSessionReused(), false);
      const again = await Promise.all(
        Array.from({ length: 12 }, () => handshake(t, { maxVersion, servername, session })),
      );
      assert.deepEqual(
        again.map((socket) => socket.isSessionReused()),
        Array(12).fill(true),
      );
      for (const socket of again) assert.equal(await get(socket, servername), 'HTTP/1.1 200 OK');
    }
    // The 26 connections are open still, and the kernel spread them.
    for (const thread of [1, 2]) {
      assert.ok((await gateway.metric(`portcullis_connections{thread="${thread}"}`)) > 0, `thread ${thread}`);
    }
  });
}

test('a certificate that is replaced on disk is shown without a restart; open connections stay', async (t) => {
  const own = await startGateway(t, { config, files });
  const before = await handshake(t, {}, own.httpsPort);
  assert.equal(shownTo(before), fingerprint(ec.cert));
  assert.equal(await get(before), 'HTTP/1.1 200 OK');

  const renewed = await makeCertificate({ names: ['ec.example'] });
  own.write('ec.key', renewed.key);
  own.write('ec.crt', renewed.cert);
  await waitFor('the new certificate', async () => {
    const socket = await handshake(t, {}, own.httpsPort);
    const shown = shownTo(socket);
    socket.destroy();
    return shown === fingerprint(renewed.cert);
  });
  assert.equal(
    shownTo(await handshake(t, { servername: 'rsa.example' }, own.httpsPort)),
    fingerprint(rsa.cert),
  );
  assert.equal(await get(before), 'HTTP/1.1 200 OK');

  // Half of a renewal: the certificate is new, its key is not there yet.
  own.write('ec.crt', ec.cert);
  assert.equal(await own.reload(), 'not reloaded');
  assert.match(own.log(), /ec\.key is not the private key of ec\.crt/);
  for (let i = 0; i < 8; i++)
    assert.equal(shownTo(await handshake(t, {}, own.httpsPort)), fingerprint(renewed.cert));
});

function shownTo(socket: TLSSocket): string {
  return socket.getPeerCertificate().fingerprint256;
}

function fingerprint(pem: string): string {
  return new X509Certificate(pem).fingerprint256;
}
