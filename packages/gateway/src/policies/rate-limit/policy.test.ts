import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { api, environment, exchange, preparePolicy, principal } from '../../testing/exchange.ts';
import { rateLimit } from './policy.ts';

const burst = { name: 'burst', by: 'address', quota: 3, window: '1s' };
const plan = { name: 'plan', by: 'api', quota: 5, window: '1h' };

function from(clientAddress: string) {
  return exchange('GET /orders', { clientAddress });
}

test('up to the quota passes, the rest is refused until it is refilled', async () => {
  const within = environment();
  const { head } = await preparePolicy(rateLimit, [burst], within);
  for (const left of [2, 1, 0]) {
    const request = from('192.0.2.1');
    assert.equal(await head!(request), undefined);
    assert.equal(request.added.get('ratelimit'), `"burst";r=${left};t=1`);
  }
  const refused = from('192.0.2.1');
  assert.deepEqual(await head!(refused), {
    kind: 'refuse',
    problem: 'quota-exceeded',
    detail: 'The limit "burst" of 3 requests in 1 s is used up.',
    reason: 'limit burst',
    fields: ['retry-after', '1'],
    members: { 'violated-policies': ['burst'] },
  });
  assert.equal(refused.added.get('ratelimit'), '"burst";r=0;t=1');
  assert.equal(await head!(from('192.0.2.2')), undefined, 'others are not concerned');
  within.advance(334);
  assert.equal(await head!(from('192.0.2.1')), undefined);
  assert.notEqual(await head!(from('192.0.2.1')), undefined);
});

test('Retry-After tells when the same request would pass', async () => {
  const within = environment();
  const { head } = await preparePolicy(rateLimit, [{ ...plan, quota: 1 }], within);
  await head!(from('192.0.2.1'));
  within.advance(1_000_500);
  const verdict = await head!(from('192.0.2.1'));
  assert.ok(verdict?.kind === 'refuse');
  assert.deepEqual(verdict.fields, ['retry-after', '2600']);
  within.advance(2_600_000);
  assert.equal(await head!(from('192.0.2.1')), undefined);
});

test('a refused request takes from no limit, and the fields say so', async () => {
  const within = environment();
  const { head } = await preparePolicy(rateLimit, [plan, burst], within);
  for (let i = 0; i < 3; i++) assert.equal(await head!(from('192.0.2.1')), undefined);
  for (let i = 0; i < 10; i++) {
    const request = from('192.0.2.1');
    const verdict = await head!(request);
    assert.ok(verdict?.kind === 'refuse');
    assert.deepEqual(verdict.members, { 'violated-policies': ['burst'] });
    assert.match(request.added.get('ratelimit')!, /^"plan";r=2;t=\d+, "burst";r=0;t=1$/);
  }
  for (let i = 0; i < 2; i++) assert.equal(await head!(from('192.0.2.2')), undefined, 'plan still had two');
  const verdict = await head!(from('192.0.2.2'));
  assert.ok(verdict?.kind === 'refuse');
  assert.deepEqual(verdict.members, { 'violated-policies': ['plan'] });
});

test('all or none, whatever the order of limits and requests', async () => {
  const names = ['a', 'b', 'c'];
  const quotas = fc.tuple(
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 5 }),
  );
  await fc.assert(
    fc.asyncProperty(quotas, async (each) => {
      const limits = each.map((quota, i) => ({ name: names[i], by: 'api', quota, window: '1h' }));
      const { head } = await preparePolicy(rateLimit, limits);
      let passed = 0;
      for (let i = 0; i < 8; i++) if ((await head!(from('192.0.2.1'))) === undefined) passed++;
      assert.equal(passed, Math.min(...each));
      const last = from('192.0.2.1');
      await head!(last);
      const left = [...last.added.get('ratelimit')!.matchAll(/"(\w)";r=(\d+)/g)].map(([, name, r]) => [
        name,
        Number(r),
      ]);
      for (const [name, remaining] of left)
        assert.equal(remaining, each[names.indexOf(name as string)]! - passed);
    }),
    { numRuns: 50 },
  );
});

