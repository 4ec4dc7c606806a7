import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare, readDifferences } from './comparison.ts';
import { files, type Outcome, outcomesOf } from './vectors.ts';

const folder = process.env['PORTCULLIS_JOSE_CORPUS'];
const skip = folder === undefined ? 'PORTCULLIS_JOSE_CORPUS names no folder of JOSE vectors' : false;

for (const file of files) {
  test(`every vector of ${file} comes out as expected, or is argued`, { skip }, () => {
    const outcomes = outcomesOf(folder!, file);
    assert.ok(outcomes.length > 20, `${outcomes.length} vectors`);
    assert.ok(outcomes.some(({ actual }) => actual === 'valid'));
    assert.deepEqual(compare(file, outcomes, readDifferences()).faults, []);
  });

  test(`no vector of ${file} that is bad passes`, { skip }, () => {
    const passed = outcomesOf(folder!, file).filter(
      ({ expected, actual }) => expected === 'invalid' && actual === 'valid',
    );
    assert.deepEqual(passed, []);
  });
}

const file = 'json_web_key_test.json';
const outcome = (
  id: number,
  expected: Outcome['expected'],
  actual: Outcome['actual'],
  reason = '',
): Outcome => ({
  file,
  id,
  what: 'x',
  expected,
  actual,
  reason,
});
const listed = (reason: string, ...ids: number[]) => ({ because: 'so', reason, of: { [file]: ids } });

test('what nobody expected is a fault, in both directions', () => {
  const of = (outcomes: Outcome[], ...differences: ReturnType<typeof listed>[]): number =>
    compare(file, outcomes, differences).faults.length;
  assert.equal(of([outcome(1, 'valid', 'valid'), outcome(2, 'invalid', 'invalid', 'r')]), 0);
  assert.equal(of([outcome(1, 'valid', 'invalid', 'r')]), 1, 'a difference that is not listed');
  assert.equal(of([outcome(1, 'invalid', 'valid')]), 1, 'a bad one that passes');
  assert.equal(of([outcome(1, 'valid', 'invalid', 'r')], listed('r', 1)), 0);
  assert.equal(of([outcome(1, 'valid', 'invalid', 's')], listed('r', 1)), 1, 'for another reason');
  assert.equal(of([outcome(1, 'valid', 'valid')], listed('r', 1)), 1, 'a pass that is listed');
  assert.equal(of([], listed('r', 1)), 1, 'no such vector');
  assert.equal(of([outcome(1, 'valid', 'invalid', 'r')], listed('r', 1), listed('r', 1)), 1, 'twice');
});
