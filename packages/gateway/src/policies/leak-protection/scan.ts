import { findCardNumbers } from './card-numbers.ts';
import type { Trigger } from './rules.ts';
import { WordSearch } from './word-search.ts';

/** Something that must not leave, in the plain text. */
export interface Found {
  readonly rule: string;
  readonly from: number;
  readonly to: number;
}

/** A text has more in it than it is worth looking at. */
export class TooMuch extends Error {
  override name = 'TooMuch';
}

/** Places of a text that are looked at more closely; one takes 0.1 to 1 µs. */
const mostChecks = 20_000;
/** A pattern of the operator's takes as long as so many. */
const costOfOwn = 20;
const mostFound = 2_000;

/** Looks for everything at once that rules are about. */
export class LeakScanner {
  readonly #triggers: readonly Trigger[];
  readonly #words: WordSearch;
  readonly #cards: boolean;
  readonly #own: ReadonlySet<string>;

  /**
   * @param triggers of the rules that are on
   * @param own names of the rules among them that run a pattern of the operator's
   */
  constructor(triggers: readonly Trigger[], cards: boolean, own: ReadonlySet<string>) {
    this.#triggers = triggers;
    this.#words = new WordSearch(triggers.map(({ word }) => word));
    this.#cards = cards;
    this.#own = own;
  }

  /**
   * @param text of characters up to U+00FF
   * @returns what was found, by where it begins; undefined for nothing
   * @throws TooMuch
   */
  scan(text: string): Found[] | undefined {
    let found: Found[] | undefined;
    const add = (rule: string, from: number, to: number): void => {
      if (found === undefined) found = [];
      if (found.length === mostFound) throw new TooMuch();
      found.push({ rule, from, to });
    };
    /** What a rule has found once is not looked at again by that rule. */
    const ends = new Map<string, number>();
    let checks = 0;
    this.#words.run(text, (word, start) => {
      const { rule, word: literal, check } = this.#triggers[word]!;
      if (start < (ends.get(rule) ?? 0)) return;
      const end = start + literal.length;
      checks += this.#own.has(rule) ? costOfOwn : 1;
      if (checks > mostChecks) throw new TooMuch();
      const span = check === undefined ? { from: start, to: end } : check(text, start, end);
      if (span === undefined) return;
      ends.set(rule, Math.max(span.to, end));
      add(rule, span.from, span.to);
    });
    if (this.#cards) findCardNumbers(text, (from, to) => add('card-number', from, to));
    return found?.sort((a, b) => a.from - b.from);
  }
}
