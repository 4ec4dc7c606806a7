import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { ApiKeyStore } from '../../packages/gateway/src/stores/api-keys.ts';
import type { NewApiKey } from '../../packages/gateway/src/stores/key-record.ts';
import { makeKey } from '../../packages/gateway/src/stores/key-text.ts';
import { type CurlReply, curl } from '../harness/curl.ts';
import { type GatewayUnderTest, startGateway } from '../harness/gateway.ts';
import { clientFor } from '../harness/load.ts';
import type { Owner } from '../harness/owner.ts';
import { startUpstream, type UpstreamUnderTest } from '../harness/upstream.ts';
import { waitFor } from '../harness/wait.ts';

/** API keys in the query, wrong in every way that there is, and above their limits. */

const definition = JSON.stringify({
  openapi: '3.1.0',
  info: { title: 'Shop', version: '1' },
  paths: {
    '/orders': {
      get: {
        parameters: [{ name: 'page', in: 'query', schema: { type: 'string' } }],
        responses: { 200: { description: 'OK' } },
      },
    },
  },
});

const parameter = 'partner';

function config(origin: string): string {
  return `
listen: { http: { port: 0, plaintext: true }, admin: { port: 0 } }
threads: 2
authenticators:
  queries: { apiKey: { query: ${parameter} } }
  fields: { apiKey: {} }
policies:
  authorization: { undeclared: authenticated }
  access-log: { to: { file: access.log } }
apis:
  both:
    basePath: /both
    upstream: { targets: ['${origin}'] }
    policies: { authentication: { anyOf: [queries, fields] } }
  defined:
    basePath: /defined
    openapi: shop.json
    upstream: { targets: ['${origin}'] }
    policies: { authentication: { anyOf: [queries] } }
    operations: { GET /orders: { policies: { authentication: { anyOf: [fields] } } } }
  watched:
    basePath: /watched
    upstream: { targets: ['${origin}'] }
    policies: { authentication: { mode: monitor, anyOf: [queries] }, authorization: off }
  shown:
    basePath: /shown
    openapi: shop.json
    upstream: { targets: ['${origin}'] }
    policies: { authentication: { anyOf: [queries] } }
`;
}

interface Started {
  readonly gateway: GatewayUnderTest;
  readonly upstream: UpstreamUnderTest;
  readonly store: ApiKeyStore;
}

async function start(owner: Owner, now?: () => number): Promise<Started> {
  const upstream = await startUpstream(owner);
  const gateway = await startGateway(owner, {
    config: config(upstream.origin),
    files: { 'shop.json': definition },
  });
  const store = new ApiKeyStore(join(gateway.folder, '.portcullis'), now === undefined ? {} : { now });
  owner.after(() => store.close());
  return { gateway, upstream, store };
}

const plain: NewApiKey = { name: 'partner', subject: 'acme', scopes: [], roles: [] };

async function records(gateway: GatewayUnderTest, count: number): Promise<string> {
  await waitFor('the records', () => gateway.accessLog().length >= count);
  return JSON.stringify(gateway.accessLog());
}

test('a key in the query stays at the gateway', async (t) => {
  const { gateway, upstream, store } = await start(t);
  const { key } = store.create(plain);
  const encoded = `%${key.charCodeAt(0).toString(16)}${key.slice(1)}`;
  const vectors: readonly [target: string, forwarded: string][] = [
    [`/both?${parameter}=${key}`, '/both'],
    [`/both?a=%41&&${parameter}=${key}&b=+&c`, '/both?a=%41&&b=+&c'],
    [`/both?%70artner=${key}&a=1`, '/both?a=1'],
    [`/both?${parameter}=${encoded}`, '/both'],
    [`/shown/orders?page=2&${parameter}=${key}`, '/shown/orders?page=2'],
    // Nobody is turned away here; what is no good, or there twice, is still a key.
    [`/watched?${parameter}=${key}&${parameter}=${key}&a=%ff`, '/watched?a=%ff'],
    [`/watched?%70artner=${key}x`, '/watched'],
  ];
  for (const [target, forwarded] of vectors) {
    const reply = await curl(`${gateway.http}${target}`);
    assert.equal(reply.status, 200, `${target}: ${reply.body}`);
    assert.equal(upstream.requests.at(-1)?.url, forwarded, target);
    // What cannot be told apart is no credential, and the reply says nothing of one.
    if (!target.startsWith('/watched')) assert.equal(reply.fields.get('cache-control'), 'no-store', target);
  }
  const log = await records(gateway, vectors.length);
  assert.equal(log.includes(key.slice(4, 20)), false);
  assert.equal(JSON.stringify(upstream.requests.map(({ rawHeaders }) => rawHeaders)).includes(key), false);
});

