import { TooMuch } from './too-much.ts';

const space = 0x20;
const hyphen = 0x2d;
const dot = 0x2e;

/** Told where a number begins and where it ends. */
export type OnCard = (from: number, to: number) => void;

export interface Candidates {
  left: number;
}

const unlimited = (): Candidates => ({ left: Number.POSITIVE_INFINITY });

/** Fewer digits are no card (ISO/IEC 7812-1). */
const fewestDigits = 13;
const mostDigits = 19;

/**
 * Finds the numbers of payment cards: 13 to 19 digits in a range that an issuer of cards has, with the check digit of
 * Luhn (ISO/IEC 7812-1 annex B), in one piece or in groups as they are printed. Longer runs of digits, decimals, and
 * digits that letters stand next to (UUIDs, hashes, base64) are none.
 * @param text of characters up to U+00FF
 * @param candidates runs of digits that may be looked at more closely
 * @throws TooMuch
 */
export function findCardNumbers(text: string, visit: OnCard, candidates = unlimited()): void {
  for (let at = fewestDigits - 1; at < text.length; ) {
    // No two characters of a card number in a row are not digits, so that every twelfth pair finds all of them.
    if (!isDigit(text.charCodeAt(at)) && !isDigit(text.charCodeAt(at - 1))) {
      at += fewestDigits - 1;
      continue;
    }
    let from = at;
    while (from > 0 && inRun(text, from - 1)) from--;
    let to = at;
    while (to < text.length && inRun(text, to)) to++;
    if (to - from >= fewestDigits) findInRun(text, from, to, visit, candidates);
    at = Math.max(to, at) + fewestDigits;
  }
}

/** A digit, or one blank or hyphen between two. */
function inRun(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (isDigit(code)) return true;
  return (
    (code === space || code === hyphen) &&
    at > 0 &&
    at + 1 < text.length &&
    isDigit(text.charCodeAt(at - 1)) &&
    isDigit(text.charCodeAt(at + 1))
  );
}

/** How cards are printed in groups: where the separators are, and the length. */
const groupings: readonly (readonly number[])[] = [
  [4, 9, 14, 19, 23],
  [4, 9, 14, 19],
  [4, 11, 17],
  [4, 11, 16],
];

/** Finds those in a run of digits with single blanks or hyphens between them. */
export function findInRun(
  text: string,
  from: number,
  to: number,
  visit: OnCard,
  candidates = unlimited(),
): void {
  for (let group = from; group < to; ) {
    let end = group;
    while (end < to && isDigit(text.charCodeAt(end))) end++;
    const length = end - group;
    const first = text.charCodeAt(group);
    let found = 0;
    // What cards begin with: 2 to 6.
    if (first >= 0x32 && first <= 0x36 && beginsAlone(text, group)) {
      if (length >= fewestDigits && length <= mostDigits)
        found = isCard(text, group, end, candidates) ? end : 0;
      else if (length === 4) found = groupedEnd(text, group, to, candidates);
    }
    if (found > 0 && endsAlone(text, found)) {
      visit(group, found);
      end = found;
    }
    group = end + 1;
  }
}

/** Where a card number in groups ends; 0 when there is none. */
function groupedEnd(text: string, from: number, to: number, candidates: Candidates): number {
  const separator = text.charCodeAt(from + 4);
  for (let i = 0; i < groupings.length; i++) {
    const separators = groupings[i]!;
    const length = separators.at(-1)!;
    const end = from + length;
    if (end > to || (end < to && isDigit(text.charCodeAt(end)))) continue;
    let fits = true;
    for (let at = 0, next = 0; at < length && fits; at++) {
      const isSeparator = at === separators[next];
      if (isSeparator) next++;
      const code = text.charCodeAt(from + at);
      fits = isSeparator ? code === separator : isDigit(code);
    }
    if (fits && isCard(text, from, end, candidates)) return end;
  }
  return 0;
}

function beginsAlone(text: string, from: number): boolean {
  const before = text.charCodeAt(from - 1);
  return !isWordCode(before) && before !== dot;
}

function endsAlone(text: string, to: number): boolean {
  const after = text.charCodeAt(to);
  return !isWordCode(after) && !(after === dot && isDigit(text.charCodeAt(to + 1)));
}

function isCard(text: string, from: number, to: number, candidates: Candidates): boolean {
  if (--candidates.left < 0) throw new TooMuch();
  let lead = 0;
  let count = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) continue;
    if (count < 6) lead = lead * 10 + digit;
    count++;
  }
  if (!isIssued(lead, count)) return false;
  let sum = 0;
  let isDoubled = false;
  for (let at = to - 1; at >= from; at--) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) continue;
    const value = isDoubled ? digit * 2 : digit;
    sum += value > 9 ? value - 9 : value;
    isDoubled = !isDoubled;
  }
  return sum % 10 === 0;
}

/** By the first six digits: Visa, Mastercard, American Express, Discover, Diners Club, JCB, UnionPay. */
function isIssued(lead: number, count: number): boolean {
  const two = Math.floor(lead / 10_000);
  const three = Math.floor(lead / 1000);
  const four = Math.floor(lead / 100);
  if (two >= 40 && two <= 49) return count === 13 || count === 16 || count === 19;
  if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) return count === 16;
  if (two === 34 || two === 37) return count === 15;
  if (four === 6011 || two === 65 || (three >= 644 && three <= 649)) return count >= 16;
  if ((three >= 300 && three <= 305) || two === 36 || two === 38) return count >= 14;
  if (four >= 3528 && four <= 3589) return count >= 16;
  return two === 62 && count >= 16;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isWordCode(code: number): boolean {
  const lower = code | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || isDigit(code) || code === 0x5f;
}