test('limits run as soon as their keys are known', async () => {
  const both = await preparePolicy(rateLimit, [burst, { ...plan, by: 'principal' }]);
  assert.deepEqual(Object.keys(both).sort(), ['head', 'rate']);
  const alice = exchange('GET /', { principal: principal({ subject: 'alice' }) });
  assert.equal(await both.head!(alice), undefined);
  assert.equal(await both.rate!(alice), undefined);
  assert.equal(alice.added.getAll('ratelimit').length, 1);
  assert.match(alice.added.get('ratelimit')!, /^"burst";r=2;t=1, "plan";r=4;t=720$/);
  assert.deepEqual(Object.keys(await preparePolicy(rateLimit, [burst])), ['head']);
  assert.deepEqual(Object.keys(await preparePolicy(rateLimit, [{ ...burst, by: 'client' }])), ['rate']);
});

test('a limit that does not concern the request takes nothing and says nothing', async () => {
  const { rate } = await preparePolicy(rateLimit, [
    { ...burst, by: 'key', quota: 1 },
    { ...burst, name: 'p', by: 'principal' },
  ]);
  const request = exchange('GET /', { principal: principal() });
  assert.equal(await rate!(request), undefined);
  assert.equal(request.added.get('ratelimit'), '"p";r=2;t=1');
  assert.equal(await rate!(exchange('GET /', { principal: principal() })), undefined);
});

/** One counter for two rates would let the shorter window wipe the debt of the longer one. */
test('a limit of the same name for one operation does not reset that of the API', async () => {
  const within = environment();
  const hourly = await preparePolicy(rateLimit, [{ ...burst, quota: 2, window: '1h' }], within);
  const short = await preparePolicy(rateLimit, [{ ...burst, quota: 1, window: '1s' }], within);
  await hourly.head!(from('192.0.2.1'));
  await hourly.head!(from('192.0.2.1'));
  await short.head!(from('192.0.2.1'));
  await short.head!(from('192.0.2.1'));
  within.advance(2_000);
  assert.notEqual(await hourly.head!(from('192.0.2.1')), undefined);
});

test('a reload keeps the counts', async () => {
  const within = environment();
  const before = await preparePolicy(rateLimit, [{ ...burst, quota: 1 }], within);
  await before.head!(from('192.0.2.1'));
  const after = await preparePolicy(rateLimit, { limits: [{ ...burst, quota: 1 }] }, within);
  assert.notEqual(await after.head!(from('192.0.2.1')), undefined);
});

test('the addresses of one /64 share a count', async () => {
  const { head } = await preparePolicy(rateLimit, [{ ...burst, quota: 1 }]);
  assert.equal(await head!(from('2001:db8::1')), undefined);
  assert.notEqual(await head!(from('2001:db8:0:0:ffff::2')), undefined);
  assert.equal(await head!(from('2001:db8:0:1::1')), undefined);
  assert.equal(await head!(from('192.0.2.1')), undefined);
  assert.notEqual(await head!(from('::ffff:192.0.2.1')), undefined);
  assert.equal(await head!(from('::ffff:192.0.2.2')), undefined);
});

test('in monitor the verdict is the same, and the caller is told nothing', async () => {
  const { head } = await preparePolicy(rateLimit, { mode: 'monitor', limits: [{ ...burst, quota: 1 }] });
  await head!(from('192.0.2.1'));
  const request = from('192.0.2.1');
  const verdict = await head!(request);
  assert.ok(verdict?.kind === 'refuse');
  assert.deepEqual(request.added.flat, []);
});

test('what cannot be kept is told', async () => {
  for (const limit of [
    { ...burst, quota: 0 },
    { ...burst, window: '0s' },
    { ...burst, quota: 1.5 },
    { ...burst, name: 'a"b' },
    { ...burst, by: [] },
  ]) {
    await assert.rejects(preparePolicy(rateLimit, [limit]), JSON.stringify(limit));
  }
});

