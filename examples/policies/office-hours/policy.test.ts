import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environment, exchange, preparePolicy } from 'portcullis/testing';
import { policy } from './policy.ts';

const hours = { open: '09:00', close: '17:30' };

/** @param now such as 2026-03-04T12:00:00Z, which is a Wednesday */
async function decide(config: object, now: string, line = 'POST /orders'): Promise<string | undefined> {
  const { head } = await preparePolicy(policy, config, environment({ now: () => Date.parse(now) }));
  const verdict = await head!(exchange(line));
  if (verdict === undefined) return undefined;
  assert.equal(verdict.kind, 'refuse');
  return verdict.kind === 'refuse' ? verdict.detail : undefined;
}

const closed = 'This is accepted from 09:00 to 17:30 UTC.';
const cases: readonly (readonly [what: string, config: object, now: string, detail: string | undefined])[] = [
  ['in the middle of the day', hours, '2026-03-04T12:00:00Z', undefined],
  ['at the first minute', hours, '2026-03-04T09:00:00Z', undefined],
  ['before it', hours, '2026-03-04T08:59:59Z', closed],
  ['in the last minute', hours, '2026-03-04T17:29:59Z', undefined],
  ['after it', hours, '2026-03-04T17:30:00Z', closed],
  ['on a Saturday', hours, '2026-03-07T12:00:00Z', closed],
  ['on a Saturday that is listed', { ...hours, days: ['Sat'] }, '2026-03-07T12:00:00Z', undefined],
  [
    'in another time zone',
    { ...hours, timeZone: 'America/New_York' },
    '2026-03-04T12:00:00Z',
    'This is accepted from 09:00 to 17:30 America/New_York.',
  ],
  ['in summer time', { ...hours, timeZone: 'Europe/Berlin' }, '2026-07-01T07:00:00Z', undefined],
  [
    'at the same hour in winter time',
    { ...hours, timeZone: 'Europe/Berlin' },
    '2026-01-07T07:00:00Z',
    'This is accepted from 09:00 to 17:30 Europe/Berlin.',
  ],
];
for (const [what, config, now, detail] of cases) {
  test(`a change ${what} is ${detail === undefined ? 'accepted' : 'refused'}`, async () => {
    assert.equal(await decide(config, now), detail);
  });
}

test('reading is possible at any time', async () => {
  assert.equal(await decide(hours, '2026-03-04T03:00:00Z', 'GET /orders'), undefined);
});

test('the doors close while the gateway runs', async () => {
  let now = Date.parse('2026-03-04T17:29:30Z');
  const { head } = await preparePolicy(policy, hours, environment({ now: () => now }));
  assert.equal(await head!(exchange('POST /orders')), undefined);
  now += 30_000;
  assert.notEqual(await head!(exchange('POST /orders')), undefined);
});

test('what cannot be meant is refused before it runs', async () => {
  await assert.rejects(
    preparePolicy(policy, { open: '18:00', close: '9:00' }),
    /expected a time such as 08:30/,
  );
  await assert.rejects(
    preparePolicy(policy, { open: '18:00', close: '09:00' }),
    /close to be later than open/,
  );
  await assert.rejects(preparePolicy(policy, { ...hours, timeZone: 'Mars/Olympus' }), /time zone/);
});
