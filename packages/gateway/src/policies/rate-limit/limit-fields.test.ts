import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environment, exchange, type TestExchange } from '../../testing/exchange.ts';
import { limitFields } from './limit-fields.ts';
import { compileLimits } from './limits.ts';

const [burst, plan, blink] = compileLimits(
  [
    { name: 'burst', by: 'address', quota: 20, window: 1000 },
    { name: 'plan', by: 'principal', quota: 1000, window: 3_600_000 },
    { name: 'blink', by: 'address', quota: 2, window: 100 },
  ],
  environment(),
);

type Settings = Parameters<typeof limitFields>[0];

function told(
  settings: Settings,
  ...remaining: readonly [limit: typeof burst, remaining: number, resetSeconds: number][]
): TestExchange['added'] {
  const request = exchange();
  const tell = limitFields(settings);
  for (const [limit, left, resetSeconds] of remaining) {
    tell(request, limit!, { allowed: left > 0, remaining: left, resetSeconds, retryAfterSeconds: 0 });
  }
  return request.added;
}

test('one limit', () => {
  assert.deepEqual(told({}, [burst, 19, 1]).flat, [
    'ratelimit-policy',
    '"burst";q=20;w=1',
    'ratelimit',
    '"burst";r=19;t=1',
    'x-ratelimit-limit',
    '20',
    'x-ratelimit-remaining',
    '19',
    'x-ratelimit-reset',
    '1',
  ]);
});

test('several limits are one list; the older fields show the one that is nearest to its end', () => {
  for (const order of [
    [
      [burst, 19, 1],
      [plan, 3, 40],
    ] as const,
    [
      [plan, 3, 40],
      [burst, 19, 1],
    ] as const,
  ]) {
    const fields = told(
      {},
      ...order.map(([limit, left, reset]) => [limit, left, reset] as [typeof burst, number, number]),
    );
    assert.deepEqual(fields.get('ratelimit')?.split(', ').sort(), ['"burst";r=19;t=1', '"plan";r=3;t=40']);
    assert.deepEqual(fields.get('ratelimit-policy')?.split(', ').sort(), [
      '"burst";q=20;w=1',
      '"plan";q=1000;w=3600',
    ]);
    assert.deepEqual(fields.flat.slice(4), [
      'x-ratelimit-limit',
      '1000',
      'x-ratelimit-remaining',
      '3',
      'x-ratelimit-reset',
      '40',
    ]);
  }
});

/** RFC 9651: a list of strings with integers for parameters. */
const listForm = /^"[a-z0-9-]+"(;[a-z]=[0-9]{1,15})+(, "[a-z0-9-]+"(;[a-z]=[0-9]{1,15})+)*$/;

test('the lists are structured fields', () => {
  const fields = told({}, [burst, 0, 1], [plan, 999, 3600], [blink, 1, 1]);
  assert.match(fields.get('ratelimit')!, listForm);
  assert.match(fields.get('ratelimit-policy')!, listForm);
  assert.match(fields.get('ratelimit-policy')!, /"blink";q=2;w=1/, 'a window is a whole number of seconds');
});

test('what is sent can be chosen', () => {
  const names = (settings: Settings): readonly string[] =>
    told(settings, [burst, 1, 1]).flat.filter((_, i) => i % 2 === 0);
  assert.deepEqual(names({ legacy: 'none' }), ['ratelimit-policy', 'ratelimit']);
  assert.deepEqual(names({ standard: false, legacy: 'X-Rate-Limit-' }), [
    'x-rate-limit-limit',
    'x-rate-limit-remaining',
    'x-rate-limit-reset',
  ]);
  assert.deepEqual(names({ standard: false, legacy: 'none' }), []);
});
