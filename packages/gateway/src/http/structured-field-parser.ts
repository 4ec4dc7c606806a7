/** A bare item (RFC 9651 section 3.3). */
export type BareValue =
  | { readonly type: 'integer' | 'decimal'; readonly value: number }
  | { readonly type: 'string' | 'token' | 'display-string'; readonly value: string }
  | { readonly type: 'binary'; readonly value: Buffer }
  | { readonly type: 'boolean'; readonly value: boolean }
  /** Seconds since the epoch. */
  | { readonly type: 'date'; readonly value: number };

export type Parameters = ReadonlyMap<string, BareValue>;

export interface ItemValue {
  readonly kind: 'item';
  readonly value: BareValue;
  readonly parameters: Parameters;
}

export interface InnerList {
  readonly kind: 'inner-list';
  readonly items: readonly ItemValue[];
  readonly parameters: Parameters;
}

export type ListValue = readonly (ItemValue | InnerList)[];
export type DictionaryValue = ReadonlyMap<string, ItemValue | InnerList>;

/**
 * Parses structured fields (RFC 9651 section 4.2). Several lines of one field are one value, joined with a comma; the
 * length of the text bounds the work, and whoever reads the request has bounded that.
 * @returns undefined for what is none: the whole field counts for nothing then
 */
export function parseItemField(text: string): ItemValue | undefined {
  return parse(text, (parser) => parser.item());
}

/** See parseItemField; an empty field is an empty list. */
export function parseListField(text: string): ListValue | undefined {
  return parse(text, (parser) => parser.list());
}

/** See parseItemField; of a key that is there twice the last value counts. */
export function parseDictionaryField(text: string): DictionaryValue | undefined {
  return parse(text, (parser) => parser.dictionary());
}

function parse<T>(text: string, read: (parser: Parser) => T): T | undefined {
  const parser = new Parser(text);
  try {
    parser.skipSpaces();
    const value = read(parser);
    parser.skipSpaces();
    return parser.isAtEnd ? value : undefined;
  } catch (error) {
    if (error instanceof NoStructuredField) return undefined;
    throw error;
  }
}

class NoStructuredField extends Error {}

const key = /[a-z*][a-z0-9_.*-]*/y;
const token = /[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*/y;
const number = /-?(?:[0-9]{1,12}\.[0-9]{1,3}|[0-9]{1,15})(?![0-9.])/y;
/** Printable ASCII; quotes and backslashes are escaped, and nothing else is. */
const string = /"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"/y;
/** Section 4.2.7: what is left over in the last character is not to be zero for all that; Node ignores it. */
const binary = /:([A-Za-z0-9+/]*={0,2}):/y;
const boolean = /\?([01])/y;
const date = /@(-?[0-9]{1,15})(?![0-9.])/y;
/** Escapes are in lower case. */
const displayString = /%"((?:[\x20\x21\x23\x24\x26-\x7e]|%[0-9a-f]{2})*)"/y;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  list(): ListValue {
    const members: (ItemValue | InnerList)[] = [];
    if (this.isAtEnd) return members;
    do members.push(this.#itemOrInnerList());
    while (this.#takeComma());
    return members;
  }

  dictionary(): DictionaryValue {
    const members = new Map<string, ItemValue | InnerList>();
    if (this.isAtEnd) return members;
    do {
      const name = this.#match(key)[0]!;
      const value = this.#take('=')
        ? this.#itemOrInnerList()
        : { kind: 'item' as const, value: yes, parameters: this.#parameters() };
      members.set(name, value);
    } while (this.#takeComma());
    return members;
  }

  item(): ItemValue {
    return { kind: 'item', value: this.#bare(), parameters: this.#parameters() };
  }

  skipSpaces(): void {
    while (this.#text[this.#at] === ' ') this.#at++;
  }

  #itemOrInnerList(): ItemValue | InnerList {
    if (!this.#take('(')) return this.item();
    const items: ItemValue[] = [];
    for (;;) {
      this.skipSpaces();
      if (this.#take(')')) return { kind: 'inner-list', items, parameters: this.#parameters() };
      items.push(this.item());
      if (this.#text[this.#at] !== ' ' && this.#text[this.#at] !== ')') throw new NoStructuredField();
    }
  }

  #parameters(): Parameters {
    const parameters = new Map<string, BareValue>();
    while (this.#take(';')) {
      this.skipSpaces();
      const name = this.#match(key)[0]!;
      const value = this.#take('=') ? this.#bare() : yes;
      parameters.set(name, value);
    }
    return parameters;
  }

  #bare(): BareValue {
    const first = this.#text[this.#at] ?? '';
    switch (first) {
      case '"':
        return { type: 'string', value: this.#match(string)[1]!.replace(/\\(.)/g, '$1') };
      case ':':
        return { type: 'binary', value: Buffer.from(this.#match(binary)[1]!, 'base64') };
      case '?':
        return { type: 'boolean', value: this.#match(boolean)[1] === '1' };
      case '@':
        return { type: 'date', value: numberOf(this.#match(date)[1]!) };
      case '%':
        return { type: 'display-string', value: decoded(this.#match(displayString)[1]!) };
      default:
    }
    if (/[A-Za-z*]/.test(first)) return { type: 'token', value: this.#match(token)[0]! };
    const [text = ''] = this.#match(number);
    return { type: text.includes('.') ? 'decimal' : 'integer', value: numberOf(text) };
  }

  /** @returns false at the end. A comma is followed by something (section 4.2.1). */
  #takeComma(): boolean {
    this.#skipBlanks();
    if (this.isAtEnd) return false;
    if (!this.#take(',')) throw new NoStructuredField();
    this.#skipBlanks();
    if (this.isAtEnd) throw new NoStructuredField();
    return true;
  }

  #skipBlanks(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t') this.#at++;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) throw new NoStructuredField();
    this.#at = pattern.lastIndex;
    return match;
  }
}

const yes: BareValue = { type: 'boolean', value: true };

/** There is one zero. */
function numberOf(text: string): number {
  return Number(text) + 0;
}

function decoded(text: string): string {
  const bytes = Buffer.from(
    text.replace(/%(..)/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
    'latin1',
  );
  try {
    return utf8.decode(bytes);
  } catch {
    throw new NoStructuredField();
  }
}
