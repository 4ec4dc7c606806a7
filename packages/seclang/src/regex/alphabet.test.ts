import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canMatchWithin } from './alphabet.ts';
import { bytesOf } from './byte-set.ts';
import { type CompiledPattern, compilePattern } from './compile.ts';
import { lengths } from './lengths.ts';
import { children, type Node, PatternError } from './syntax.ts';
import { patterns } from './testing/patterns.ts';

const within = (pattern: string, alphabet: string) =>
  canMatchWithin(compilePattern(pattern).root, bytesOf(alphabet));

test('asks whether the classes still hold something', () => {
  assert.ok(within('[a-z]+', 'a'));
  assert.ok(!within('[\'"]\\s*or', 'abcor '));
  assert.ok(within('[\'"]?\\s*or', 'abcor '));
  assert.ok(!within('a(?:<|>)', 'abc'));
  assert.ok(within('a(?:<|b)', 'abc'));
  assert.ok(!within('a(?=<)', 'abc'));
  assert.ok(within('a(?!<)', 'abc'));
  assert.ok(within('', ''));
});

test('is false only if no text of the alphabet matches', () => {
  fc.assert(
    fc.property(patterns(), alphabets, (pattern, alphabet) => {
      const compiled = attempt(pattern);
      fc.pre(compiled !== undefined);
      if (matchesSome(compiled, alphabet, 4)) assert.ok(canMatchWithin(compiled.root, bytesOf(alphabet)));
    }),
    { numRuns: 1_000 },
  );
});

test('is true only if one does, without assertions', () => {
  fc.assert(
    fc.property(patterns(true), alphabets, (pattern, alphabet) => {
      const compiled = attempt(pattern);
      // Loops and options are taken least often by the shortest match, so the bound is that of the longest branch.
      fc.pre(compiled !== undefined && longestShortest(compiled.root) <= 5);
      const said = canMatchWithin(compiled.root, bytesOf(alphabet));
      assert.equal(said, matchesSome(compiled, alphabet, 5));
    }),
    { numRuns: 1_000 },
  );
});

const alphabets = fc.constantFrom('a', 'b', 'A1', 'ab', '-', '', ' ');

/** Tries every text up to this length. */
function matchesSome(compiled: CompiledPattern, alphabet: string, longest: number): boolean {
  let round = [''];
  for (let length = 0; length <= longest; length++) {
    if (round.some((text) => compiled.test(text))) return true;
    round = round.flatMap((text) => Array.from(alphabet, (char) => text + char));
  }
  return false;
}

function attempt(pattern: string): CompiledPattern | undefined {
  try {
    return compilePattern(pattern);
  } catch (error) {
    if (error instanceof PatternError) return undefined;
    throw error;
  }
}

/** What a match takes at most if every loop runs as seldom as it may. */
function longestShortest(node: Node): number {
  if (node.kind === 'repeat') return longestShortest(node.item) * node.min;
  const below = children(node).map(longestShortest);
  if (node.kind === 'sequence') return below.reduce((sum, length) => sum + length, 0);
  return below.length > 0 ? Math.max(...below) : lengths(node).min;
}
