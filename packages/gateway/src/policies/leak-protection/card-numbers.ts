const space = 0x20;
const hyphen = 0x2d;
const dot = 0x2e;

/** Fewer digits are no card (ISO/IEC 7812-1). */
const fewestDigits = 13;
const mostDigits = 19;

/**
 * Finds the numbers of payment cards: 13 to 19 digits in a range that an issuer of cards has, with the check digit of
 * Luhn (ISO/IEC 7812-1 annex B), in one piece or in groups as they are printed. Longer runs of digits, decimals, and
 * digits that letters stand next to (UUIDs, hashes, base64) are none.
 * @param text of characters up to U+00FF
 * @param visit told where each begins, and where it ends
 */
export function findCardNumbers(text: string, visit: (from: number, to: number) => void): void {
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
    if (to - from >= fewestDigits) findInRun(text, from, to, visit);
    at = Math.max(to, at) + fewestDigits;
  }
}

/** The same character by character: what the quick way has to agree with. */
export function findCardNumbersPlainly(text: string, visit: (from: number, to: number) => void): void {
  for (let from = 0; from < text.length; from++) {
    if (!inRun(text, from)) continue;
    let to = from;
    while (to < text.length && inRun(text, to)) to++;
    findInRun(text, from, to, visit);
    from = to;
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

/** How cards are printed in groups. */
const groupings: readonly (readonly number[])[] = [
  [4, 4, 4, 4, 3],
  [4, 4, 4, 4],
  [4, 6, 5],
  [4, 6, 4],
];

function findInRun(text: string, from: number, to: number, visit: (from: number, to: number) => void): void {
  for (let group = from; group < to; ) {
    let end = group;
    while (end < to && isDigit(text.charCodeAt(end))) end++;
    const length = end - group;
    let found = 0;
    if (length >= fewestDigits && length <= mostDigits) found = isCard(text, group, end) ? end : 0;
    else if (length === 4) found = groupedEnd(text, group, to);
    if (found > 0 && standsAlone(text, group, found)) {
      visit(group, found);
      end = found;
    }
    group = end + 1;
  }
}

/** Where a card number in groups ends; 0 when there is none. */
function groupedEnd(text: string, from: number, to: number): number {
  const separator = text.charCodeAt(from + 4);
  for (const sizes of groupings) {
    let at = from;
    let fits = true;
    for (let i = 0; i < sizes.length && fits; i++) {
      if (i > 0) fits = text.charCodeAt(at++) === separator;
      for (let digit = 0; digit < sizes[i]! && fits; digit++) fits = at < to && isDigit(text.charCodeAt(at++));
    }
    if (fits && !(at < to && isDigit(text.charCodeAt(at))) && isCard(text, from, at)) return at;
  }
  return 0;
}

function standsAlone(text: string, from: number, to: number): boolean {
  const before = text.charCodeAt(from - 1);
  const after = text.charCodeAt(to);
  if (isWordByte(before) || isWordByte(after)) return false;
  if (before === dot) return false;
  return !(after === dot && isDigit(text.charCodeAt(to + 1)));
}

function isCard(text: string, from: number, to: number): boolean {
  let sum = 0;
  let count = 0;
  for (let at = to - 1; at >= from; at--) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) continue;
    const doubled = count % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
    count++;
  }
  if (sum % 10 !== 0) return false;
  let lead = 0;
  let taken = 0;
  for (let at = from; taken < 6; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) continue;
    lead = lead * 10 + digit;
    taken++;
  }
  return isIssued(lead, count);
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

function isWordByte(code: number): boolean {
  const lower = code | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || isDigit(code) || code === 0x5f;
}
