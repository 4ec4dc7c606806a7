import assert from 'node:assert/strict';
import { describe as suite, test } from 'node:test';
import fc from 'fast-check';
import { boundTat, describe, gcra, prepareRate, REFUSED, refund, TICKS_PER_SECOND } from './gcra.ts';

const S = TICKS_PER_SECOND;

suite('prepareRate', () => {
  for (const [quota, window] of [
    [0, 1],
    [1.5, 1],
    [-1, 1],
    [Number.NaN, 1],
    [1, 0],
    [1, -1],
    [1, Number.NaN],
    [1, 367 * 86_400],
    [2_000_000, 1],
  ] as const) {
    test(`refuses ${quota} per ${window} s`, () => {
      assert.throws(() => prepareRate(quota, window), RangeError);
    });
  }
});

suite('gcra', () => {
  // quota 4 per 2 s: one back each half second
  const rate = prepareRate(4, 2);
  const table = [
    // what, tat - now, cost | next - now, remaining, reset, retry
    ['full, one', 0, 1, 0.5, 3, 1, 0],
    ['full, all', 0, 4, 2, 0, 2, 0],
    ['full, more than the quota', 0, 5, REFUSED, 4, 0, 1],
    ['empty, one', 2, 1, REFUSED, 0, 2, 1],
    ['empty, all', 2, 4, REFUSED, 0, 2, 2],
    ['a looking take when empty', 2, 0, 2, 0, 2, 0],
    ['half, two', 1, 2, 2, 0, 2, 0],
    ['half, three', 1, 3, REFUSED, 2, 1, 1],
    ['almost one back', 1.75, 1, REFUSED, 0, 2, 1],
    ['state in the past', -100, 1, 0.5, 3, 1, 0],
    ['state of another, larger window', 1000, 1, REFUSED, 0, 2, 1],
    ['empty, more than the quota', 2, 9, REFUSED, 0, 2, 2],
  ] as const;
  for (const [what, ahead, cost, expected, remaining, resetSeconds, retryAfterSeconds] of table) {
    test(what, () => {
      const now = 1000 * S;
      const next = gcra(rate, now + ahead * S, now, cost);
      const allowed = next !== REFUSED;
      assert.equal(allowed ? (next - now) / S : REFUSED, expected);
      assert.deepEqual(describe(rate, allowed ? next : now + ahead * S, now, cost, allowed), {
        allowed,
        remaining,
        resetSeconds,
        retryAfterSeconds,
      });
    });
  }
});

const anyRate = fc
  .tuple(fc.integer({ min: 1, max: 2000 }), fc.double({ min: 0.01, max: 100_000, noNaN: true }))
  .filter(([quota, window]) => quota / window <= 1_000_000)
  .map(([quota, window]) => prepareRate(quota, window));
const anyNow = fc.integer({ min: 1, max: 2 ** 50 });
const step = fc.record({ wait: fc.integer({ min: 0, max: 2 * S }), cost: fc.integer({ min: 1, max: 4 }) });

suite('gcra, properties', () => {
  test('exactly the quota at once, and never more than quota + refilled', () => {
    fc.assert(
      fc.property(anyRate, anyNow, fc.integer({ min: 0, max: 100 * S }), (rate, start, elapsed) => {
        let tat = 0;
        let now = start;
        let allowed = 0;
        for (let i = 0; i < 2 * rate.quota + 1; i++) {
          if (i === rate.quota + 1) {
            assert.equal(allowed, rate.quota);
            now += elapsed;
          }
          const next = gcra(rate, tat, now, 1);
          if (next === REFUSED) continue;
          tat = next;
          allowed++;
        }
        assert.equal(allowed, rate.quota + Math.min(rate.quota, Math.floor(elapsed / rate.emission)));
      }),
      { numRuns: 200 },
    );
  });

  test('remaining, reset and retry-after say what then happens', () => {
    fc.assert(
      fc.property(anyRate, anyNow, fc.array(step, { maxLength: 40 }), (rate, start, steps) => {
        let tat = 0;
        let now = start;
        for (const { wait, cost } of steps) {
          now += wait;
          const next = gcra(rate, tat, now, cost);
          const allowed = next !== REFUSED;
          if (allowed) tat = next;
          const said = describe(rate, tat, now, cost, allowed);
          if (said.remaining > 0) assert.notEqual(gcra(rate, tat, now, said.remaining), REFUSED);
          assert.equal(gcra(rate, tat, now, said.remaining + 1), REFUSED);
          assert.equal(boundTat(rate, tat, now + said.resetSeconds * S), now + said.resetSeconds * S);
          if (!allowed && cost <= rate.quota) {
            assert.notEqual(gcra(rate, tat, now + said.retryAfterSeconds * S, cost), REFUSED);
          }
          assert.equal(said.retryAfterSeconds > 0, !allowed);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('a refund never leaves more than there would be without the take', () => {
    const arrivals = fc.array(step, { maxLength: 20 });
    fc.assert(
      fc.property(anyRate, anyNow, arrivals, step, arrivals, (rate, start, before, taken, after) => {
        let now = start;
        let without = 0;
        for (const { wait, cost } of before) {
          now += wait;
          without = Math.max(without, gcra(rate, without, now, cost));
        }
        const takenAt = now;
        let tat = gcra(rate, without, now, taken.cost);
        fc.pre(tat !== REFUSED);
        for (const { wait, cost } of after) {
          now += wait;
          const next = gcra(rate, tat, now, cost);
          if (next === REFUSED) continue;
          tat = next;
          without = gcra(rate, without, now, cost);
        }
        now += taken.wait;
        const left = refund(rate, tat, now, taken.cost, takenAt);
        assert.ok(Math.max(left, now) >= Math.max(without, now));
        assert.ok(left <= tat);
      }),
      { numRuns: 500 },
    );
  });

  test('a refund at once restores the state', () => {
    const rate = prepareRate(10, 10);
    const now = 5000 * S;
    for (const tat of [now, now + 3 * S]) {
      assert.equal(refund(rate, gcra(rate, tat, now, 2), now, 2, now), tat);
    }
  });
});
