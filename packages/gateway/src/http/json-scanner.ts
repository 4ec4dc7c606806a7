import { isUtf8 } from 'node:buffer';
import { deepest, type JsonLimits, usualLimits } from './json-limits.ts';
import { isExact } from './json-number.ts';
import { escapePointer } from './json-pointer.ts';
import { blanksEnd, textIn } from './json-text.ts';

export type JsonRule =
  | 'syntax'
  | 'encoding'
  | 'depth'
  | 'members'
  | 'items'
  | 'values'
  | 'string-length'
  | 'number-length'
  | 'number-precision'
  | 'member-twice'
  | 'prototype'
  | 'surrogate';

/** Why a text is refused. Nothing of it but names that lead to the place is echoed. */
export interface JsonScanFault {
  readonly rule: JsonRule;
  /** Follows "The body". */
  readonly message: string;
  /** RFC 6901, of the value at fault or the one that it is in. */
  readonly pointer: string;
  /** Byte. */
  readonly offset: number;
}

/**
 * One pass over a JSON text (RFC 8259) before it is parsed, which takes nothing that two readers could understand
 * differently: what is validated here is what the service behind the gateway will read. So a name that stands twice in
 * an object is refused, of which one reader takes the first and another the last (section 4); lone surrogates, which
 * some replace (section 8.2); numbers that a double cannot hold (section 6); and whatever is no JSON at all.
 * @returns undefined when JSON.parse may have it
 */
export function scanJson(bytes: Buffer, limits: JsonLimits = usualLimits): JsonScanFault | undefined {
  if (!isUtf8(bytes)) return { ...encoding('is not valid UTF-8'), offset: firstBadByte(bytes) };
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf)
    return { ...encoding('begins with a byte order mark'), offset: 0 };
  try {
    scanner.scan(bytes, limits);
    return undefined;
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    const { rule, message, offset } = error;
    return { rule, message, offset, pointer: scanner.pointer() };
  } finally {
    scanner.letGo();
  }
}

function encoding(message: string): Omit<JsonScanFault, 'offset'> {
  return { rule: 'encoding', message, pointer: '' };
}

/** Halves the text until a character or two are left, at a cost of two readings. */
function firstBadByte(bytes: Buffer): number {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 4) {
    let middle = (good + bad) >> 1;
    // Not within a character.
    while (middle > good && (bytes[middle]! & 0xc0) === 0x80) middle--;
    if (middle > good && isUtf8(bytes.subarray(good, middle))) good = middle;
    else if (middle > good) bad = middle;
    else break;
  }
  for (let size = 1; size <= 4; size++) {
    if (!isUtf8(bytes.subarray(good, good + size))) continue;
    good += size;
    size = 0;
  }
  return good;
}

/** Ends the scan. No stack trace: where it was thrown says nothing. */
class Stop {
  readonly rule: JsonRule;
  readonly message: string;
  readonly offset: number;

  constructor(rule: JsonRule, message: string, offset: number) {
    this.rule = rule;
    this.message = message;
    this.offset = offset;
  }
}

const space = 0x20;
const quote = 0x22;
const comma = 0x2c;
const minus = 0x2d;
const dot = 0x2e;
const zero = 0x30;
const nine = 0x39;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Up to so many names an object is searched from end to end; a Set costs more than it saves below that. */
const searched = 16;
/** Digits that every double holds. */
const surelyExact = 15;

const nothing = Buffer.alloc(0);

/**
 * One for all texts, as a scan never waits: what it needs is allocated once. Of the first names of an object only their
 * places and hashes are kept, so that most texts are gone through without a single string being made.
 */
