import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { connect } from 'node:tls';
import { makeCertificate } from '../harness/certificates.ts';
import { curl } from '../harness/curl.ts';
import { temporaryFolder } from '../harness/folder.ts';
import { startGateway } from '../harness/gateway.ts';
import { portcullis } from '../harness/program.ts';
import { startUpstream } from '../harness/upstream.ts';
import { waitFor } from '../harness/wait.ts';

/** Listeners for networks of one's own, and the APIs that are there only. */

const upstream = await startUpstream({ after });
const common = `upstream: { targets: ['${upstream.origin}'] }, policies: { authentication: none }`;
const own = await makeCertificate({ names: ['ops.internal'] });
const config = `
listen:
  http: { port: 0, plaintext: true }
  https: { port: 0, selfSigned: true }
  internal:
    ops: { port: 0, certificates: [{ cert: ops.crt, key: ops.key }] }
    lab: { port: 0, plaintext: true }
    shared: { port: 0 }
threads: 2
policies: { access-log: { to: { file: access.log } } }
apis:
  shop: { basePath: /shop, ${common} }
  any: { basePath: /any, visibility: internal, ${common} }
  ops: { basePath: /ops, visibility: internal, listeners: [ops], ${common} }
  near: { basePath: /near, visibility: internal, listeners: [ops], networks: [127.0.0.8], ${common} }
  net: { basePath: /net, visibility: internal, networks: [127.0.0.1], ${common} }
`;
const files = { 'ops.crt': own.cert, 'ops.key': own.key };
const gateway = await startGateway({ after }, { config, files });
const origins = {
  http: gateway.http,
  https: gateway.https,
  ops: `https://ops.internal:${gateway.portOf('ops')}`,
  lab: `http://127.0.0.1:${gateway.portOf('lab')}`,
  shared: `https://localhost:${gateway.portOf('shared')}`,
};
type Origin = keyof typeof origins;

async function statusOf(origin: Origin, path: string, ...more: readonly string[]): Promise<number> {
  const resolve = ['--resolve', `ops.internal:${gateway.portOf('ops')}:127.0.0.1`];
  return (await curl(...resolve, ...more, `${origins[origin]}${path}`)).status;
}

const everywhere: readonly Origin[] = ['http', 'https', 'ops', 'lab', 'shared'];
const places: Readonly<Record<string, readonly Origin[]>> = {
  '/shop': everywhere,
  '/any': ['ops', 'lab', 'shared'],
  '/ops': ['ops'],
  '/near': [],
  '/net': everywhere,
};

for (const [path, there] of Object.entries(places)) {
  test(`${path} is there on ${there.join(', ') || 'none, from here'}`, async () => {
    for (const origin of everywhere) {
      const expected = there.includes(origin) ? 200 : 404;
      for (const version of ['--http1.1', '--http2'])
        assert.equal(await statusOf(origin, path, version), expected, `${origin} ${version}`);
    }
  });
}

test('with networks, the address counts as well', async () => {
  assert.equal(await statusOf('ops', '/near', '--interface', '127.0.0.8'), 200);
  assert.equal(await statusOf('https', '/near', '--interface', '127.0.0.8'), 404);
});

test('no field and no name of a host makes a public listener an internal one', async () => {
  const tricks = [
    ['-H', 'x-forwarded-for: 127.0.0.1'],
    ['-H', 'forwarded: for=127.0.0.1;host=ops.internal'],
    ['-H', `host: ops.internal:${gateway.portOf('ops')}`],
    ['-H', 'x-forwarded-port: 1', '-H', 'x-forwarded-host: ops.internal'],
  ];
  for (const trick of tricks) {
    for (const origin of ['http', 'https'] as const)
      assert.ok([404, 421].includes(await statusOf(origin, '/ops', ...trick)), `${origin} ${trick}`);
  }
});

/** The fingerprint of the certificate that a listener shows. */
async function shown(listener: string, serverName: string): Promise<string | undefined> {
  const socket = connect({
    port: gateway.portOf(listener),
    servername: serverName,
    rejectUnauthorized: false,
  });
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerX509Certificate();
  socket.destroy();
  return certificate?.fingerprint256;
}

const fingerprint = ({ cert }: { cert: string }): string => new X509Certificate(cert).fingerprint256;

test('each shows its own certificate, and no other; a reload renews it', async () => {
  const usual = fingerprint({ cert: gateway.ca() });
  assert.equal(await shown('ops', 'ops.internal'), fingerprint(own));
  assert.equal(await shown('https', 'ops.internal'), usual, 'the public one does not have it');
  assert.equal(await shown('shared', 'localhost'), usual);
  const renewed = await makeCertificate({ names: ['ops.internal'] });
  gateway.write('ops.crt', renewed.cert);
  gateway.write('ops.key', renewed.key);
  assert.equal(await gateway.reload(), 'reloaded');
  await waitFor(
    'the new one',
    async () => (await shown('ops', 'ops.internal')) === fingerprint(renewed) || undefined,
  );
  assert.equal(await shown('https', 'ops.internal'), usual);
});

const upstreamText = "upstream: { targets: ['http://127.0.0.1:9'] }, policies: { authentication: none }";
const mistakes: readonly [listen: string, api: string, says: RegExp][] = [
  ['internal: { ops: { port: 1 } }', '', /listen\.internal\.ops {2}there is no certificate to show/],
  ['internal: { https: { port: 1 } }', '', /listen\.internal\.https {2}.*other than http, https and admin/],
  [
    'internal: { ops: { port: 1, plaintext: true, clientCertificates: request } }',
    '',
    /certificates are for TLS/,
  ],
  [
    'internal: { ops: { port: 8080, plaintext: true } }, http: { port: 8080, plaintext: true }',
    '',
    /listen\.internal\.ops\.port {2}listen\.http has the port 8080 already/,
  ],
  [
    'internal: { ops: { port: 1, plaintext: true } }',
    'visibility: internal, listeners: [opps], ',
    /apis\.a\.listeners\[0\] {2}there is no listener "opps"; listen\.internal has: ops/,
  ],
  [
    'internal: { ops: { port: 1, plaintext: true } }',
    'listeners: [ops], ',
    /apis\.a\.listeners {2}listeners are for visibility: internal/,
  ],
];

for (const [listen, api, says] of mistakes) {
  test(`told: ${listen} ${api}`, async (t) => {
    const folder = temporaryFolder(t, {
      'portcullis.yaml': `listen: { ${listen} }\napis: { a: { ${api}${upstreamText} } }\n`,
    });
    const { code, out, err } = await portcullis(['check'], { cwd: folder });
    assert.equal(code, 1);
    assert.match(out + err, says);
  });
}
