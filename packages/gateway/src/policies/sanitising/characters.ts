/**
 * Characters that nobody sees and that change how others are read:
 *
 * - controls (C0 and C1) but tab and line feed, and DEL
 * - those that turn the direction of writing around: U+202A to U+202E, U+2066 to U+2069
 * - without width and without a use within words: U+200B, U+2060 to U+2064, U+FEFF; U+200C and U+200D stay, as Persian,
 *   Indic scripts and emoji are written with them
 * - marks of interlinear annotation, U+FFF9 to U+FFFB
 * - tags, U+E0000 to U+E007F, in which a text hides in another, except behind the black flag, which they make a flag of
 */
const unseen =
  /(\u{1f3f4}[\u{e0020}-\u{e007e}]{1,16}\u{e007f})|[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** A text without what `unseen` lists. A CR goes too, so that every line ends with a line feed alone. */
export function withoutControls(text: string): string {
  return text.replace(unseen, '$1');
}

/** White_Space of Unicode, of which `String.prototype.trim` leaves out U+0085, and the byte order mark. */
const blank = /[\s\x85\ufeff]/;

export function isBlank(character: string): boolean {
  return blank.test(character);
}

/** A text without such characters at either end. By hand, as a pattern for the end takes quadratic time. */
export function withoutEnds(text: string, isEnd: (character: string) => boolean): string {
  let from = 0;
  let to = text.length;
  while (from < to && isEnd(text[from]!)) from++;
  while (to > from && isEnd(text[to - 1]!)) to--;
  return text.slice(from, to);
}
