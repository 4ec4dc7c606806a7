import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { asNumberOrBoolean, editDistance, likeliestBranch, nearest, validate } from './suggest.ts';

test('nearest name', () => {
  const known = ['upstream', 'basePath', 'rate-limit', 'hosts', 'by', 'waf'];
  const vectors: [string, string | undefined][] = [
    ['upstrem', 'upstream'],
    ['upsteram', 'upstream'],
    ['upstreamms', 'upstream'],
    ['basepath', 'basePath'],
    ['base_path', 'basePath'],
    ['rateLimit', 'rate-limit'],
    ['host', 'hosts'],
    ['BY', 'by'],
    ['bu', undefined],
    ['wfa', 'waf'],
    ['cors', undefined],
    ['upstream', undefined],
    ['', undefined],
    ['x'.repeat(100), undefined],
  ];
  for (const [written, expected] of vectors) assert.equal(nearest(written, known), expected, written);
  assert.equal(nearest('abcx', ['abcd', 'abce']), 'abcd', 'of equals the first');
});

test('edit distance', () => {
  const vectors: [string, string, number][] = [
    ['', '', 0],
    ['', 'abc', 3],
    ['abc', 'abc', 0],
    ['abc', 'acb', 1],
    ['abc', 'ab', 1],
    ['kitten', 'sitting', 3],
    ['ca', 'abc', 3],
  ];
  for (const [a, b, expected] of vectors) assert.equal(editDistance(a, b), expected, `${a} ${b}`);
  const word = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b);
      assert.equal(distance, editDistance(b, a));
      assert.ok(distance <= Math.max(a.length, b.length));
      assert.ok(distance >= Math.abs(a.length - b.length));
      assert.equal(distance === 0, a === b);
    }),
  );
});

test('text as a number or a boolean', () => {
  const vectors: [string, number | boolean | undefined][] = [
    ['8080', 8080],
    ['-1.5e3', -1500],
    ['+.5', 0.5],
    ['true', true],
    ['False', false],
    ['yes', undefined],
    ['', undefined],
    ['1 ', undefined],
    ['0x10', undefined],
    ['Infinity', undefined],
    ['1'.repeat(65), undefined],
  ];
  for (const [text, expected] of vectors) assert.equal(asNumberOrBoolean(text), expected, text);
});

test('likeliest branch', () => {
  const options = [
    z.enum(['none', 'all']),
    z.strictObject({ type: z.literal('a'), size: z.number() }),
    z.strictObject({
      type: z.literal('b'),
      name: z.string(),
      deep: z.strictObject({ x: z.number() }).optional(),
    }),
    z.array(z.string()),
  ];
  const vectors: [unknown, number][] = [
    [{ type: 'a', name: 'x' }, 1],
    [{ type: 'b', nam: 'x' }, 2],
    [{ type: 'b', name: 'x', deep: { y: 1 } }, 2],
    [{ size: 1 }, 1],
    [{ name: 5 }, 2],
    [[1, 2, 3], 3],
  ];
  for (const [value, expected] of vectors) {
    const issues = options.map((option) => validate(option, value).error?.issues ?? []);
    assert.equal(likeliestBranch(issues), expected, JSON.stringify(value));
  }
});
