import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import { after, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { makeCertificate } from '../harness/certificates.ts';
import { startGateway } from '../harness/gateway.ts';
import { listenOn } from '../harness/upstream.ts';
import { waitFor } from '../harness/wait.ts';

/** TLS towards the upstream: verified, for the target and not for whatever name a caller sends. */

const server = await makeCertificate({ names: ['localhost', 'upstream.example'] });
const other = await makeCertificate({ names: ['other.example'] });
const client = await makeCertificate({ names: ['gateway.example'] });

const seen: {
  host: string | undefined;
  name: string | false;
  certificate: string | undefined;
  reused: boolean;
}[] = [];
const ports = new Set<number>();

async function startSecure(pair: { cert: string; key: string }, ca?: string): Promise<number> {
  const tls: Server = createServer(
    { ...pair, ...(ca !== undefined && { ca, requestCert: true, rejectUnauthorized: true }) },
    (request: IncomingMessage, reply) => {
      const socket = request.socket as TLSSocket & { servername: string | false };
      const certificate = ca === undefined ? undefined : socket.getPeerCertificate().subject?.CN;
      const reused = ports.has(socket.remotePort!);
      ports.add(socket.remotePort!);
      seen.push({
        host: request.headers.host,
        name: socket.servername,
        certificate: certificate as string,
        reused,
      });
      reply.end('ok');
    },
  );
  const port = await listenOn(tls as never, 0);
  after(() => {
    tls.close();
    tls.closeAllConnections();
  });
  return port;
}

const port = await startSecure(server);
const mutual = await startSecure(server, client.cert);
const wrongName = await startSecure(other);

function api(name: string, upstream: string): string {
  return `  ${name}: { basePath: /${name}, upstream: { ${upstream} } }\n`;
}

const gateway = await startGateway(
  { after },
  {
    files: {
      'ca.crt': server.cert,
      'other.crt': other.cert,
      'client.crt': client.cert,
      'client.key': client.key,
    },
    config: `
listen: { http: { port: 0, plaintext: true }, admin: { port: 0 } }
threads: 1
policies: { authentication: none, access-log: { to: { file: access.log } } }
apis:
${[
  api('untrusted', `targets: ['https://localhost:${port}']`),
  api('trusted', `targets: ['https://localhost:${port}'], tls: { ca: ca.crt }`),
  api('address', `targets: ['https://127.0.0.1:${port}'], tls: { ca: ca.crt }`),
  api('named', `targets: ['https://127.0.0.1:${port}'], tls: { ca: ca.crt, serverName: upstream.example }`),
  api('preserved', `targets: ['https://localhost:${port}'], host: preserve, tls: { ca: ca.crt }`),
  api('wrong', `targets: ['https://localhost:${wrongName}'], tls: { ca: other.crt }`),
  api(
    'wrong-preserved',
    `targets: ['https://localhost:${wrongName}'], host: preserve, tls: { ca: other.crt }`,
  ),
  api('anonymous', `targets: ['https://localhost:${mutual}'], tls: { ca: ca.crt }`),
  api(
    'mutual',
    `targets: ['https://localhost:${mutual}'], tls: { ca: ca.crt, cert: client.crt, key: client.key }`,
  ),
].join('')}
`,
  },
);

async function ask(path: string, host = 'api.example'): Promise<{ status: number; error: unknown }> {
  const sent = get(`${gateway.http}${path}`, { headers: { host } });
  const [reply] = (await once(sent, 'response')) as [IncomingMessage];
  reply.resume();
  const { statusCode: status, headers } = reply;
  const id = headers['x-request-id'];
  const record = await waitFor('the record', () => gateway.accessLog().find((each) => each['id'] === id));
  return { status: status ?? 0, error: (record['upstream'] as { error?: unknown } | undefined)?.error };
}

test('a certificate that nobody vouches for: 502', async () => {
  assert.deepEqual(await ask('/untrusted'), { status: 502, error: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
});

test('with its authority: 200, and the name is that of the target', async () => {
  assert.equal((await ask('/trusted')).status, 200);
  assert.equal(seen.at(-1)?.name, 'localhost');
  assert.equal(seen.at(-1)?.host, `localhost:${port}`);
});

test('an address is verified as an address', async () => {
  assert.deepEqual(await ask('/address'), { status: 502, error: 'ERR_TLS_CERT_ALTNAME_INVALID' });
});

test('an address is verified for serverName where there is one', async () => {
  assert.equal((await ask('/named')).status, 200);
  assert.equal(seen.at(-1)?.name, 'upstream.example');
});

test('the Host of the caller is neither verified nor a reason for another connection', async () => {
  assert.equal((await ask('/preserved', 'a.example')).status, 200);
  assert.equal((await ask('/preserved', 'b.example')).status, 200);
  const [first, second] = seen.slice(-2);
  assert.deepEqual([first?.host, second?.host], ['a.example', 'b.example']);
  assert.deepEqual([first?.name, second?.name], ['localhost', 'localhost']);
  assert.equal(second?.reused, true);
});

test('a certificate for another name: 502, even if the caller asks for that name', async () => {
  const refused = { status: 502, error: 'ERR_TLS_CERT_ALTNAME_INVALID' };
  assert.deepEqual(await ask('/wrong'), refused);
  assert.deepEqual(await ask('/wrong-preserved', 'other.example'), refused);
});

test('an upstream that wants to know who calls', async () => {
  assert.equal((await ask('/anonymous')).status, 502);
  assert.equal((await ask('/mutual')).status, 200);
  assert.equal(seen.at(-1)?.certificate, 'gateway.example');
});
