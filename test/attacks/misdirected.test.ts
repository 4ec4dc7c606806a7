import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { after, test } from 'node:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { makeCertificate } from '../harness/certificates.ts';
import { curl } from '../harness/curl.ts';
import { type GatewayUnderTest, startGateway } from '../harness/gateway.ts';
import { ask } from '../harness/http2-client.ts';
import type { Owner } from '../harness/owner.ts';
import { startUpstream } from '../harness/upstream.ts';
import { waitFor, within } from '../harness/wait.ts';
import { parseReplies } from './raw-client.ts';
import { rowsOf } from './requests-page.ts';

/** One host asked for, another one meant: the way around whoever filters by name, and into an API that is not theirs. */

const upstream = await startUpstream({ after }, (request, reply) => {
  request.resume();
  reply.end(String(request.headers['x-api']));
});

const one = await makeCertificate({ names: ['one.example', '*.wild.example'] });
const two = await makeCertificate({ names: ['two.example', 'also-two.example'], addresses: ['127.0.0.1'] });
const files = { 'one.crt': one.cert, 'one.key': one.key, 'two.crt': two.cert, 'two.key': two.key };

function api(name: string, hosts: string): string {
  return `  ${name}: { ${hosts}upstream: { targets: ['${upstream.origin}'] }, policies: { headers: { request: { set: { x-api: ${name} } } } } }\n`;
}

function config(certificates = 'one two', more = ''): string {
  const pairs = certificates.split(' ').map((name) => `{ cert: ${name}.crt, key: ${name}.key }`);
  return `
listen: { https: { port: 0, certificates: [${pairs.join(', ')}] }, admin: { port: 0 } }
threads: 1
${more}
policies: { authentication: none, access-log: { to: { file: access.log } } }
apis:
${api('one', 'hosts: [one.example], ')}${api('two', 'hosts: [two.example], ')}${api('hidden', 'hosts: [hidden.example], ')}${api('rest', '')}`;
}

const gateway = await startGateway({ after }, { config: config(), files });

interface Reply {
  readonly status: number;
  readonly body: string;
}

/** An open connection on which requests for any host can be sent. */
interface Line {
  readonly resumed: boolean;
  readonly send: (host: string, method?: string, path?: string) => Promise<Reply>;
}

/** @param asked the server name; undefined for none */
async function overHttp1(
  owner: Owner,
  port: number,
  asked: string | undefined,
  more: ConnectionOptions = {},
): Promise<Line> {
  const socket = connect({
    host: '127.0.0.1',
    port,
    rejectUnauthorized: false,
    ...(asked !== undefined && { servername: asked }),
    ...more,
  });
  owner.after(() => void socket.destroy());
  await within('the handshake', once(socket, 'secureConnect'));
  let received = '';
  socket.setEncoding('latin1').on('data', (text: unknown) => {
    received += String(text);
  });
  socket.on('error', () => {});
  let count = 0;
  return {
    resumed: socket.isSessionReused(),
    async send(host, method = 'GET', path = '/a') {
      count++;
      const body = method === 'GET' ? '' : 'content-length: 3\r\n';
      socket.write(
        `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${body}\r\n${method === 'GET' ? '' : 'abc'}`,
      );
      return waitFor('a reply', () => parseReplies(received, false)[count - 1]);
    },
  };
}

async function overHttp2(
  owner: Owner,
  port: number,
  asked: string | undefined,
  more: ConnectionOptions = {},
): Promise<Line> {
  const session = connectHttp2(`https://127.0.0.1:${port}`, {
    rejectUnauthorized: false,
    ...(asked !== undefined && { servername: asked }),
    ...more,
  });
  session.on('error', () => {});
  owner.after(() => session.destroy());
  await within('a session', once(session, 'remoteSettings'));
  return {
    resumed: (session.socket as TLSSocket).isSessionReused(),
    send: (host, method = 'GET', path = '/a') =>
      ask(
        session,
        { ':path': path, ':method': method, ':authority': host },
        method === 'GET' ? undefined : 'abc',
      ),
  };
}

const versions = { 'HTTP/1.1': overHttp1, 'HTTP/2': overHttp2 };

function outcome({ status, body }: Reply): string {
  if (status === 200) return `served by ${body}`;
  const { type } = JSON.parse(body) as { type: string };
  assert.equal(type, 'urn:portcullis:problem:misdirected-request');
  return `refused with ${status}`;
}

const rows = rowsOf('Host and connection').map(({ arrives, happens }) => {
  const [, name, host] =
    /^asks for (\S+), Host: (\S+)$/.exec(arrives) ??
    assert.fail(`a row that this test cannot read: ${arrives}`);
  return { asked: name === 'nothing' ? undefined : name!, host: host!, happens };
});