class Scanner {
  #bytes: Buffer = nothing;
  #limits: JsonLimits = usualLimits;
  #values = 0;
  #depth = 0;
  /** Of the string that was read last: where its content is, and whether there is an escape in it. */
  #from = 0;
  #to = 0;
  #escaped = false;
  #hash = 0;
  /** For each level: the index of the item, or -1 in an object, and where the name of the member is. */
  readonly #index = new Int32Array(deepest + 1);
  readonly #nameFrom = new Int32Array(deepest + 1);
  readonly #nameTo = new Int32Array(deepest + 1);
  /** For each level: hash and place of its first names. */
  readonly #hashes = new Int32Array((deepest + 1) * searched);
  readonly #froms = new Int32Array((deepest + 1) * searched);
  readonly #tos = new Int32Array((deepest + 1) * searched);

  scan(bytes: Buffer, limits: JsonLimits): void {
    this.#bytes = bytes;
    this.#limits = limits;
    this.#values = 0;
    this.#depth = 0;
    const end = blanksEnd(bytes, this.#value(blanksEnd(bytes, 0)));
    if (end !== bytes.length) throw new Stop('syntax', 'has something behind its end', end);
  }

  letGo(): void {
    this.#bytes = nothing;
  }

  /** Of where the scan stopped. */
  pointer(): string {
    let pointer = '';
    for (let level = 1; level <= this.#depth; level++) {
      const index = this.#index[level]!;
      if (index >= 0) pointer += `/${index}`;
      else if (this.#nameFrom[level]! >= 0) {
        const name = textIn(this.#bytes, this.#nameFrom[level]!, this.#nameTo[level]!);
        pointer += `/${escapePointer(name)}`;
      }
      if (pointer.length > longestPointer) return `${pointer.slice(0, longestPointer)}…`;
    }
    return pointer;
  }

  /** @returns where it ends, as all that follow */
  #value(at: number): number {
    if (++this.#values > this.#limits.values)
      throw new Stop('values', `has more than ${this.#limits.values} values`, at);
    const first = this.#bytes[at];
    switch (first) {
      case quote:
        return this.#string(at);
      case openBrace:
        return this.#object(at);
      case openBracket:
        return this.#array(at);
      case 0x74:
        return this.#word(at, 'true');
      case 0x66:
        return this.#word(at, 'false');
      case 0x6e:
        return this.#word(at, 'null');
      default:
        if (first === minus || isDigit(first)) return this.#number(at);
        throw syntax(at, this.#bytes);
    }
  }

  #enter(at: number): number {
    const depth = ++this.#depth;
    if (depth > this.#limits.depth) {
      this.#depth--;
      throw new Stop('depth', `is nested deeper than ${this.#limits.depth} levels`, at);
    }
    return depth;
  }

  #array(open: number): number {
    const bytes = this.#bytes;
    const depth = this.#enter(open);
    let at = blanksEnd(bytes, open + 1);
    if (bytes[at] === closeBracket) {
      this.#depth--;
      return at + 1;
    }
    for (let index = 0; ; index++) {
      if (index >= this.#limits.items)
        throw new Stop('items', `has an array with more than ${this.#limits.items} items`, at);
      this.#index[depth] = index;
      at = this.#value(at);
      if (!(bytes[at]! > space)) at = blanksEnd(bytes, at);
      const next = bytes[at];
      if (next === closeBracket) break;
      if (next !== comma) throw syntax(at, bytes);
      at++;
      if (!(bytes[at]! > space)) at = blanksEnd(bytes, at);
    }
    this.#depth--;
    return at + 1;
  }

  #object(open: number): number {
    const bytes = this.#bytes;
    const depth = this.#enter(open);
    this.#index[depth] = -1;
    this.#nameFrom[depth] = -1;
    let at = blanksEnd(bytes, open + 1);
    if (bytes[at] === closeBrace) {
      this.#depth--;
      return at + 1;
    }
    let names: Set<string> | undefined;
    for (let count = 0; ; count++) {
      if (count >= this.#limits.members)
        throw new Stop('members', `has an object with more than ${this.#limits.members} members`, at);
      if (bytes[at] !== quote) throw syntax(at, bytes);
      const start = at;
      at = this.#name(at);
      if (!(bytes[at]! > space)) at = blanksEnd(bytes, at);
      this.#nameFrom[depth] = this.#from;
      this.#nameTo[depth] = this.#to;
      if (this.#escaped || count >= searched) names ??= this.#namesSoFar(depth, count);
      if (names === undefined) this.#keepName(depth, count, start);
      else keepIn(names, textIn(bytes, this.#from, this.#to), start);
      if (!this.#limits.prototypeNames) this.#checkName(depth, start);
      if (bytes[at] !== colon) throw syntax(at, bytes);
      at++;
      if (!(bytes[at]! > space)) at = blanksEnd(bytes, at);
      at = this.#value(at);
      if (!(bytes[at]! > space)) at = blanksEnd(bytes, at);
      const next = bytes[at];
      if (next === closeBrace) break;
      if (next !== comma) throw syntax(at, bytes);
      at++;
      if (!(bytes[at]! > space)) at = blanksEnd(bytes, at);
    }
    this.#depth--;
    return at + 1;
  }

  #keepName(depth: number, count: number, start: number): void {
    const base = depth * searched;
    const hash = this.#hash;
    const [from, to] = [this.#from, this.#to];
    for (let i = base; i < base + count; i++) {
      if (this.#hashes[i] === hash && this.#isSame(this.#froms[i]!, this.#tos[i]!, from, to))
        throw twice(start);
    }
    this.#hashes[base + count] = hash;
    this.#froms[base + count] = from;
    this.#tos[base + count] = to;
  }

  #isSame(aFrom: number, aTo: number, bFrom: number, bTo: number): boolean {
    if (aTo - aFrom !== bTo - bFrom) return false;
    const bytes = this.#bytes;
    for (let a = aFrom, b = bFrom; a < aTo; a++, b++) if (bytes[a] !== bytes[b]) return false;
    return true;
  }

  /** Names as readers have them, for objects that are large or spell a name in an odd way: there two may be the same. */
  #namesSoFar(depth: number, count: number): Set<string> {
    const names = new Set<string>();
    const base = depth * searched;
    for (let i = base; i < base + count; i++) names.add(textIn(this.#bytes, this.#froms[i]!, this.#tos[i]!));
    return names;
  }

  /** Objects that are merged from such a document change the prototype of all others. */
  #checkName(depth: number, start: number): void {
    const length = this.#to - this.#from;
    if (length < prototypeName.length || (!this.#escaped && length !== prototypeName.length)) return;
    const name = textIn(this.#bytes, this.#from, this.#to);
    if (name === '__proto__') throw new Stop('prototype', 'has a member named __proto__', start);
    if (
      name !== prototypeName ||
      depth === 1 ||
      this.#nameFrom[depth - 1]! < 0 ||
      this.#index[depth - 1]! >= 0
    )
      return;
    if (textIn(this.#bytes, this.#nameFrom[depth - 1]!, this.#nameTo[depth - 1]!) === 'constructor')
      throw new Stop('prototype', 'has a member named prototype in one named constructor', start);
  }

  /** A string of which the hash is wanted too. */
  #name(open: number): number {
    const end = this.#string(open);
    const bytes = this.#bytes;
    let hash = 0;
    for (let at = open + 1; at < this.#to; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
    this.#hash = hash;
    return end;
  }

  #string(open: number): number {
    const bytes = this.#bytes;
    const end = Math.min(bytes.length, open + 1 + this.#limits.stringLength);
    let escaped = false;
    let at = open + 1;
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (plain[byte] === 1) continue;
      if (byte === quote) break;
      if (byte !== backslash) throw new Stop('syntax', 'has a control character in a string', at);
      escaped = true;
      at = this.#escape(at);
    }
    // An escape may have led beyond the end.
    if (at >= end && (at > end || bytes[at] !== quote)) {
      if (at >= bytes.length) throw syntax(at, bytes);
      throw new Stop('string-length', `has a string of more than ${this.#limits.stringLength} bytes`, open);
    }
    this.#from = open + 1;
    this.#to = at;
    this.#escaped = escaped;
    return at + 1;
  }

  /** @returns its last character */
  #escape(at: number): number {
    const bytes = this.#bytes;
    const kind = bytes[at + 1];
    if (kind !== 0x75) {
      if (kind === undefined || !simpleEscapes.has(kind))
        throw new Stop('syntax', 'has an escape that is none', at);
      return at + 1;
    }
    const code = hexAt(bytes, at + 2);
    if (code < 0) throw new Stop('syntax', 'has an escape that is none', at);
    if (code < 0xd800 || code > 0xdfff) return at + 5;
    const next = bytes[at + 6] === backslash && bytes[at + 7] === 0x75 ? hexAt(bytes, at + 8) : -1;
    if (code > 0xdbff || next < 0xdc00 || next > 0xdfff)
      throw new Stop('surrogate', 'has half of a character in a string', at);
    return at + 11;
  }

  #number(start: number): number {
    const bytes = this.#bytes;
    let at = bytes[start] === minus ? start + 1 : start;
    const whole = at;
    at = this.#digits(at);
    if (bytes[whole] === zero && at > whole + 1)
      throw new Stop('syntax', 'has a number with a leading zero', start);
    let isWhole = true;
    let hasExponent = false;
    if (bytes[at] === dot) {
      at = this.#digits(at + 1);
      isWhole = false;
    }
    if (bytes[at] === 0x65 || bytes[at] === 0x45) {
      const sign = bytes[at + 1];
      at = this.#digits(sign === minus || sign === 0x2b ? at + 2 : at + 1);
      isWhole = false;
      hasExponent = true;
    }
    const length = at - start;
    if (length > this.#limits.numberLength)
      throw new Stop(
        'number-length',
        `has a number of more than ${this.#limits.numberLength} characters`,
        start,
      );
    if (
      (length > surelyExact || hasExponent) &&
      !this.#limits.inexactNumbers &&
      !isExact(bytes.toString('latin1', start, at), isWhole)
    )
      throw new Stop(
        'number-precision',
        'has a number that loses precision when it is read as a double',
        start,
      );
    return at;
  }

  /** One digit at least. */
  #digits(start: number): number {
    const bytes = this.#bytes;
    let at = start;
    while (isDigit(bytes[at])) at++;
    if (at === start) throw syntax(at, bytes);
    return at;
  }

  #word(at: number, word: string): number {
    for (let i = 1; i < word.length; i++)
      if (this.#bytes[at + i] !== word.charCodeAt(i)) throw syntax(at + i, this.#bytes);
    return at + word.length;
  }
}

/** 1 for bytes that stand for themselves in a string. */
const plain = new Uint8Array(256).fill(1, 0x20);
plain[quote] = 0;
plain[backslash] = 0;

const scanner = new Scanner();

const longestPointer = 500;
const prototypeName = 'prototype';
/** `"`, `\`, `/`, b, f, n, r, t. */
const simpleEscapes: ReadonlySet<number> = new Set([quote, backslash, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74]);

function syntax(at: number, bytes: Buffer): Stop {
  return new Stop('syntax', at >= bytes.length ? 'ends too early' : 'is not valid JSON', at);
}

function twice(start: number): Stop {
  return new Stop('member-twice', 'has an object with the same member twice', start);
}

function keepIn(names: Set<string>, name: string, start: number): void {
  if (names.has(name)) throw twice(start);
  names.add(name);
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= zero && byte <= nine;
}

/** -1 for what is no four hexadecimal digits. */
function hexAt(bytes: Buffer, at: number): number {
  let code = 0;
  for (let i = at; i < at + 4; i++) {
    const byte = bytes[i] ?? 0;
    const lower = byte | 0x20;
    const digit = isDigit(byte) ? byte - zero : lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
    if (digit < 0) return -1;
    code = code * 16 + digit;
  }
  return code;
}
