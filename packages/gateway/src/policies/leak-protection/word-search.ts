/** Told of a word, as its index, and where it begins. */
export type OnWord = (word: number, start: number) => void;

/** A word, and where in it the two characters stand that it is searched for by. */
interface Entry {
  readonly index: number;
  readonly at: number;
  readonly codes: Uint8Array;
}

/**
 * Finds any of many words in one pass over a text, in whatever case they are written. Each word is searched for by those
 * two of its characters that are rarest side by side in ordinary content: a table says whether two characters are such a
 * pair, and only there words are compared. Content that is made of nothing but such pairs takes some five times as long.
 */
export class WordSearch {
  /** By two characters, the former in the upper byte: 1 where words have them as their pair. */
  readonly #isPair = new Uint8Array(65_536);
  readonly #byPair = new Map<number, Entry[]>();

  /** @param words ASCII, in lower case, at least three characters each */
  constructor(words: readonly string[]) {
    for (const [index, word] of words.entries()) {
      if (word.length < 3) throw new RangeError(`a word to search for is too short: ${word}`);
      const at = rarestPair(word);
      const codes = Buffer.from(word, 'latin1');
      for (const first of cases(codes[at]!)) {
        for (const second of cases(codes[at + 1]!)) {
          const pair = (first << 8) | second;
          this.#isPair[pair] = 1;
          const entries = this.#byPair.get(pair);
          if (entries === undefined) this.#byPair.set(pair, [{ index, at, codes }]);
          else entries.push({ index, at, codes });
        }
      }
    }
  }

  /** @param text of characters up to U+00FF */
  run(text: string, visit: OnWord): void {
    const isPair = this.#isPair;
    const { length } = text;
    let pair = 0;
    for (let i = 0; i < length; i++) {
      pair = ((pair << 8) | text.charCodeAt(i)) & 0xffff;
      if (isPair[pair] !== 0) this.#compare(text, i - 1, pair, visit);
    }
  }

  #compare(text: string, at: number, pair: number, visit: OnWord): void {
    const entries = this.#byPair.get(pair)!;
    for (let i = 0; i < entries.length; i++) {
      const { index, at: within, codes } = entries[i]!;
      const start = at - within;
      if (start < 0) continue;
      let matching = 0;
      while (matching < codes.length && folded(text.charCodeAt(start + matching)) === codes[matching])
        matching++;
      if (matching === codes.length) visit(index, start);
    }
  }
}

/** How often characters come in JSON and English, in thousandths; others are rare. */
const common = new Map<string, number>([
  ...[...'etaoinsrhldcumfpgwybvkxjqz'].map((letter, i) => [letter, Math.max(1, 75 - 5 * i)] as const),
  ...[...'0123456789'].map((digit) => [digit, 25] as const),
  [' ', 110],
  ['"', 110],
  [':', 45],
  [',', 45],
  ['.', 12],
  ['-', 12],
  ['/', 12],
  ['_', 10],
]);

function rarestPair(word: string): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at + 1 < word.length; at++) {
    const weight = (common.get(word[at]!) ?? 2) * (common.get(word[at + 1]!) ?? 2);
    if (weight >= least) continue;
    least = weight;
    best = at;
  }
  return best;
}

function cases(code: number): readonly number[] {
  return code >= 0x61 && code <= 0x7a ? [code, code - 0x20] : [code];
}

function folded(code: number): number {
  return code >= 0x41 && code <= 0x5a ? code | 0x20 : code;
}