test('nor is it told by the address of a page, or with a WebSocket', async (t) => {
  const { gateway, upstream, store } = await start(t);
  const { key } = store.create(plain);
  const pages: readonly [referer: string, forwarded: string | undefined][] = [
    [`https://shop.example/?${parameter}=${key}`, undefined],
    [`https://shop.example/a?b&%70artner=${key}#c`, undefined],
    ['https://shop.example/?page=1', 'https://shop.example/?page=1'],
  ];
  for (const [referer, forwarded] of pages) {
    const reply = await curl('-H', `referer: ${referer}`, `${gateway.http}/both?${parameter}=${key}`);
    assert.equal(reply.status, 200, reply.body);
    assert.equal(upstream.requests.at(-1)?.headers.referer, forwarded);
  }

  const asked = once(upstream.server, 'upgrade') as Promise<[IncomingMessage, Duplex]>;
  const socket = new WebSocket(`${gateway.http.replace('http', 'ws')}/both?a=1&${parameter}=${key}`);
  socket.on('error', () => {});
  const [handshake, connection] = await asked;
  connection.destroy();
  socket.terminate();
  assert.equal(handshake.url, '/both?a=1');
  assert.equal(JSON.stringify(handshake.rawHeaders).includes(key), false);
});

test('nor is it recorded where it is no key, or the wrong API', async (t) => {
  const { gateway } = await start(t);
  const targets = [
    `/both?${parameter}=hunter2hunter2`,
    `/nowhere?x=1&%70artner=hunter2hunter2`,
    `/defined/orders?${parameter}=hunter2hunter2`,
  ];
  for (const target of targets) assert.ok((await curl(`${gateway.http}${target}`)).status >= 400, target);
  const log = await records(gateway, targets.length);
  assert.match(log, /partner=\*\*\*/);
  assert.equal(log.includes('hunter2'), false);
});

test('two credentials are 400, however they are written', async (t) => {
  const { gateway, upstream, store } = await start(t);
  const { key } = store.create(plain);
  const other = store.create(plain).key;
  const vectors: readonly (readonly [target: string, ...more: string[]])[] = [
    [`/both?${parameter}=${key}`, '-H', `x-api-key: ${key}`],
    [`/both?${parameter}=${key}`, '-H', `x-api-key: ${other}`],
    [`/both?${parameter}=x`, '-H', `x-api-key: ${key}`],
    [`/both?${parameter}`, '-H', `x-api-key: ${key}`],
    [`/both?%70artner=${key}`, '-H', `x-api-key: ${key}`],
    [`/both?${parameter}=${key}&${parameter}=${key}`],
    [`/both?${parameter}=${key}&%70artner=${other}`],
    [`/both?${parameter}=${key}&${parameter}`],
    [`/both?${parameter}=${key}&a=%ff`],
    [`/both?%FFpartner=${key}`],
  ];
  for (const [target, ...more] of vectors) {
    const reply = await curl(...more, `${gateway.http}${target}`);
    assert.equal(reply.status, 400, target);
    assert.match(reply.body, /credential-ambiguous/, target);
  }
  assert.equal(upstream.requests.length, 0);
  const log = await records(gateway, vectors.length);
  for (const each of [key, other]) assert.equal(log.includes(each.slice(4, 20)), false);
});

test('a definition knows the parameter only where it carries a key', async (t) => {
  const { gateway, upstream, store } = await start(t);
  const { key } = store.create(plain);
  // This operation takes keys from a field alone: in the query it would go to the upstream.
  const reply = await curl('-H', `x-api-key: ${key}`, `${gateway.http}/defined/orders?${parameter}=${key}`);
  assert.equal(reply.status, 400);
  assert.match(reply.body, /parameters-invalid/);
  assert.equal(upstream.requests.length, 0);
});

