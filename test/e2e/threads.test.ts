import assert from 'node:assert/strict';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type GatewayUnderTest, startGateway } from '../harness/gateway.ts';
import { clientFor, type Load, startLoad } from '../harness/load.ts';
import { startUpstream } from '../harness/upstream.ts';
import { waitFor } from '../harness/wait.ts';

/** A policy as a user may write one, with faults that a request sets off. */
const fuse = `
import { z } from '${import.meta.resolve('zod')}';

export const policy = {
  name: 'fuse',
  summary: 'Breaks when it is told to.',
  phase: 'head',
  schema: z.strictObject({}),
  problems: [],
  onFault: 'refuse',
  prepare() {
    return {
      head({ fields }: { fields: { get(name: string): string | undefined } }): undefined {
        const blow = fields.get('x-blow');
        if (blow === 'now') throw new Error('blown now');
        if (blow === 'later') setTimeout(() => { throw new Error('blown later'); }, 0);
        if (blow === 'rejection') void Promise.reject(new Error('blown by a promise'));
        if (blow === 'exit') setTimeout(() => process.exit(7), 0);
      },
    };
  },
};
`;

function config(origin: string, threads: number, version: string): string {
  return `
listen: { http: { port: 0, plaintext: true }, admin: { port: 0 } }
threads: ${threads}
extensions: [fuse.ts]
policies:
  authentication: none
  access-log: { to: { file: access.log } }
  headers: { response: { set: { x-version: ${version} } } }
  fuse: {}
apis: { shop: { upstream: { targets: ['${origin}'] } } }
`;
}

async function start(t: TestContext, threads = 2): Promise<GatewayUnderTest & { readonly origin: string }> {
  const { origin } = await startUpstream(t);
  const gateway = await startGateway(t, {
    config: config(origin, threads, 'first'),
    files: { 'fuse.ts': fuse },
  });
  return { ...gateway, origin };
}

const replaced = 'portcullis_threads_replaced_total';

/** Requests that were answered since some moment, so that a wait sees traffic and not only time. */
function more(load: Load, count: number): () => boolean {
  const from = load.answered();
  return () => load.answered() >= from + count;
}

test('a fault that a policy throws is one refused request, and no thread is replaced', async (t) => {
  const gateway = await start(t);
  const agent = clientFor(t, { connections: 1 });
  const { statusCode, body } = await agent.request({
    origin: gateway.http,
    path: '/',
    method: 'GET',
    headers: { 'x-blow': 'now' },
  });
  assert.equal(statusCode, 500);
  const text = await body.text();
  assert.match(text, /policy-fault/);
  assert.doesNotMatch(text, /blown|fuse\.ts/);
  await waitFor('the fault in the log', () => /fault in fuse.*blown now/.test(gateway.log()));
  assert.equal(await gateway.metric(replaced), 0);
});

for (const [blow, message, threads] of [
  ['later', 'blown later', 2],
  ['rejection', 'blown by a promise', 1],
] as const) {
  test(`a policy that fails on its own (${blow}) costs one thread of ${threads}, and no request`, async (t) => {
    const gateway = await start(t, threads);
    // A new connection for each request shows whether somebody always listens. The kernel resets what waits to be
    // accepted at the moment when a socket closes, which an attempt more at once makes up for; a gap it would not.
    const visits = startLoad(t, { origin: gateway.http, connections: 4, reset: true, retries: 2 });
    // No attempt after the first: whatever breaks is a failure.
    const load = startLoad(t, { origin: gateway.http, connections: 32 });
    await waitFor('traffic', more(load, 200));

    const agent = clientFor(t, { connections: 1 });
    const trigger = await agent.request({
      origin: gateway.http,
      path: '/',
      method: 'GET',
      headers: { 'x-blow': blow },
    });
    assert.equal(trigger.statusCode, 200, 'the request that set it off is answered as well');
    await trigger.body.text();

    await waitFor('the thread to be replaced', async () => (await gateway.metric(replaced)) === 1);
    await waitFor('the old thread to be gone, and a new one to be there', async () => {
      const there = await threadsOf(gateway);
      return there.length === threads && there.at(-1) === threads + 1;
    });
    await waitFor('more traffic', more(load, 500));
    await Promise.all([load.stop(), visits.stop()]);
    assert.deepEqual(load.failures(), []);
    assert.deepEqual(visits.failures(), []);
    assert.equal(await gateway.metric(replaced), 1);
    assert.match(
      gateway.log(),
      new RegExp(`data thread [12] is replaced, as nothing caught this: .*${message}`),
    );

    // What the old thread counted and logged before it ended is not lost.
    const all = load.answered() + visits.answered() + 1;
    assert.equal(await gateway.metric('portcullis_requests_total{api="shop",status="200"}'), all);
    await waitFor('all records', () => gateway.accessLog().length === all);
  });
}

