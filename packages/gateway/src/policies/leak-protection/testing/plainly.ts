import { findInRun, type OnCard } from '../card-numbers.ts';
import type { OnWord } from '../word-search.ts';

/** As `findCardNumbers`, which skips most of a text: what it has to agree with. */
export function findCardNumbersPlainly(text: string, visit: OnCard): void {
  for (const { index, 0: run } of text.matchAll(/[0-9](?:[ -]?[0-9])*/g))
    findInRun(text, index, index + run.length, visit);
}

/** As `WordSearch`, one word after the other: what it has to agree with. */
export function searchPlainly(words: readonly string[], text: string, visit: OnWord): void {
  const lower = text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  for (const [index, word] of words.entries())
    for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + 1)) visit(index, at);
}
