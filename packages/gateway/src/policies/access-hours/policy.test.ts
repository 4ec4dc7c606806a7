import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchange, preparePolicy } from '../../testing/exchange.ts';
import { accessHours } from './policy.ts';

const workdays = ['mon', 'tue', 'wed', 'thu', 'fri'];
const office = { timeZone: 'Europe/Berlin', open: [{ days: workdays, from: '08:00', to: '18:00' }] };
const night = { timeZone: 'Europe/Berlin', open: [{ days: ['fri'], from: '22:00', to: '04:00' }] };
const always = { timeZone: 'UTC', open: [{ from: '00:00', to: '24:00' }] };
const small = { timeZone: 'Europe/Berlin', open: [{ from: '02:30', to: '03:15' }] };
const holidays = { ...always, closed: ['2026-12-25'] };
const closedNight = { ...night, closed: ['2026-11-27'] };
const morningAfter = { ...night, closed: ['2026-11-28'] };

const vectors: readonly [config: object, instant: string, open: boolean][] = [
  // Summer time: Berlin is two hours ahead.
  [office, '2026-07-01T05:59:59.999Z', false],
  [office, '2026-07-01T06:00:00Z', true],
  [office, '2026-07-01T15:59:59.999Z', true],
  [office, '2026-07-01T16:00:00Z', false],
  // Winter time: one.
  [office, '2026-11-24T06:59:00Z', false],
  [office, '2026-11-24T07:00:00Z', true],
  [office, '2026-11-24T17:00:00Z', false],
  // The Friday before and the Monday after the change on 29 March.
  [office, '2026-03-27T07:00:00Z', true],
  [office, '2026-03-30T05:59:00Z', false],
  [office, '2026-03-30T06:00:00Z', true],
  // It is Saturday there already.
  [office, '2026-11-28T10:00:00Z', false],
  [
    { timeZone: 'Asia/Tokyo', open: [{ days: ['sat'], from: '00:00', to: '06:00' }] },
    '2026-11-27T20:00:00Z',
    true,
  ],
  // Over midnight: it belongs to the day on which it begins.
  [night, '2026-11-27T20:59:00Z', false],
  [night, '2026-11-27T21:00:00Z', true],
  [night, '2026-11-28T02:59:00Z', true],
  [night, '2026-11-28T03:00:00Z', false],
  [night, '2026-11-26T23:30:00Z', false],
  [night, '2026-11-28T21:30:00Z', false],
  // The hour that is not there: 02:30 is the beginning, and the clock goes from 01:59 to 03:00.
  [small, '2026-03-29T00:59:00Z', false],
  [small, '2026-03-29T01:00:00Z', true],
  [small, '2026-03-29T01:15:00Z', false],
  // The hour that is there twice.
  [small, '2026-10-25T00:29:00Z', false],
  [small, '2026-10-25T00:30:00Z', true],
  [small, '2026-10-25T01:00:00Z', false],
  [small, '2026-10-25T01:30:00Z', true],
  [small, '2026-10-25T02:15:00Z', false],
  [always, '2026-01-01T00:00:00Z', true],
  [always, '2026-01-01T23:59:59.999Z', true],
  [holidays, '2026-12-24T23:59:00Z', true],
  [holidays, '2026-12-25T00:00:00Z', false],
  [holidays, '2026-12-25T23:59:00Z', false],
  [holidays, '2026-12-26T00:00:00Z', true],
  // What would begin on a closed day does not, and what began before ends with the day.
  [closedNight, '2026-11-27T21:30:00Z', false],
  [closedNight, '2026-11-28T01:00:00Z', false],
  [morningAfter, '2026-11-27T22:59:00Z', true],
  [morningAfter, '2026-11-27T23:00:00Z', false],
  // Two windows of one day.
  [
    {
      timeZone: 'UTC',
      open: [
        { from: '08:00', to: '12:00' },
        { from: '13:00', to: '17:00' },
      ],
    },
    '2026-01-01T12:30:00Z',
    false,
  ],
  [
    {
      timeZone: 'UTC',
      open: [
        { from: '08:00', to: '12:00' },
        { from: '13:00', to: '17:00' },
      ],
    },
    '2026-01-01T13:00:00Z',
    true,
  ],
];

for (const [config, instant, open] of vectors) {
  test(`${JSON.stringify(config)} at ${instant}: ${open ? 'open' : 'closed'}`, async () => {
    const { head } = await preparePolicy(accessHours, config);
    const verdict = await head!(exchange('GET /', { receivedAt: Date.parse(instant) }));
    assert.equal(verdict === undefined, open);
    if (verdict?.kind === 'refuse') assert.equal(verdict.problem, 'hours-refused');
  });
}

test('one policy, asked from minute to minute, forwards and back', async () => {
  const { head } = await preparePolicy(accessHours, office);
  for (const [, instant, open] of vectors.filter(([config]) => config === office)) {
    const at = Date.parse(instant);
    assert.equal((await head!(exchange('GET /', { receivedAt: at }))) === undefined, open, instant);
  }
});

test('what cannot be is told', async () => {
  const wrong: readonly [config: object, message: RegExp][] = [
    [{ ...office, timeZone: 'Berlin' }, /there is no time zone/],
    [{ ...office, timeZone: '+25:00' }, /there is no time zone/],
    [{ timeZone: 'UTC', open: [] }, /open/],
    [{ timeZone: 'UTC', open: [{ from: '8:00', to: '12:00' }] }, /expected a time of the day/],
    [{ timeZone: 'UTC', open: [{ from: '24:00', to: '12:00' }] }, /expected a time of the day/],
    [{ timeZone: 'UTC', open: [{ from: '08:00', to: '08:00' }] }, /expected two times/],
    [{ timeZone: 'UTC', open: [{ days: ['monday'], from: '08:00', to: '09:00' }] }, /days/],
    [{ ...always, closed: ['2026-02-30'] }, /no such date/],
    [{ ...always, closed: ['25.12.2026'] }, /expected a date/],
  ];
  for (const [config, message] of wrong)
    await assert.rejects(preparePolicy(accessHours, config), message, JSON.stringify(config));
});
