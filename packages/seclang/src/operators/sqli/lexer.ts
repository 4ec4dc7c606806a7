import { type Role, roleOf } from './words.ts';

/** Kinds of tokens. Words carry their role in the vocabulary; symbols and literals are told apart here. */
export type Kind =
  | Role
  | 'number'
  | 'string'
  | 'name'
  | 'variable'
  | 'star'
  | 'sign' // + and -, which also stand before operands
  | 'open'
  | 'close'
  | 'comma'
  | 'semicolon'
  | 'cast' // ::
  | 'other' // a symbol that no dialect has
  | 'end of input';

const letter = 1;
const digit = 2;
const blank = 4;
const symbol = 8;
const classOf = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  const character = String.fromCharCode(byte);
  if (/[A-Za-z_$\x80-\xff]/.test(character)) classOf[byte] = letter;
  else if (/\d/.test(character)) classOf[byte] = digit;
  // SQL Server takes every control character for white space.
  else if (byte <= 0x20) classOf[byte] = blank;
  else if (/[=<>!&|+\-*/%^~]/.test(character)) classOf[byte] = symbol;
}

const symbols: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ...[
    '=',
    '==',
    '<=>',
    '<>',
    '!=',
    '<',
    '>',
    '<=',
    '>=',
    '!<',
    '!>',
    '^=',
    '~=',
    '~',
    '~*',
    '!~',
    '!~*',
    '@>',
    '<@',
  ].map((text): [string, Kind] => [text, 'comparison']),
  ...['&&', '||', '&', '|', '^', '/', '%', '<<', '>>', '->', '->>'].map((text): [string, Kind] => [
    text,
    'arithmetic',
  ]),
  ['&&', 'boolean'],
  ['||', 'boolean'],
  ['*', 'star'],
  ['+', 'sign'],
  ['-', 'sign'],
  ['!', 'not'],
]);

/** Words longer than this have no role. */
const maxWord = 40;

/** Reads tokens of SQL, of all dialects at once. Each byte is read a bounded number of times; it never throws. */
export class Lexer {
  readonly #value: string;
  readonly #hasEscapes: boolean;
  #at: number;
  kind: Kind = 'end of input';
  /** Of a name or word in lower case, of a literal its bytes without quotes. */
  text = '';
  /** Whether blanks or comments stood before the token. */
  isApart = false;
  /** Whether the input ended within a string, which the query itself then closes. */
  isOpen = false;
  /** The quote of a string, or of a name in quotes; empty for others. */
  quote = '';
  /** The text of a comment that hides all that follows; undefined where there is none. */
  hidden: string | undefined;
  /** Whether there was a comment that only MySQL runs, and by its version (`/*!50000`), which has one purpose. */
  isVersioned = false;
  #isInVersioned = false;

  /** @param hasEscapes whether a backslash escapes in strings, as in MySQL */
  constructor(value: string, start: number, hasEscapes: boolean) {
    this.#value = value;
    this.#at = start;
    this.#hasEscapes = hasEscapes;
  }

  get offset(): number {
    return this.#at;
  }

  /** The byte that follows the token, NaN at the end. */
  get following(): number {
    return this.#value.charCodeAt(this.#at);
  }

  next(): Kind {
    this.kind = this.#read();
    return this.kind;
  }

