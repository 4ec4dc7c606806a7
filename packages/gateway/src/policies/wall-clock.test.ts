import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wallClock } from './wall-clock.ts';

const vectors: readonly [zone: string, instant: string, shown: string][] = [
  ['UTC', '2026-11-24T15:31:59.999Z', '2026-11-24 tue 15:31'],
  ['Europe/Berlin', '2026-11-24T23:30:00Z', '2026-11-25 wed 00:30'],
  // 29 March 2026: from 01:59 to 03:00.
  ['Europe/Berlin', '2026-03-29T00:59:59Z', '2026-03-29 sun 01:59'],
  ['Europe/Berlin', '2026-03-29T01:00:00Z', '2026-03-29 sun 03:00'],
  // 25 October 2026: 02:30 comes twice.
  ['Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-25 sun 02:30'],
  ['Europe/Berlin', '2026-10-25T01:30:00Z', '2026-10-25 sun 02:30'],
  ['Europe/Berlin', '2026-10-25T02:00:00Z', '2026-10-25 sun 03:00'],
  ['America/New_York', '2026-03-08T06:59:00Z', '2026-03-08 sun 01:59'],
  ['America/New_York', '2026-03-08T07:00:00Z', '2026-03-08 sun 03:00'],
  // Half an hour of summer time, and a quarter of an hour of offset.
  ['Australia/Lord_Howe', '2026-10-03T15:30:00Z', '2026-10-04 sun 02:30'],
  ['Asia/Kathmandu', '2026-01-01T00:00:00Z', '2026-01-01 thu 05:45'],
  ['Pacific/Kiritimati', '2026-12-31T10:00:00Z', '2027-01-01 fri 00:00'],
];

for (const [zone, instant, shown] of vectors) {
  test(`${instant} is ${shown} in ${zone}`, () => {
    const { date, weekday, minute } = wallClock(zone)(Date.parse(instant));
    const two = (value: number): string => String(value).padStart(2, '0');
    assert.equal(`${date} ${weekday} ${two(Math.floor(minute / 60))}:${two(minute % 60)}`, shown);
  });
}

test('the clock goes forwards and back', () => {
  const clock = wallClock('UTC');
  assert.equal(clock(Date.parse('2026-01-01T00:01:00Z')).minute, 1);
  assert.equal(clock(Date.parse('2026-01-01T00:02:00Z')).minute, 2);
  assert.equal(clock(Date.parse('2026-01-01T00:01:30Z')).minute, 1);
});

test('zones that are none', () => {
  for (const zone of ['Europe/Berln', '', 'Mars/Olympus'])
    assert.throws(() => wallClock(zone), /there is no time zone/, zone);
});
