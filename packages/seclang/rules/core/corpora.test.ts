import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRules } from '../../src/engine/engine.ts';
import { exchange } from '../../src/engine/testing/exchange.ts';
import { compilePlainly } from '../../src/engine/testing/plain.ts';
import { coreRuleSet, coreRunner, matchedRules } from './testing/core-rules.ts';
import { attackCases, benignCases, type Case, isHeldOut } from './testing/corpora.ts';
import { sampleAt } from './testing/places.ts';

/**
 * What the rules stop and let through at level 1, of two corpora of our own. A quarter of each was held out while the rules
 * were written, and is reported apart.
 */

const run = coreRunner();
const isStopped = ({ sample }: Case): boolean => run(sample).outcome.kind !== 'pass';

interface Figure {
  right: number;
  all: number;
}

function figures(cases: readonly Case[], stops: boolean): Map<string, Figure> {
  const by = new Map<string, Figure>();
  for (const each of cases) {
    const isRight = isStopped(each) === stops;
    for (const family of [each.family, 'all']) {
      const figure = by.get(family) ?? { right: 0, all: 0 };
      by.set(family, { right: figure.right + Number(isRight), all: figure.all + 1 });
    }
  }
  return by;
}

const percent = ({ right, all }: Figure): string => `${((100 * right) / all).toFixed(1)}% of ${all}`;

const bars = [
  { name: 'attacks stopped', cases: attackCases(), stops: true, least: 0.95 },
  { name: 'ordinary requests passed', cases: benignCases('ordinary'), stops: false, least: 0.99 },
  {
    name: 'requests with code, SQL or markup passed',
    cases: benignCases('content'),
    stops: false,
    least: 0.9,
  },
] as const;

for (const { name, cases, stops, least } of bars)
  test(`${name}, at level 1`, (context) => {
    for (const [title, part] of [
      ['seen', cases.filter((each) => !isHeldOut(each))],
      ['held out', cases.filter(isHeldOut)],
    ] as const) {
      const by = figures(part, stops);
      for (const [family, figure] of by) context.diagnostic(`${title}: ${family}: ${percent(figure)}`);
      const { right, all } = by.get('all')!;
      assert.ok(right / all >= least, `${title}: ${percent({ right, all })}`);
    }
  });

test('the corpora are as large as they are meant to be', () => {
  assert.ok(attackCases().length >= 600);
  assert.ok(benignCases('ordinary').length + benignCases('content').length >= 600);
});

/** A generator of Marsaglia (xorshift32): the same bytes in each run. */
function randomBytes(length: number, seed: number): string {
  const bytes = Buffer.alloc(length);
  for (let at = 0, state = seed; at < length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state & 0xff;
  }
  return bytes.toString('latin1');
}

test('uploads of compressed bytes pass, whatever stands in them by chance', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const sample = sampleAt(
      seed % 2 === 0 ? 'upload' : 'application/octet-stream',
      randomBytes(65_536, seed),
    );
    const transaction = run(sample);
    assert.deepEqual(matchedRules(transaction), [], `seed ${seed}`);
  }
});

test('the rules find what they find evaluated plainly', () => {
  const set = coreRuleSet({ paranoiaLevel: 3 });
  const options = { budget: 60_000 };
  const [filtered, plain] = [compileRules(set, options), compilePlainly(set, options)];
  const cases = [...attackCases(), ...benignCases('ordinary'), ...benignCases('content')];
  for (const { sample } of cases.filter((_, at) => at % 9 === 0)) {
    const [one, other] = [filtered, plain].map((engine) => {
      const { outcome, matches } = exchange(engine, sample);
      return { outcome, found: matches.map(({ ruleId, variable }) => `${ruleId} ${variable}`) };
    });
    assert.deepEqual(one, other, JSON.stringify(sample));
  }
});
