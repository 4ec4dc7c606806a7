import assert from 'node:assert/strict';
import { test } from 'node:test';
import { curl } from '../harness/curl.ts';
import { startGateway } from '../harness/gateway.ts';
import { clientFor } from '../harness/load.ts';
import { startUpstream } from '../harness/upstream.ts';

const quota = 60;

function config(origin: string, limits: string): string {
  return `
listen: { http: { port: 0, plaintext: true }, admin: { port: 0 } }
threads: 2
policies: { authentication: none, rate-limit: ${limits} }
apis: { shop: { upstream: { targets: ['${origin}'] } } }
`;
}

const hourly = `{ name: hourly, by: address, quota: ${quota}, window: 1h }`;

test('a quota is exact across data threads, whatever comes at once', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { config: config(upstream.origin, `[${hourly}]`) });
  const agent = clientFor(t, { connections: 45 });
  const statuses = await Promise.all(
    Array.from({ length: 3 * quota }, async () => {
      const { statusCode, body } = await agent.request({ origin: gateway.http, path: '/', method: 'GET' });
      await body.text();
      return statusCode;
    }),
  );
  assert.equal(statuses.filter((status) => status === 200).length, quota);
  assert.equal(statuses.filter((status) => status === 429).length, 2 * quota);
  assert.equal(upstream.requests.length, quota, 'what is refused reaches no upstream');
  // Both threads had a part in it: connections are open still.
  for (const thread of [1, 2])
    assert.ok((await gateway.metric(`portcullis_connections{thread="${thread}"}`)) > 0, `thread ${thread}`);
  const refusals = 'portcullis_refusals_total{api="shop",policy="rate-limit",problem="quota-exceeded"}';
  assert.equal(await gateway.metric(refusals), 2 * quota);
});

test('replies say what is left, and refusals when to come again', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, {
    config: config(upstream.origin, '[{ name: minute, by: address, quota: 2, window: 1m }]'),
  });
  const first = await curl(`${gateway.http}/`);
  assert.equal(first.status, 200);
  assert.equal(first.fields.get('ratelimit-policy'), '"minute";q=2;w=60');
  assert.match(first.fields.get('ratelimit') ?? '', /^"minute";r=1;t=\d+$/);
  assert.equal(first.fields.get('x-ratelimit-limit'), '2');
  assert.equal(first.fields.get('x-ratelimit-remaining'), '1');
  assert.match(first.fields.get('x-ratelimit-reset') ?? '', /^\d+$/);
  assert.equal(first.fields.has('retry-after'), false);

  assert.equal((await curl(`${gateway.http}/`)).status, 200);
  const refused = await curl(`${gateway.http}/`);
  assert.equal(refused.status, 429);
  const retryAfter = Number(refused.fields.get('retry-after'));
  // Half a window for each of the two.
  assert.ok(Number.isInteger(retryAfter) && retryAfter > 0 && retryAfter <= 30, `retry-after ${retryAfter}`);
  assert.match(refused.fields.get('ratelimit') ?? '', /^"minute";r=0;t=\d+$/);
  assert.equal(refused.fields.get('x-ratelimit-remaining'), '0');
  assert.equal(refused.fields.get('content-type'), 'application/problem+json');
  const problem = JSON.parse(refused.body) as Record<string, unknown>;
  assert.equal(problem['status'], 429);
  assert.deepEqual(problem['violated-policies'], ['minute']);
});

test('the older fields can be spelled otherwise, or left out', async (t) => {
  const upstream = await startUpstream(t);
  const limits = (fields: string): string => `{ limits: [${hourly}], fields: ${fields} }`;
  const gateway = await startGateway(t, {
    config: config(upstream.origin, limits('{ legacy: X-Rate-Limit- }')),
  });
  const spelled = await curl(`${gateway.http}/`);
  assert.equal(spelled.fields.get('x-rate-limit-limit'), String(quota));
  assert.equal(spelled.fields.has('x-ratelimit-limit'), false);
  assert.equal(
    await gateway.reload(config(upstream.origin, limits('{ legacy: none, standard: false }'))),
    'reloaded',
  );
  const silent = await curl(`${gateway.http}/`);
  assert.deepEqual(
    [...silent.fields.keys()].filter((name) => name.includes('rate')),
    [],
  );
});
