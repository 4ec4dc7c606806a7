import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { applicable, compare, type Difference, readDifferences } from './comparison.ts';
import { isReached, rateLine } from './rates.ts';
import type { Outcome } from './suite.ts';
import { rateSuites, suites } from './suites.ts';

const corpora = process.env['PORTCULLIS_CORPORA'];

for (const suite of suites) {
  const folder = corpora === undefined ? undefined : join(corpora, suite.corpus);
  const isThere = folder !== undefined && existsSync(folder);
  const skip = isThere ? (suite.missing ?? false) : `PORTCULLIS_CORPORA names no folder with ${suite.corpus}`;
  test(`${suite.name}: every vector comes out as expected, or is argued`, { skip }, async (t) => {
    t.after(() => suite.close?.());
    const differences = readDifferences(suite.name);
    const parts = suite.parts(folder!);
    for (const difference of differences)
      for (const part of Object.keys(difference.of)) assert.ok(parts.includes(part), part);
    for (const part of parts) {
      const outcomes = await suite.outcomes(folder!, part);
      assert.ok(outcomes.length > 0, part);
      assert.deepEqual(compare(part, outcomes, differences).faults, []);
    }
  });
}

for (const suite of rateSuites) {
  const folder = corpora === undefined ? undefined : join(corpora, suite.corpus);
  const isThere = folder !== undefined && existsSync(folder);
  const skip = isThere ? false : `PORTCULLIS_CORPORA names no folder with ${suite.corpus}`;
  test(`${suite.name}: as much comes out right as is meant to`, { skip }, () => {
    const rates = suite.rates(folder!, {});
    assert.ok(rates.length > 0);
    for (const rate of rates) assert.ok(isReached(rate), rateLine(rate));
  });
}

const part = 'keys';
const outcome = (
  id: number,
  expected: Outcome['expected'],
  actual: Outcome['actual'],
  reason = '',
): Outcome => ({
  id,
  what: 'x',
  expected,
  actual,
  reason,
});
const listed = (reason: string, ...ids: number[]): Difference => ({
  because: 'so',
  reason,
  of: { [part]: ids },
});

test('what nobody expected is a fault, in both directions', () => {
  const of = (outcomes: Outcome[], ...differences: Difference[]): number =>
    compare(part, outcomes, differences).faults.length;
  assert.equal(of([outcome(1, 'valid', 'valid'), outcome(2, 'invalid', 'invalid', 'r')]), 0);
  assert.equal(of([outcome(1, 'valid', 'invalid', 'r')]), 1, 'a difference that is not listed');
  assert.equal(of([outcome(1, 'invalid', 'valid')]), 1, 'a bad one that passes');
  assert.equal(of([outcome(1, 'either', 'valid'), outcome(2, 'either', 'invalid', 'r')]), 0);
  assert.equal(of([outcome(1, 'valid', 'invalid', 'r')], listed('r', 1)), 0);
  assert.equal(of([outcome(1, 'valid', 'invalid', 's')], listed('r', 1)), 1, 'for another reason');
  assert.equal(of([outcome(1, 'valid', 'valid')], listed('r', 1)), 1, 'a pass that is listed');
  assert.equal(of([], listed('r', 1)), 1, 'no such vector');
  assert.equal(of([outcome(1, 'valid', 'invalid', 'r')], listed('r', 1), listed('r', 1)), 1, 'twice');
});

test('with other vectors, differences count that are there in the same way, and no others', () => {
  const outcomes = [
    outcome(1, 'valid', 'invalid', 'r'),
    outcome(2, 'valid', 'invalid', 's'),
    outcome(3, 'valid', 'valid'),
  ];
  const { different, faults } = compare(
    part,
    outcomes,
    applicable(part, outcomes, [listed('r', 1, 2, 3, 4)]),
  );
  assert.deepEqual(
    different.map(({ id }) => id),
    [1],
  );
  assert.equal(faults.length, 1, 'the other that fails');
});
