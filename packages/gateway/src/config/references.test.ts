import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { variable } from './document-node.ts';
import { maskReferences, substitute, unmaskReferences } from './references.ts';

const env = { HOST: 'example.com', EMPTY: '', NESTED: '$' + '{HOST}', UNSET: undefined };

test('references are replaced', () => {
  const vectors: [text: string, result: string][] = [
    ['#{HOST}', 'example.com'],
    ['https://#{HOST}:#{PORT:-443}/', 'https://example.com:443/'],
    ['#{HOST}#{HOST}', 'example.comexample.com'],
    ['#{EMPTY}', ''],
    ['#{EMPTY:-default}', 'default'],
    ['#{HOST:-default}', 'example.com'],
    ['#{NOPE:-}', ''],
    ['#{NOPE:-a:-b}', 'a:-b'],
    ['#{NESTED}', '#{HOST}'],
    ['$#{HOST}', '#{HOST}'],
    ['a$#{HOST}#{HOST}', 'a#{HOST}example.com'],
    ['#{HOST}$#{HOST}', 'example.com#{HOST}'],
    ['$$#{HOST}', '$#{HOST}'],
    ['$5 and $HOST {HOST}', '$5 and $HOST {HOST}'],
    ['', ''],
  ];
  for (const [text, result] of vectors) {
    const { text: replaced, problems } = substitute(dollars(text), env);
    assert.deepEqual([replaced, problems], [dollars(result), []], text);
  }
});

test('what stands for a reference is kept apart, to be hidden', () => {
  const { references } = substitute(dollars('a#{HOST}$#{X}#{Y:-z}'), env);
  assert.deepEqual(references, [
    { written: dollars('#{HOST}'), value: 'example.com' },
    { written: dollars('#{Y:-z}'), value: 'z' },
  ]);
});

test('unusable references', () => {
  const vectors: [text: string, index: number, message: RegExp][] = [
    ['#{NOPE}', 0, /^the environment variable NOPE is not set$/],
    ['$#{HOST} #{HOST} #{UNSET}', 2, /UNSET is not set/],
    ['#{constructor}', 0, /constructor is not set/],
    ['#{__proto__}', 0, /__proto__ is not set/],
    ['#{}', 0, /expected a reference/],
    ['#{1A}', 0, /expected a reference/],
    ['#{A B}', 0, /expected a reference/],
    ['#{A-default}', 0, /expected a reference/],
    ['#{HOST', 0, /expected a reference/],
    [`#{${'A'.repeat(129)}}`, 0, /expected a reference/],
    ['#{HOST}'.repeat(30_000), 23831, /at most 262144 characters/],
  ];
  for (const [text, index, message] of vectors) {
    const [problem] = substitute(dollars(text), env).problems;
    assert.ok(problem, text);
    assert.equal(problem.index, index, text.slice(0, 40));
    assert.match(problem.message, message);
  }
});

test('masked text has the same length, no bracket of a reference, and comes back', () => {
  assert.equal(maskReferences(dollars('a: #{B:-x,y}')), 'a: $\uFDD0B:-x\uFDD2y\uFDD1');
  assert.equal(maskReferences('\uFDD0'), undefined);
  const part = fc.oneof(fc.string(), fc.constantFrom('$' + '{A}', '$' + '{A:-x,y}', '$', '{', '}', ','));
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const text = parts.join('');
      const masked = maskReferences(text) ?? assert.fail();
      assert.equal(masked.length, text.length);
      assert.equal(unmaskReferences(masked), text);
      assert.doesNotMatch(masked, /\$\{A(?::-x,y)?\}/);
    }),
  );
});

test('a text without references stays as it is', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(!text.includes('$' + '{'));
      assert.deepEqual(substitute(text, env), { text, references: [], problems: [] });
    }),
  );
});

test('a variable of the real environment', () => {
  const [name, value] = Object.entries(process.env)[0] ?? assert.fail();
  assert.equal(variable(process.env, name), value);
});

/** `#{` in the vectors stands for a dollar sign and a bracket, which in quotes looks like a mistake in TypeScript. */
function dollars(text: string): string {
  return text.replaceAll('#{', '$' + '{');
}