  #read(): Kind {
    this.quote = '';
    this.text = '';
    this.isApart = false;
    this.isOpen = false;
    this.#skip();
    const value = this.#value;
    if (this.#at >= value.length) return 'end of input';
    const byte = value.charCodeAt(this.#at);
    const type = classOf[byte]!;
    if (type === letter) return this.#word();
    if (type === digit) return this.#number();
    switch (byte) {
      case 0x27: // '
        return this.#string("'");
      case 0x22: // "
        return this.#string('"');
      case 0x60: // `
        return this.#quoted('`');
      case 0x5b: // [
        return this.#quoted(']');
      case 0x28:
        return this.#single('open');
      case 0x29:
        return this.#single('close');
      case 0x2c:
        return this.#single('comma');
      case 0x3b:
        return this.#single('semicolon');
      case 0x2e: // .
        return classOf[value.charCodeAt(this.#at + 1)] === digit ? this.#number() : this.#single('other');
      case 0x40: // @
        return this.#variable();
      case 0x3a: // :
        return this.#colon();
      case 0x5c: // \N is NULL in MySQL, whatever follows
        if (value[this.#at + 1] !== 'N') break;
        this.#at += 2;
        return 'constant';
    }
    return type === symbol ? this.#symbol() : this.#single('other');
  }

  #single(kind: Kind): Kind {
    this.text = this.#value[this.#at++]!;
    return kind;
  }

  /** Blanks and comments. */
  #skip(): void {
    const value = this.#value;
    for (;;) {
      const byte = value.charCodeAt(this.#at);
      const after = value.charCodeAt(this.#at + 1);
      if (classOf[byte] === blank || this.#isNoBreak(byte)) {
        // A NUL at the end cuts the query off where it is kept as a string of C.
        if (byte === 0 && this.#at === value.length - 1) this.hidden = '';
        this.#at++;
      } else if ((byte === 0x2d && after === 0x2d) || byte === 0x23) this.#lineComment(byte === 0x23 ? 1 : 2);
      else if (byte === 0x2f && after === 0x2a) this.#blockComment();
      else if (this.#isInVersioned && byte === 0x2a && after === 0x2f) {
        this.#isInVersioned = false;
        this.#at += 2;
      } else return;
      this.isApart = true;
    }
  }

  /** 0xA0 of latin1, or of UTF-8 behind 0xC2; within other characters of UTF-8 it is none. */
  #isNoBreak(byte: number): boolean {
    return (
      (byte === 0xa0 && !(this.#value.charCodeAt(this.#at - 1) > 0xc2)) ||
      (byte === 0xc2 && this.#value.charCodeAt(this.#at + 1) === 0xa0)
    );
  }

  #lineComment(size: number): void {
    const end = this.#value.indexOf('\n', this.#at);
    if (end < 0) this.hidden = this.#value.slice(this.#at + size);
    this.#at = end < 0 ? this.#value.length : end + 1;
  }

  #blockComment(): void {
    const value = this.#value;
    if (value[this.#at + 2] === '!' || value.startsWith('M!', this.#at + 2)) {
      this.#at = value.indexOf('!', this.#at) + 1;
      let digits = 0;
      while (digits < 6 && classOf[value.charCodeAt(this.#at + digits)] === digit) digits++;
      if (digits >= 5) this.isVersioned = true;
      this.#at += digits;
      this.#isInVersioned = true;
      return;
    }
    const end = value.indexOf('*/', this.#at + 2);
    if (end < 0) this.hidden = value.slice(this.#at + 2);
    this.#at = end < 0 ? value.length : end + 2;
  }

  #word(): Kind {
    const value = this.#value;
    const start = this.#at;
    this.#at = this.#endOfName(start);
    const after = value[this.#at];
    const size = this.#at - start;
    if (
      (after === "'" || after === '"') &&
      size <= 8 &&
      /^(?:[nxbe]|_\w+)$/i.test(value.slice(start, this.#at))
    )
      return this.#string(after);
    const isQualified = this.#qualify();
    this.text = value.slice(start, Math.min(this.#at, start + maxWord)).toLowerCase();
    return isQualified || size > maxWord ? 'name' : (roleOf.get(this.text) ?? 'name');
  }

  #endOfName(index: number): number {
    while (index < this.#value.length) {
      const byte = this.#value.charCodeAt(index);
      if ((classOf[byte]! & (letter | digit)) === 0) break;
      if (byte === 0xc2 && this.#value.charCodeAt(index + 1) === 0xa0) break;
      if (byte === 0xa0 && this.#value.charCodeAt(index - 1) < 0x80) break;
      index++;
    }
    return index;
  }

  /** `schema.table`, `master..xp_cmdshell`, `[a].[b]`, `t.*`. */
  #qualify(): boolean {
    const value = this.#value;
    let isQualified = false;
    while (value[this.#at] === '.') {
      let index = this.#at + 1;
      if (value[index] === '.') index++;
      const byte = value.charCodeAt(index);
      if (classOf[byte] === letter) this.#at = this.#endOfName(index);
      else if (byte === 0x60 || byte === 0x5b) {
        this.#at = index;
        this.#quoted(byte === 0x60 ? '`' : ']');
      } else if (byte === 0x2a) this.#at = index + 1;
      else break;
      isQualified = true;
    }
    return isQualified;
  }

  #number(): Kind {
    const value = this.#value;
    const start = this.#at;
    if (/^0[xb][0-9a-f]/i.test(value.slice(start, start + 3))) {
      this.#at += 2;
      while (/[0-9a-f]/i.test(value[this.#at] ?? '')) this.#at++;
    } else {
      this.#digits();
      if (value[this.#at] === '.') {
        this.#at++;
        this.#digits();
      }
      const exponent = /^e[+-]?\d/i.exec(value.slice(this.#at, this.#at + 3));
      if (exponent !== null) {
        this.#at += exponent[0].length;
        this.#digits();
      } else if (/^e[(\s'"]/i.test(value.slice(this.#at, this.#at + 2)) && value[this.#at - 1] === '.') {
        // `1.e(` counts as nothing at all in MySQL, and parts words that others take for one.
        this.#at++;
        return this.#read();
      }
    }
    this.text = value.slice(start, Math.min(this.#at, start + maxWord));
    return this.#numberOrName(start);
  }

  #digits(): void {
    while (classOf[this.#value.charCodeAt(this.#at)] === digit) this.#at++;
  }

  /** `1or` is a number and a word in most dialects; `90s` is a name, and no SQL at all. */
  #numberOrName(start: number): Kind {
    if (classOf[this.#value.charCodeAt(this.#at)] !== letter || this.#isNoBreak(this.following))
      return 'number';
    const end = this.#endOfName(this.#at);
    if (end - this.#at <= maxWord && roleOf.has(this.#value.slice(this.#at, end).toLowerCase()))
      return 'number';
    this.#at = end;
    this.text = this.#value.slice(start, Math.min(end, start + maxWord)).toLowerCase();
    return 'name';
  }

  #string(quote: string): Kind {
    const start = this.#at + 1;
    const end = endOfString(this.#value, start, quote, this.#hasEscapes);
    this.quote = quote;
    this.isOpen = end < 0;
    this.#at = end < 0 ? this.#value.length : end + 1;
    this.text = this.#value.slice(start, end < 0 ? undefined : end);
    return 'string';
  }

  #quoted(close: string): Kind {
    const start = this.#at + 1;
    const end = this.#value.indexOf(close, start);
    this.quote = close;
    this.#at = end < 0 ? this.#value.length : end + 1;
    if (end < 0 && close === ']') return 'other';
    this.text = this.#value.slice(start, end < 0 ? undefined : Math.min(end, start + maxWord)).toLowerCase();
    return 'name';
  }

  #variable(): Kind {
    const start = this.#at;
    if (this.#value[start + 1] === '>') return this.#symbol();
    while (this.#value[this.#at] === '@') this.#at++;
    const name = this.#at;
    this.#at = this.#endOfName(name);
    if (this.#at === name && this.#value[name] === '`') this.#quoted('`');
    this.#qualify();
    this.text = this.#value.slice(start, Math.min(this.#at, start + maxWord)).toLowerCase();
    return 'variable';
  }

  #colon(): Kind {
    if (this.#value[this.#at + 1] === ':') {
      this.#at += 2;
      return 'cast';
    }
    if (this.#value[this.#at + 1] === '=') {
      this.#at += 2;
      return 'comparison';
    }
    return this.#single('other');
  }

  #symbol(): Kind {
    // Longest first; signs stand alone, so that `=-1` and `<-1` are two.
    for (let size = 3; size > 0; size--) {
      const text = this.#value.slice(this.#at, this.#at + size);
      const kind = symbols.get(text);
      if (kind === undefined || text.length < size) continue;
      this.#at += size;
      this.text = text;
      return kind;
    }
    return this.#single('other');
  }
}

/** @returns where the quote stands that ends a string begun before `start`, -1 for none; doubled quotes are part of it */
export function endOfString(value: string, start: number, quote: string, hasEscapes: boolean): number {
  const code = quote.charCodeAt(0);
  if (!hasEscapes) {
    let end = value.indexOf(quote, start);
    while (end >= 0 && value.charCodeAt(end + 1) === code) end = value.indexOf(quote, end + 2);
    return end;
  }
  for (let index = start; index < value.length; index++) {
    const byte = value.charCodeAt(index);
    if (byte === 0x5c) index++;
    else if (byte === code) {
      if (value.charCodeAt(index + 1) !== code) return index;
      index++;
    }
  }
  return -1;
}
