import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { compileRules } from './engine.ts';
import { BudgetFault } from './limits.ts';
import { compileRulePattern } from './pattern.ts';
import { exchange, ruleSet } from './testing/exchange.ts';

const bounded = { isBounded: true, isTrusted: false };
const unbounded = { isBounded: false, isTrusted: false };

// As the gateway starts.
setFlagsFromString('--enable-experimental-regexp-engine');

test('long values run on the linear engine where a pattern may backtrack', () => {
  const engines = (pattern: string, safety: typeof bounded) =>
    [10, 100, 500, 5_000].map(
      (length) => compileRulePattern(pattern, safety).choose(`${'a'.repeat(length - 1)}b`).flags,
    );
  assert.deepEqual(engines('abc?d', bounded), ['', '', '', '']);
  assert.deepEqual(engines('a+b', bounded), ['', '', '', 'l']);
  assert.deepEqual(engines('a+b', unbounded), ['', '', 'l', 'l']);
  assert.deepEqual(engines('(?:a+)+b', bounded), ['', '', '', 'l']);
  assert.deepEqual(engines('(?:a+)+b', unbounded), ['', 'l', 'l', 'l']);
});

test('both engines say the same', () => {
  const { choose } = compileRulePattern('(?i)(x+)y|z+(a)?', unbounded);
  for (const end of ['xy', 'za', 'n', 'XXY']) {
    const [short, long] = [end, ' '.repeat(300) + end].map((value) => choose(value).exec(value));
    assert.deepEqual(long && [...long], short && [...short]);
  }
});

test('a value that only the backtracking engine takes is refused beyond a length, not looked at for long', () => {
  const pattern = '(a+)b\\1';
  const { choose } = compileRulePattern(pattern, bounded);
  assert.equal(choose(`${'a'.repeat(4_095)}b`).flags, '');
  assert.throws(() => choose(`${'a'.repeat(4_096)}b`), BudgetFault);
  const trusted = compileRulePattern(pattern, { ...bounded, isTrusted: true });
  assert.equal(trusted.choose(`${'a'.repeat(100_000)}b`).flags, '');
  const engine = compileRules(ruleSet(`SecRule ARGS "@rx ${pattern}" "id:1,phase:1"`));
  const { outcome } = exchange(engine, { target: `/?q=${'ab'.repeat(2_500)}` });
  assert.equal(outcome.kind === 'deny' && outcome.cause, 'budget');
  // What cannot match is not in the way, however long it is.
  assert.equal(exchange(engine, { target: `/?q=${'c'.repeat(5_000)}` }).outcome.kind, 'pass');
});
