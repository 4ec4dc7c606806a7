import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { curl } from '../harness/curl.ts';
import { type GatewayUnderTest, startGateway } from '../harness/gateway.ts';
import { clientFor } from '../harness/load.ts';
import type { Owner } from '../harness/owner.ts';
import { startUpstream } from '../harness/upstream.ts';

async function start(owner: Owner): Promise<GatewayUnderTest> {
  const upstream = await startUpstream(owner, (request, reply) => {
    request.resume();
    reply.statusCode = request.url === '/orders/9' ? 500 : 200;
    reply.end('0123456789');
  });
  return startGateway(owner, {
    config: `
listen: { http: { port: 0, plaintext: true }, admin: { port: 0 } }
threads: 2
policies: { authentication: none }
apis:
  orders:
    hosts: [orders.example]
    openapi: openapi.yaml
    upstream: { targets: ['${upstream.origin}'] }
  gone:
    hosts: [gone.example]
    upstream: { targets: ['http://127.0.0.1:1'], retries: 0 }
  watched:
    hosts: [watched.example]
    upstream: { targets: ['${upstream.origin}'] }
    policies: { ip-access: { mode: monitor, deny: [127.0.0.1] } }
`,
    files: {
      'openapi.yaml': `
openapi: 3.1.0
info: { title: Orders, version: '1' }
paths:
  /orders/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    get: { operationId: getOrder, responses: { '200': { description: ok } } }
    put:
      operationId: putOrder
      requestBody: { content: { text/plain: {} } }
      responses: { '200': { description: ok } }
`,
    },
  });
}

test('metrics are what happened', async (t) => {
  const gateway = await start(t);
  const ask = (host: string, path: string, ...more: readonly string[]) =>
    curl(...more, '-H', `host: ${host}`, `${gateway.http}${path}`);
  for (let i = 0; i < 7; i++) assert.equal((await ask('orders.example', '/orders/1')).status, 200);
  assert.equal((await ask('orders.example', '/orders/9')).status, 500);
  for (let i = 0; i < 2; i++) assert.equal((await ask('orders.example', '/orders/x')).status, 400);
  const put = ['-X', 'PUT', '-H', 'content-type: text/plain', '-d', 'four'];
  assert.equal((await ask('orders.example', '/orders/2', ...put)).status, 200);
  assert.equal((await ask('gone.example', '/')).status, 502);
  assert.equal((await ask('watched.example', '/')).status, 200);
  for (let i = 0; i < 3; i++) assert.equal((await ask('nobody.example', '/')).status, 404);

  const { status, text } = await gateway.askAdmin('/metrics');
  assert.equal(status, 200);
  const expected = {
    'portcullis_requests_total{api="orders",status="200"}': 8,
    'portcullis_requests_total{api="orders",status="500"}': 1,
    'portcullis_requests_total{api="orders",status="400"}': 2,
    'portcullis_requests_total{api="gone",status="502"}': 1,
    'portcullis_requests_total{api="watched",status="200"}': 1,
    'portcullis_requests_total{api="",status="404"}': 3,
    'portcullis_refusals_total{api="orders",policy="openapi-validation",problem="parameters-invalid"}': 2,
    'portcullis_refusals_total{api="",policy="routing",problem="api-unknown"}': 3,
    'portcullis_observed_refusals_total{api="watched",policy="ip-access",problem="address-refused"}': 1,
    'portcullis_upstream_errors_total{api="gone",code="ECONNREFUSED"}': 1,
    'portcullis_request_duration_seconds_count{api="orders"}': 11,
    'portcullis_request_duration_seconds_bucket{api="orders",le="+Inf"}': 11,
    'portcullis_upstream_duration_seconds_count{api="orders"}': 9,
    'portcullis_request_bytes_total{api="orders"}': 4,
    'portcullis_reply_bytes_total{api="watched"}': 10,
    portcullis_threads_replaced_total: 0,
    'portcullis_reloads_total{outcome="succeeded"}': 0,
    portcullis_log_lines_dropped_total: 0,
    portcullis_rate_limit_evictions_total: 0,
  };
  const samples = samplesIn(text);
  for (const [name, value] of Object.entries(expected)) assert.equal(samples.get(name), value, name);
  assert.ok(samples.get('portcullis_request_duration_seconds_sum{api="orders"}')! > 0);
  for (const thread of [1, 2]) {
    const delay = samples.get(`portcullis_event_loop_delay_seconds{thread="${thread}",quantile="0.99"}`)!;
    assert.ok(delay > 0 && delay < 10, `event loop delay ${delay}`);
  }
});

