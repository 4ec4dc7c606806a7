import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import fc from 'fast-check';
import { type CompiledPattern, compilePattern } from './compile.ts';
import { relaxedExpression } from './relax.ts';
import { PatternError } from './syntax.ts';
import { patterns } from './testing/patterns.ts';
import { rxOptions } from './translate.ts';

// As the gateway starts.
setFlagsFromString('--enable-experimental-regexp-engine');

test('takes what the pattern takes', () => {
  const relaxed = relaxedExpression(compilePattern('^\\s*+=\\s*+[^;]+$', rxOptions))!;
  for (const text of ['=a', ' = a b', '=  ']) assert.ok(relaxed.test(text));
  for (const text of ['a', '=', '=a;']) assert.ok(!relaxed.test(text));
  assert.ok(relaxedExpression(compilePattern('(?>a|ab)c'))!.test('abc'));
});

test('is none where something must not match, or the engine does not take it', () => {
  assert.equal(relaxedExpression(compilePattern('(?!a++)b')), undefined);
  assert.equal(relaxedExpression(compilePattern('(a)\\1')), undefined);
});

test('where it does not match, the pattern does not', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', 'A', '1', '-', ' '), { maxLength: 7 })
    .map((all) => all.join(''));
  let matches = 0;
  fc.assert(
    fc.property(patterns(), fc.array(text, { minLength: 10, maxLength: 20 }), (pattern, texts) => {
      const compiled = attempt(pattern);
      fc.pre(compiled !== undefined);
      const relaxed = relaxedExpression(compiled);
      fc.pre(relaxed !== undefined);
      for (const one of texts) {
        if (!compiled.test(one)) continue;
        matches++;
        assert.ok(relaxed.test(one), JSON.stringify(one));
      }
    }),
    { numRuns: 2_000 },
  );
  assert.ok(matches > 1_000);
});

function attempt(pattern: string): CompiledPattern | undefined {
  try {
    return compilePattern(pattern);
  } catch (error) {
    if (error instanceof PatternError) return undefined;
    throw error;
  }
}
