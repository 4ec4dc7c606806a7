import fc from 'fast-check';

/** Pieces of small patterns over few letters, so that random texts do match them. */
const atoms = [
  'a',
  'b',
  'A',
  '1',
  '-',
  '.',
  '[ab]',
  '[^a]',
  '\\w',
  '\\W',
  '\\d',
  '\\s',
  '[[:alpha:]]',
  '(?i)',
];
const assertions = ['^', '$', '\\b', '\\B', '\\A', '\\z', '\\Z'];
const quantifiers = ['', '', '', '', '*', '+', '?', '*?', '+?', '??', '{2}', '{1,2}', '*+', '++'];
const openings = ['(', '(?:', '(?i:', '(?s:'];
const closedOpenings = [...openings, '(?>', '(?=', '(?!', '(?<!'];

/** Patterns that PCRE and we take, mostly. @param pure without assertions, look-around and atomic groups */
export function patterns(pure = false): fc.Arbitrary<string> {
  const atom = fc.constantFrom(...atoms, ...(pure ? [] : assertions));
  const quantifier = fc.constantFrom(...(pure ? quantifiers.slice(0, -2) : quantifiers));
  return fc
    .letrec<{ pattern: string; piece: string }>((tie) => ({
      pattern: fc
        .array(
          fc.array(tie('piece'), { minLength: 1, maxLength: 3 }).map((pieces) => pieces.join('')),
          {
            minLength: 1,
            maxLength: 2,
          },
        )
        .map((branches) => branches.join('|')),
      piece: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc
          .tuple(atom, quantifier)
          .map(([text, count]) => (assertions.includes(text) || text === '(?i)' ? text : text + count)),
        fc
          .tuple(fc.constantFrom(...(pure ? openings : closedOpenings)), tie('pattern'), quantifier)
          .map(([open, inner, count]) => `${open}${inner})${count}`),
      ),
    }))
    .pattern.filter((pattern) => (pattern.match(quantified)?.length ?? 0) <= 3);
}

/** More of them, one in another, can take V8 minutes even on a short text. */
const quantified = /(?<!\()(?:[*+?]|\{[^}]*\})[+?]?/g;

export const texts = fc.string({
  unit: fc.constantFrom('a', 'b', 'A', '1', '-', ' ', '\n', '\xe9'),
  maxLength: 8,
});