for (const [version, open] of Object.entries(versions)) {
  test(`docs/requests.md says what happens over ${version} to a host that the connection was not opened for`, async (t) => {
    for (const { asked, host, happens } of rows) {
      const before = upstream.requests.length;
      const line = await open(t, gateway.httpsPort, asked);
      assert.equal(outcome(await line.send(host)), happens, `${asked} ${host}`);
      const reached = happens.startsWith('served') ? 1 : 0;
      assert.equal(upstream.requests.length - before, reached, `${asked} ${host}`);
    }
  });

  test(`over ${version}, a connection is still good for its own host after a 421, and a new one for the other`, async (t) => {
    const line = await open(t, gateway.httpsPort, 'one.example');
    for (let i = 0; i < 3; i++) {
      assert.equal(outcome(await line.send('two.example', 'POST')), 'refused with 421');
      assert.equal(outcome(await line.send('one.example', 'POST')), 'served by one');
    }
    const other = await open(t, gateway.httpsPort, 'two.example');
    assert.equal(outcome(await other.send('two.example', 'POST')), 'served by two');
  });
}

for (const protocol of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`a client that resumes its session of ${protocol} gets what it asks for`, async (t) => {
    const options = { maxVersion: protocol, minVersion: protocol } as const;
    const first = connect({
      ...options,
      host: '127.0.0.1',
      port: gateway.httpsPort,
      servername: 'two.example',
      rejectUnauthorized: false,
    });
    t.after(() => void first.destroy());
    const [session] = (await within('a session', once(first, 'session'))) as [Buffer];
    for (const [version, open] of Object.entries(versions)) {
      const line = await open(t, gateway.httpsPort, 'two.example', { ...options, session });
      assert.ok(line.resumed, version);
      for (let i = 0; i < 2; i++)
        assert.equal(outcome(await line.send('two.example')), 'served by two', version);
      // TLS 1.3 has the name in each handshake; of TLS 1.2 the page says why not.
      const other = protocol === 'TLSv1.3' ? 'refused with 421' : 'served by one';
      assert.equal(outcome(await line.send('one.example')), other, version);
    }
  });
}

test('a refusal is on record, with what was wrong', async (t) => {
  const line = await overHttp2(t, gateway.httpsPort, 'one.example');
  await line.send('two.example', 'GET', '/recorded');
  await line.send('hidden.example', 'GET', '/recorded');
  const records = await waitFor('two records', () => {
    const found = gateway.accessLog().filter(({ path }) => path === '/recorded');
    return found.length === 2 ? found : undefined;
  });
  assert.deepEqual(
    records.map(({ refusal }) => refusal),
    ['another certificate', 'another api'].map((reason) => ({
      policy: 'tls',
      problem: 'misdirected-request',
      reason,
    })),
  );
});

test('a proxy that is trusted may ask for one host and send another, nobody else', async (t) => {
  const own = await startGateway(t, { config: config('one two', 'trustedProxies: [127.0.0.2]'), files });
  for (const [localAddress, happens] of [
    ['127.0.0.2', 'served by two'],
    ['127.0.0.3', 'refused with 421'],
  ] as const) {
    for (const asked of ['one.example', undefined]) {
      const line = await overHttp1(t, own.httpsPort, asked, { localAddress } as ConnectionOptions);
      assert.equal(outcome(await line.send('two.example')), happens, `${localAddress} ${asked}`);
    }
  }
});

test('a connection that is open meets the certificates and APIs of a reload', async (t) => {
  const own: GatewayUnderTest = await startGateway(t, { config: config('one'), files });
  const line = await overHttp2(t, own.httpsPort, 'other.example');
  // Nothing better can be shown for either.
  assert.equal(outcome(await line.send('also-two.example')), 'served by rest');
  assert.equal(await own.reload(config('one two')), 'reloaded');
  await waitFor(
    'the certificates to be in force',
    async () => (await line.send('also-two.example')).status === 421,
  );
  const fresh = await overHttp2(t, own.httpsPort, 'also-two.example');
  assert.equal(outcome(await fresh.send('also-two.example')), 'served by rest');
});

test('with the certificate of a first start, every way to try it out works', async (t) => {
  const own = await startGateway(t, {
    config: `
listen: { http: { port: 0 }, https: { port: 0, selfSigned: true }, admin: { port: 0 } }
threads: 1
policies: { authentication: none }
apis: { all: { upstream: { targets: ['${upstream.origin}'] } } }
`,
  });
  const port = own.httpsPort;
  const tries: readonly (readonly string[])[] = [
    [`https://localhost:${port}/`],
    [`https://127.0.0.1:${port}/`],
    ['-H', 'host: 127.0.0.1', `https://localhost:${port}/`],
    ['-H', 'host: api.example', `https://localhost:${port}/`],
    ['-H', 'host: api.example', `https://127.0.0.1:${port}/`],
    ['--connect-to', `::127.0.0.1:${port}`, 'https://api.example/'],
    ['-L', `http://localhost:${own.httpPort}/`],
  ];
  for (const version of ['--http1.1', '--http2'])
    for (const each of tries) assert.equal((await curl(version, ...each)).status, 200, each.join(' '));
});