test('what clients make up does not make more samples', async (t) => {
  const gateway = await start(t);
  const agent = clientFor(t, { connections: 8 });
  const odd = (): string => randomBytes(6).toString('hex');

  async function roam(): Promise<void> {
    await Promise.all(
      Array.from({ length: 150 }, async (_, i) => {
        const { body } = await agent.request({
          origin: gateway.http,
          path: i % 3 === 0 ? `/orders/${i}` : `/${odd()}/${odd()}?${odd()}=${odd()}`,
          method: (i % 5 === 0 ? 'PROPFIND' : i % 7 === 0 ? 'M-SEARCH' : 'GET') as 'GET',
          headers: {
            host: i % 2 === 0 ? 'orders.example' : `${odd()}.example`,
            'user-agent': odd(),
            'x-request-id': odd(),
            [`x-${odd()}`]: odd(),
          },
        });
        await body.text();
      }),
    );
  }

  await roam();
  const before = [...samplesIn((await gateway.askAdmin('/metrics')).text).keys()];
  await roam();
  const samples = samplesIn((await gateway.askAdmin('/metrics')).text);
  assert.deepEqual([...samples.keys()].toSorted(), before.toSorted());
  let requests = 0;
  for (const [name, value] of samples) if (name.startsWith('portcullis_requests_total')) requests += value;
  assert.equal(requests, 300);
});

test('the page is what Prometheus reads', async (t) => {
  const gateway = await start(t);
  await curl('-H', 'host: orders.example', `${gateway.http}/orders/1`);
  const reply = await fetch(`${gateway.admin}/metrics`);
  assert.equal(reply.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  const lines = (await reply.text()).trimEnd().split('\n');
  const typed = new Set<string>();
  for (const line of lines) {
    const type = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line);
    if (type !== null) {
      assert.equal(typed.has(type[1]!), false, `${type[1]} comes twice`);
      typed.add(type[1]!);
    } else if (!line.startsWith('# HELP ')) {
      const sample = /^([a-z_]+)(\{[a-z]+="[^"\n]*"(,[a-z]+="[^"\n]*")*\})? [0-9.e+-]+$/.exec(line);
      assert.ok(sample, line);
      assert.ok(typed.has(sample[1]!) || typed.has(sample[1]!.replace(/_(bucket|sum|count)$/, '')), line);
    }
  }
  assert.ok(typed.size > 10);
});

test('health is told, and nothing else is there', async (t) => {
  const gateway = await start(t);
  assert.deepEqual(await gateway.askAdmin('/healthz'), { status: 200, text: 'ok\n' });
  assert.deepEqual(await gateway.askAdmin('/readyz'), { status: 200, text: 'ready\n' });
  assert.equal((await gateway.askAdmin('/')).status, 404);
  assert.equal((await curl('-X', 'POST', `${gateway.admin}/metrics`)).status, 405);
  // The ports of the API do not have it.
  assert.equal((await curl(`${gateway.http}/metrics`)).status, 404);
  assert.equal((await curl(`${gateway.http}/healthz`)).status, 404);
});

test('a page of another site that resolves to this machine reads nothing (DNS rebinding)', async (t) => {
  const gateway = await start(t);
  const asked = async (host: string): Promise<number> =>
    (await curl('-H', `host: ${host}`, `${gateway.admin}/metrics`)).status;
  const port = gateway.adminPort;
  for (const host of [
    `evil.example:${port}`,
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1',
    '',
  ])
    assert.ok([400, 421].includes(await asked(host)), host);
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`])
    assert.equal(await asked(host), 200, host);
});

function samplesIn(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split('\n').filter((each) => each !== '' && !each.startsWith('#'))) {
    const space = line.lastIndexOf(' ');
    samples.set(line.slice(0, space), Number(line.slice(space + 1)));
  }
  return samples;
}
