import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { curl } from '../harness/curl.ts';
import { type GatewayUnderTest, startGateway } from '../harness/gateway.ts';
import { clientFor, startLoad } from '../harness/load.ts';
import { startUpstream } from '../harness/upstream.ts';
import { waitFor, within } from '../harness/wait.ts';

interface Setting {
  readonly gateway: GatewayUnderTest;
  /** Replies to /slow, which wait for the test. */
  readonly held: ServerResponse[];
}

async function start(t: TestContext, listen = ''): Promise<Setting> {
  const held: ServerResponse[] = [];
  const upstream = await startUpstream(t, (request, reply) => {
    if (request.url === '/slow') held.push(reply);
    else reply.end('ok');
  });
  const gateway = await startGateway(t, {
    config: `
listen:
  http: { port: 0, plaintext: true }
  https: { port: 0, selfSigned: true }
  admin: { port: 0 }
  ${listen}
threads: 2
policies: { authentication: none, access-log: { to: { file: access.log } } }
apis: { shop: { upstream: { targets: ['${upstream.origin}'] } } }
`,
  });
  return { gateway, held };
}

function refused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}

test('on SIGTERM what is in flight is answered, nothing new is taken, and it ends with 0', async (t) => {
  const { gateway, held } = await start(t);
  const slow = [
    curl(`${gateway.http}/slow`),
    curl('--http1.1', `${gateway.https}/slow`),
    curl('--http2', `${gateway.https}/slow`),
  ];
  await waitFor('the requests', () => held.length === 3);
  assert.equal((await gateway.askAdmin('/readyz')).status, 200);

  gateway.signal('SIGTERM');
  await waitFor('new connections to be refused', async () => {
    const ports = await Promise.all([refused(gateway.httpPort), refused(gateway.httpsPort)]);
    return ports.every(Boolean);
  });
  // A balancer is told, while the process goes on.
  assert.equal((await gateway.askAdmin('/readyz')).status, 503);
  assert.equal((await gateway.askAdmin('/healthz')).status, 200);

  for (const reply of held) reply.end('late');
  for (const { status, body } of await Promise.all(slow)) {
    assert.equal(status, 200);
    assert.equal(body, 'late');
  }
  assert.equal(await within('the end', gateway.ended(), 8_000), 0);
  assert.deepEqual(
    gateway.accessLog().map(({ status, path }) => [status, path]),
    Array(3).fill([200, '/slow']),
  );
});

test('a stream of requests sees no failure when the gateway is told to end', async (t) => {
  const { gateway } = await start(t);
  const load = startLoad(t, { origin: gateway.http, connections: 16 });
  await waitFor('traffic', () => load.answered() > 200);
  gateway.signal('SIGTERM');
  await waitFor('new connections to be refused', () => refused(gateway.httpPort));
  await load.stop();
  assert.equal(await within('the end', gateway.ended(), 8_000), 0);
  // Each connection ends with a reply that says so; only then is a new one tried, and refused.
  for (const failure of load.failures()) assert.match(failure, /ECONNREFUSED/);
  await waitFor('all records', () => gateway.accessLog().length === load.answered());
});

test('an idle connection does not hold up the end', async (t) => {
  const { gateway } = await start(t);
  const agent = clientFor(t, { connections: 1 });
  const { body } = await agent.request({ origin: gateway.http, path: '/', method: 'GET' });
  await body.text();
  const secure = clientFor(t, { connections: 1, http2: true, ca: gateway.ca() });
  await (await secure.request({ origin: gateway.https, path: '/', method: 'GET' })).body.text();
  gateway.signal('SIGTERM');
  assert.equal(await within('the end', gateway.ended(), 5_000), 0);
});

test('requests that never end are broken off after listen.drainTimeout, and recorded', async (t) => {
  const { gateway, held } = await start(t, 'drainTimeout: 1500ms');
  const slow = Promise.all(
    [
      ['--http1.1', gateway.http],
      ['--http1.1', gateway.https],
      ['--http2', gateway.https],
    ].map(([version, origin]) =>
      assert.rejects(curl(version!, `${origin}/slow`), /ended with (16|18|52|56|92)/),
    ),
  );
  await waitFor('the requests', () => held.length === 3);
  const begun = performance.now();
  gateway.signal('SIGTERM');
  assert.equal(await within('the end', gateway.ended(), 6_000), 0);
  const took = performance.now() - begun;
  assert.ok(took >= 1_400, `it had its time: ${took} ms`);
  await slow;
  assert.deepEqual(
    gateway.accessLog().map(({ aborted }) => aborted),
    [true, true, true],
  );
});

test('a second signal ends it at once', async (t) => {
  const { gateway, held } = await start(t);
  const slow = assert.rejects(curl(`${gateway.http}/slow`), /ended with (52|56)/);
  await waitFor('the request', () => held.length === 1);
  gateway.signal('SIGTERM');
  await waitFor('new connections to be refused', () => refused(gateway.httpPort));
  gateway.signal('SIGTERM');
  assert.equal(await within('the end', gateway.ended(), 5_000), 1);
  await slow;
});