test('however a key is wrong, the caller is told the same; the record tells it apart', async (t) => {
  const clock = { now: Date.now() - 60_000 };
  const { gateway, upstream, store } = await start(t, () => clock.now);
  const expired = store.create({ ...plain, expiresAt: clock.now + 1_000 }).key;
  clock.now = Date.now();
  const revoked = store.create(plain);
  store.revoke(revoked.id);
  const rotated = store.create(plain);
  const { key: present } = store.rotate(rotated.id, { overlap: 0 })!;
  const checked = store.create(plain).key;
  const wrong: readonly [reason: string, key: string][] = [
    ['key-expired', expired],
    ['key-revoked', revoked.key],
    ['key-superseded', rotated.key],
    ['key-address', store.create({ ...plain, addresses: ['203.0.113.0/24'] }).key],
    ['key-unknown', makeKey()],
    ['key-malformed', `${checked.slice(0, -1)}${checked.endsWith('0') ? '1' : '0'}`],
    ['key-malformed', 'x'],
    ['key-malformed', ''],
  ];
  const told = ({ status, body, fields }: CurlReply): string => {
    const { requestId: _, ...problem } = JSON.parse(body) as Record<string, unknown>;
    const constant = [...fields].filter(([name]) => name !== 'date' && name !== 'x-request-id');
    return JSON.stringify([status, problem, constant]);
  };
  const byField = new Set<string>();
  const byQuery = new Set<string>();
  for (const [, key] of wrong) {
    // Without a value curl would leave the field out.
    const field = key === '' ? 'x-api-key;' : `x-api-key: ${key}`;
    byField.add(told(await curl('-H', field, `${gateway.http}/both`)));
    byQuery.add(told(await curl(`${gateway.http}/both?${parameter}=${key}`)));
  }
  assert.equal(byField.size, 1, [...byField].join('\n'));
  assert.equal(byQuery.size, 1, [...byQuery].join('\n'));
  assert.match([...byField].join(), /^\[401,.*credential-invalid/);
  assert.equal(upstream.requests.length, 0);
  await records(gateway, wrong.length * 2);
  const reasons = gateway.accessLog().map(({ refusal }) => (refusal as { reason: string }).reason);
  assert.deepEqual(
    reasons.toSorted(),
    wrong.flatMap(([reason]) => [`fields: ${reason}`, `queries: ${reason}`]).toSorted(),
  );
  assert.equal((await curl('-H', `x-api-key: ${present}`, `${gateway.http}/both`)).status, 200);
});

test('the limit of a key is exact over threads and APIs', async (t) => {
  const { gateway, upstream, store } = await start(t);
  const quota = 40;
  const { key } = store.create({
    ...plain,
    limits: [
      { quota, window: 3_600_000 },
      { quota: 5_000, window: 86_400_000 },
    ],
  });
  const agent = clientFor(t, { connections: 30 });
  const ask = async (path: string) => {
    const { statusCode, headers, body } = await agent.request({ origin: gateway.http, path, method: 'GET' });
    await body.text();
    return { statusCode, headers };
  };
  const replies = await Promise.all(
    Array.from({ length: 3 * quota }, (_, i) =>
      ask(i % 2 === 0 ? `/both?${parameter}=${key}` : `/shown/orders?${parameter}=${key}`),
    ),
  );
  const passed = replies.filter(({ statusCode }) => statusCode === 200);
  const refused = replies.filter(({ statusCode }) => statusCode === 429);
  assert.deepEqual([passed.length, refused.length, upstream.requests.length], [quota, 2 * quota, quota]);
  assert.equal(passed[0]!.headers['ratelimit-policy'], `"key/1h";q=${quota};w=3600, "key/1d";q=5000;w=86400`);
  assert.match(String(passed[0]!.headers['ratelimit']), /^"key\/1h";r=\d+;t=\d+, "key\/1d";r=\d+;t=\d+$/);
  for (const { headers } of refused) {
    assert.ok(Number(headers['retry-after']) > 0);
    assert.match(String(headers['ratelimit']), /^"key\/1h";r=0;/);
  }
  for (const thread of [1, 2])
    assert.ok((await gateway.metric(`portcullis_connections{thread="${thread}"}`)) > 0, `thread ${thread}`);
  // Whoever has no limit has none of it.
  const free = await ask(`/both?${parameter}=${store.create(plain).key}`);
  assert.deepEqual([free.statusCode, free.headers['ratelimit']], [200, undefined]);
});

test('when a key was used is written by the time that the gateway ends, and not by refusals', async (t) => {
  const { gateway, store } = await start(t);
  const [used, foreign] = [store.create(plain), store.create({ ...plain, addresses: ['203.0.113.0/24'] })];
  const before = Date.now();
  for (const { key } of [used, foreign]) await curl(`${gateway.http}/both?${parameter}=${key}`);
  const { key: next } = store.rotate(used.id, { overlap: 60_000 })!;
  await curl(`${gateway.http}/both?${parameter}=${next}`);
  assert.equal(await gateway.stop(), 0);
  assert.ok(store.get(used.id)!.usedAt! >= before);
  assert.equal(store.get(foreign.id)!.usedAt, undefined);
  assert.ok(!/cannot be written/.test(gateway.log()), gateway.log());
});

test('without a key store none is made', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, {
    config: config(upstream.origin),
    files: { 'shop.json': definition },
  });
  assert.equal((await curl(`${gateway.http}/both?${parameter}=${makeKey()}`)).status, 401);
  await gateway.stop();
  const store = new ApiKeyStore(join(gateway.folder, '.portcullis'), { readOnly: true });
  assert.deepEqual(store.list(), []);
  assert.equal(existsSync(join(gateway.folder, '.portcullis', 'portcullis.db')), false);
});
