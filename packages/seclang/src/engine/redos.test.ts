import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { coreRules } from '../core.ts';
import { loadRules } from '../load.ts';
import type { RuleSet } from '../model/rule.ts';
import { constantText } from '../parse/macro.ts';
import { pumped } from '../regex/testing/pumps.ts';
import { BudgetFault } from './limits.ts';
import { compileRulePattern, type RulePattern } from './pattern.ts';
import { coreRuleSet, coreRuleSetMissing } from './testing/core-rule-set.ts';

// As the gateway starts.
setFlagsFromString('--enable-experimental-regexp-engine');
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');

/** Below the length from which a value is long, and well above it. */
const lengths = [1_000, 16_000];
const mostTexts = 16;

/** Of processor time; an engine that takes a power of the length, or worse, would take seconds. */
const mostMilliseconds = 100;

const made = [
  '(?:a+)+b',
  '(a|a)*b',
  '(?:a*)*b',
  'a*a*a*a*b',
  '(?i)select.*?from.*?where.*?=.*?;',
  '^(?:\\w+\\s*)+$',
  '(?:[^"]|\\\\")*"x',
  '(\\w+)\\s*=\\s*\\1z',
  '(?>a+)+b++c',
];

test('patterns made to backtrack are bounded', () => {
  for (const pattern of made) check(pattern);
});

test('each pattern of the Core Rule Set is', { skip: coreRuleSetMissing ?? false }, () => {
  checkAll(coreRuleSet(), 150);
});

test('each pattern of the built-in rules is, at every level', () => {
  const files = {
    read: (path: string) => readFileSync(path, 'latin1'),
    list: (pattern: string) => globSync(pattern).sort(),
  };
  const loaded = loadRules(coreRules({ paranoiaLevel: 3 }), { files });
  assert.ok(loaded.ok);
  checkAll(loaded.ruleSet, 60);
});

/** Of the phases that look at requests. */
function checkAll({ phases }: RuleSet, least: number): void {
  const links = [...phases[1], ...phases[2]].flatMap((rule) => rule.links);
  const patterns = links.flatMap(({ operator }) =>
    operator.name === 'rx' ? (constantText(operator.argument) ?? []) : [],
  );
  assert.ok(patterns.length > least, `${patterns.length}`);
  for (const pattern of new Set(patterns)) check(pattern);
}

function check(source: string): void {
  const pattern = compileRulePattern(source, { isBounded: true, isTrusted: false });
  for (const length of lengths)
    for (const text of pumped(pattern.compiled.root, length, mostTexts)) {
      // Other work on the machine, and V8 when it compiles, are not what is measured.
      let least = taken(pattern, text);
      for (let again = 0; again < 3 && least > mostMilliseconds; again++)
        least = Math.min(least, taken(pattern, text));
      assert.ok(least <= mostMilliseconds, `${least} ms for ${text.slice(0, 60)} by ${source.slice(0, 200)}`);
    }
}

function taken({ choose }: RulePattern, text: string): number {
  const start = process.threadCpuUsage();
  try {
    choose(text).test(text);
  } catch (error) {
    // The outcome that is declared for a value that no engine may run.
    if (!(error instanceof BudgetFault)) throw error;
  }
  const { user, system } = process.threadCpuUsage(start);
  return (user + system) / 1_000;
}
