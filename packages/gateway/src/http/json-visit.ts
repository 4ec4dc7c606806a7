import { deepest } from './json-limits.ts';
import type { Arrival, Follower } from './json-spot.ts';
import { blanksEnd, stringEnd, textIn } from './json-text.ts';

const quote = 0x22;
const comma = 0x2c;
const minus = 0x2d;
const dot = 0x2e;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** A member or an item that a path leads to. */
export interface Place {
  /** Index of the path. */
  readonly path: number;
  /** Byte at which the value begins. */
  readonly from: number;
  /** The name is spelled as the path has it, and not only as a lenient reader takes it. */
  readonly exact: boolean;
}

/** A JsonMatcher, or whatever else knows where to go. */
interface Followed {
  readonly root: Follower | undefined;
}

/** @returns true to take the value out of the document, name included */
export type Visit = (place: Place) => boolean;

/** The document is too deep to be gone through. */
export class TooDeep extends Error {
  override name = 'TooDeep';
}

/**
 * Goes through a JSON document by its bytes and visits every value that one of the paths leads to (of a JsonMatcher, or of
 * anything else that finds its way through a document), each occurrence of a
 * name that is there twice included. What is not taken out stays as it is, byte for byte: numbers keep their digits.
 * @param bytes valid JSON (RFC 8259); of anything else nothing is certain
 * @returns the document without what was taken out; the same object when nothing was
 * @throws TooDeep beyond `deepest` levels
 */
export function visitJson(bytes: Buffer, { root }: Followed, visit: Visit): Buffer {
  const scan = new Scan(bytes, visit);
  scan.value(0, root, 0);
  return without(bytes, scan.cuts);
}

/**
 * The text of the value that begins at a byte: that of a string, or the digits of a whole number in its one plain
 * spelling. Undefined for anything else: `1.0`, `1e3`, `true`, `null`, an array, an object.
 * @param bytes valid JSON
 */
export function textAt(bytes: Buffer, from: number): string | undefined {
  const first = bytes[from]!;
  if (first === quote) return textIn(bytes, from + 1, stringEnd(bytes, from) - 1);
  if (first !== minus && !isDigit(first)) return undefined;
  let end = from + 1;
  while (isDigit(bytes[end])) end++;
  const next = bytes[end];
  if (next === dot || next === 0x45 || next === 0x65) return undefined;
  const text = bytes.toString('latin1', from, end);
  return text === '-0' ? undefined : text;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** Joins what is left; the cuts do not overlap. */
function without(bytes: Buffer, cuts: readonly Cut[]): Buffer {
  if (cuts.length === 0) return bytes;
  const kept: Buffer[] = [];
  let from = 0;
  for (const cut of cuts.toSorted((a, b) => a.from - b.from)) {
    kept.push(bytes.subarray(from, cut.from));
    from = cut.to;
  }
  kept.push(bytes.subarray(from));
  return Buffer.concat(kept);
}

interface Cut {
  readonly from: number;
  readonly to: number;
}

class Scan {
  readonly cuts: Cut[] = [];
  readonly #bytes: Buffer;
  readonly #visit: Visit;

  constructor(bytes: Buffer, visit: Visit) {
    this.#bytes = bytes;
    this.#visit = visit;
  }

  /** @returns where the value ends */
  value(start: number, spot: Follower | undefined, depth: number): number {
    const at = blanksEnd(this.#bytes, start);
    const first = this.#bytes[at];
    if (spot === undefined || (first !== openBrace && first !== openBracket)) return this.#valueEnd(at);
    if (depth === deepest) throw new TooDeep();
    return this.#container(at, first === openBrace, spot, depth + 1);
  }

  #container(open: number, isObject: boolean, spot: Follower, depth: number): number {
    const bytes = this.#bytes;
    const close = isObject ? closeBrace : closeBracket;
    let at = blanksEnd(bytes, open + 1);
    if (bytes[at] === close) return at + 1;
    /** End of the member before, which the comma follows. */
    let before = -1;
    let kept = false;
    /** Start of the members that go while none is kept yet: the comma behind them goes with them. */
    let leading = -1;
    for (let index = 0; ; index++) {
      const start = at;
      if (leading >= 0) {
        this.cuts.push({ from: leading, to: start });
        leading = -1;
      }
      const nameEnd = isObject ? stringEnd(bytes, start) : start;
      const from = isObject ? blanksEnd(bytes, blanksEnd(bytes, nameEnd) + 1) : start;
      const arrival = isObject ? spot.member(bytes, start + 1, nameEnd - 1) : spot.item(index);
      const cut = this.#isCut(arrival, from);
      // What is taken out is not gone through, so that each byte is looked at once, however deep the paths lead.
      const end = cut ? this.#valueEnd(from) : this.value(from, arrival.next, depth);
      if (!cut) kept = true;
      else if (kept) this.cuts.push({ from: before, to: end });
      else leading = start;
      before = end;
      at = blanksEnd(bytes, end);
      if (bytes[at] !== comma) break;
      at = blanksEnd(bytes, at + 1);
    }
    if (leading >= 0) this.cuts.push({ from: leading, to: before });
    return at + 1;
  }

  #isCut({ ended, exact }: Arrival, from: number): boolean {
    if (ended === undefined) return false;
    let cut = false;
    for (let i = 0; i < ended.length; i++)
      if (this.#visit({ path: ended[i]!, from, exact: exact[i]! })) cut = true;
    return cut;
  }

  #valueEnd(start: number): number {
    const bytes = this.#bytes;
    let depth = 0;
    for (let at = start; at < bytes.length; at++) {
      switch (bytes[at]) {
        case quote:
          at = stringEnd(bytes, at) - 1;
          if (depth === 0) return at + 1;
          break;
        case openBrace:
        case openBracket:
          depth++;
          break;
        case closeBrace:
        case closeBracket:
          if (depth === 0) return at;
          if (--depth === 0) return at + 1;
          break;
        case comma:
        case 0x20:
        case 0x0a:
        case 0x0d:
        case 0x09:
          if (depth === 0) return at;
          break;
        default:
      }
    }
    return bytes.length;
  }
}
