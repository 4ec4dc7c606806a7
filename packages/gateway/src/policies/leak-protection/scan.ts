import { findCardNumbers } from './card-numbers.ts';
import type { Trigger } from './rules.ts';
import { TooMuch } from './too-much.ts';
import { WordSearch } from './word-search.ts';

/** Something that must not leave, in the plain text. */
export interface Found {
  readonly rule: string;
  readonly from: number;
  readonly to: number;
}

/** Places of a text that are looked at more closely; one takes 0.1 to 1 µs. */
const mostChecks = 20_000;
/** A pattern of the operator's takes as long as so many. */
const costOfOwn = 20;
const mostFound = 2_000;
/** Runs of digits of which the check digit is worked out, in 0.1 to 0.3 µs. */
const mostCandidates = 20_000;

/** Looks for everything at once that rules are about. */
export class LeakScanner {
  readonly #triggers: readonly Trigger[];
  readonly #words: WordSearch;
  readonly #cards: boolean;
  readonly #own: ReadonlySet<string>;
  /** By trigger: its rule, as an index. */
  readonly #places: readonly number[];
  /** By rule: where what it found last ends; the rule does not look there again. */
  readonly #ends: Float64Array;

  /**
   * @param triggers of the rules that are on
   * @param own names of the rules among them that run a pattern of the operator's
   */
  constructor(triggers: readonly Trigger[], cards: boolean, own: ReadonlySet<string>) {
    this.#triggers = triggers;
    this.#words = new WordSearch(triggers.map(({ word }) => word));
    this.#cards = cards;
    this.#own = own;
    const rules = [...new Set(triggers.map(({ rule }) => rule))];
    this.#places = triggers.map(({ rule }) => rules.indexOf(rule));
    this.#ends = new Float64Array(rules.length);
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
    this.#ends.fill(0);
    let checks = 0;
    this.#words.run(text, (word, start) => {
      const { rule, word: literal, check } = this.#triggers[word]!;
      const place = this.#places[word]!;
      if (start < this.#ends[place]!) return;
      const end = start + literal.length;
      const span = check === undefined ? { from: start, to: end } : check(text, start, end);
      checks += this.#own.has(rule) ? costOfOwn : 1;
      if (checks > mostChecks) throw new TooMuch();
      if (span === undefined) return;
      this.#ends[place] = Math.max(span.to, end);
      add(rule, span.from, span.to);
    });
    if (this.#cards)
      findCardNumbers(text, (from, to) => add('card-number', from, to), { left: mostCandidates });
    return found?.sort((a, b) => a.from - b.from);
  }
}