/** What belongs to a caller. */
const own = (quota: number, window: number, counter = 'k_1') => ({
  ...{ name: `key/${window}ms`, quota, window, counter },
});

const keysAccepted = { authenticators: { partners: { apiKey: {} } } };

function by(...limits: ReturnType<typeof own>[]) {
  return exchange('GET /orders', { principal: principal({ kind: 'api-key', client: 'k_1', limits }) });
}

test('limits that a caller brings along are kept, whatever else there is', async () => {
  const within = environment(keysAccepted);
  const { rate } = await preparePolicy(rateLimit, [burst], within);
  const limits = [own(2, 1_000), own(3, 3_600_000)];
  for (const left of [1, 0]) {
    const request = by(...limits);
    assert.equal(await rate!(request), undefined);
    assert.match(
      request.added.get('ratelimit')!,
      new RegExp(`^"key/1000ms";r=${left};t=1, "key/3600000ms";`),
    );
    assert.equal(request.added.get('ratelimit-policy'), '"key/1000ms";q=2;w=1, "key/3600000ms";q=3;w=3600');
  }
  const refused = by(...limits);
  assert.deepEqual(await rate!(refused), {
    kind: 'refuse',
    problem: 'quota-exceeded',
    detail: 'The limit "key/1000ms" of 2 requests in 1 s is used up.',
    reason: 'limit key/1000ms',
    fields: ['retry-after', '1'],
    members: { 'violated-policies': ['key/1000ms'] },
  });
  within.advance(1_000);
  assert.equal(await rate!(by(...limits)), undefined);
  within.advance(1_000);
  const hourly = await rate!(by(...limits));
  assert.ok(hourly?.kind === 'refuse' && hourly.reason === 'limit key/3600000ms');
  assert.equal(await rate!(by(own(3, 3_600_000, 'k_2'))), undefined, 'another key has a count of its own');
});

test('they are taken from together with the limits of the API, or not at all', async () => {
  const { rate } = await preparePolicy(
    rateLimit,
    [{ name: 'plan', by: 'principal', quota: 3, window: '1h' }],
    environment(keysAccepted),
  );
  const limit = own(1, 3_600_000);
  assert.equal(await rate!(by(limit)), undefined);
  for (let i = 0; i < 5; i++) {
    const request = by(limit);
    const verdict = await rate!(request);
    assert.ok(verdict?.kind === 'refuse' && verdict.reason === `limit ${limit.name}`);
    assert.match(request.added.get('ratelimit')!, /^"plan";r=2;/);
  }
});

test('one count for all APIs, and each of those who vouch for a request has its own', async () => {
  const within = environment(keysAccepted);
  const [first, second] = await Promise.all(
    ['a', 'b'].map((name) => rateLimit.prepare([], { ...within, api: api(name) })),
  );
  const limit = own(2, 3_600_000);
  assert.equal(await first!.rate!(by(limit)), undefined);
  assert.equal(await second!.rate!(by(limit)), undefined);
  const person = principal({ also: [principal({ kind: 'api-key', limits: [limit] })] });
  const verdict = await first!.rate!(exchange('GET /', { principal: person }));
  assert.ok(verdict?.kind === 'refuse' && verdict.problem === 'quota-exceeded');
  assert.equal(
    await first!.rate!(exchange('GET /', { principal: principal({ also: [principal()] }) })),
    undefined,
  );
  assert.equal(await first!.rate!(exchange('GET /')), undefined);
});

test('it runs by itself where keys are accepted, and does nothing where nobody can bring a limit', async () => {
  const context = { hasDefinition: true, isOpen: false };
  assert.deepEqual(rateLimit.byDefault?.({ ...context, acceptsKeys: true }), []);
  assert.equal(rateLimit.byDefault?.({ ...context, acceptsKeys: false }), undefined);
  assert.deepEqual(Object.keys(await rateLimit.prepare([], environment(keysAccepted))), ['rate']);
  assert.deepEqual(Object.keys(await rateLimit.prepare([], environment())), []);
});