test('a thread that is gone at once is replaced; who asks again gets an answer', async (t) => {
  const gateway = await start(t);
  const load = startLoad(t, { origin: gateway.http, connections: 32, retries: 3 });
  await waitFor('traffic', more(load, 200));
  const agent = clientFor(t, { connections: 1 });
  await agent
    .request({ origin: gateway.http, path: '/', method: 'GET', headers: { 'x-blow': 'exit' } })
    .then(({ body }) => body.dump())
    .catch(() => 'its connection may end with the thread');
  await waitFor('the thread to be replaced', async () => (await gateway.metric(replaced)) === 1);
  await waitFor('two threads that listen', async () => (await threadsOf(gateway)).includes(3));
  await waitFor('more traffic', more(load, 500));
  await load.stop();
  assert.deepEqual(load.failures(), []);
  assert.match(gateway.log(), /data thread [12] died and is replaced/);

  const fresh = startLoad(t, { origin: gateway.http, connections: 32 });
  await waitFor('traffic on new connections', more(fresh, 200));
  await fresh.stop();
  assert.deepEqual(fresh.failures(), []);
  assert.equal((await gateway.askAdmin('/readyz')).status, 200);
});

test('every thread may die, one after the other', async (t) => {
  const gateway = await start(t);
  for (let deaths = 1; deaths <= 4; deaths++) {
    const agent = clientFor(t, { connections: 1 });
    await agent
      .request({ origin: gateway.http, path: '/', method: 'GET', headers: { 'x-blow': 'exit' } })
      .then(({ body }) => body.dump())
      .catch(() => 'its connection may end with the thread');
    await waitFor(`replacement ${deaths}`, async () => (await threadsOf(gateway)).includes(2 + deaths));
    assert.equal(await gateway.metric(replaced), deaths);
  }
  const load = startLoad(t, { origin: gateway.http, connections: 8 });
  await waitFor('traffic', more(load, 100));
  await load.stop();
  assert.deepEqual(load.failures(), []);
});

test('a thread that starts during a reload ends up with what was reloaded', async (t) => {
  const gateway = await start(t);
  const file = join(gateway.folder, 'portcullis.yaml');
  // In place, of the same size and with the same time, so that no reload follows because the file changed: it would
  // mend what this test is about.
  const write = (version: string): void => {
    writeFileSync(file, config(gateway.origin, 2, version));
    utimesSync(file, 1_000_000_000, 1_000_000_000);
  };
  const reloads = (): number => gateway.log().match(/the configuration is reloaded/g)?.length ?? 0;
  write('first');
  await waitFor('the change to be noticed', () => reloads() === 1);

  const agent = clientFor(t, { connections: 1 });
  await agent
    .request({ origin: gateway.http, path: '/', method: 'GET', headers: { 'x-blow': 'exit' } })
    .then(({ body }) => body.dump())
    .catch(() => 'its connection may end with the thread');
  await waitFor('the death', () => /died and is replaced/.test(gateway.log()));
  write('other');
  assert.equal(await gateway.reload(), 'reloaded');

  // Connections of which the new thread has its share, once it listens.
  let load: Load | undefined;
  await waitFor('the new thread to take connections', async () => {
    await load?.stop();
    load = startLoad(t, { origin: gateway.http, connections: 16 });
    await waitFor('traffic', more(load, 100));
    return (await gateway.metric('portcullis_connections{thread="3"}')) > 0;
  });
  const late = startLoad(t, { origin: gateway.http, connections: 16, reset: true });
  await waitFor('traffic', more(late, 200));
  await late.stop();
  assert.deepEqual(late.failures(), []);
  assert.deepEqual([...late.seen('x-version').keys()], ['other']);
  assert.equal(reloads(), 2);
});

/** Numbers of the threads that run. */
async function threadsOf(gateway: GatewayUnderTest): Promise<number[]> {
  const { text } = await gateway.askAdmin('/metrics');
  return [...text.matchAll(/^portcullis_connections\{thread="(\d+)"\}/gm)].map(([, id]) => Number(id));
}
