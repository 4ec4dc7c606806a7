import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadRules } from '../load.ts';
import { type Engine, RuleFault } from './compile.ts';
import { compileRules } from './engine.ts';
import { exchanges, ruleTexts } from './testing/arbitrary.ts';
import { type Exchange, exchange, exchangeInSteps } from './testing/exchange.ts';
import { compilePlainly } from './testing/plain.ts';

test('the filtered evaluation finds what the plain one finds', () => {
  let matches = 0;
  fc.assert(
    fc.property(ruleTexts, fc.array(exchanges, { minLength: 1, maxLength: 4 }), (text, requests) => {
      const engines = both(text);
      fc.pre(engines !== undefined);
      // Several, as values are remembered and collections live on.
      for (const request of requests) {
        const plain = seen(engines.plain, request);
        assert.deepEqual(seen(engines.filtered, request), plain);
        assert.deepEqual(seen(engines.stepwise, request, exchangeInSteps), plain);
        matches += plain.matches.length;
      }
    }),
    { numRuns: 1_500 },
  );
  assert.ok(matches > 2_000, `only ${matches} matches were compared`);
});

/** Undefined where the rules do not come together. */
function both(text: string): { filtered: Engine; stepwise: Engine; plain: Engine } | undefined {
  const loaded = loadRules([{ text, name: 'random.conf' }]);
  if (!loaded.ok) return undefined;
  try {
    const options = { now: () => 1_000_000, budget: 60_000 };
    return {
      filtered: compileRules(loaded.ruleSet, options),
      stepwise: compileRules(loaded.ruleSet, options),
      plain: compilePlainly(loaded.ruleSet, options),
    };
  } catch (error) {
    if (error instanceof RuleFault) return undefined;
    throw error;
  }
}

function seen(engine: Engine, request: Exchange, run = exchange) {
  const { outcome, matches, matchCount, members, fault } = run(engine, request);
  return { outcome, matches, matchCount, members, fault: fault?.message };
}
