import { isUtf8 } from '../transformations/utf8.ts';
import { ArgumentList } from './argument-list.ts';
import { charsetFault } from './charset.ts';
import { type BodyContent, emptyContent } from './content.ts';
import { stringEnd, unescapeString } from './json-string.ts';
import type { BodyLimits } from './limits.ts';

const byteOrderMark = '\xef\xbb\xbf';

/**
 * Reads a JSON text (RFC 8259). Arguments are named as ModSecurity 3 names them: `json.a.b` for a member, `json.array_0` for an
 * item, `json` for a text that is but one value. Unlike there, empty arrays and objects are arguments without a value, as
 * the names that lead to them were seen by no rule otherwise, and `null` is the text that it is.
 *
 * Strict: what only some readers take is a fault. After one that leaves no doubt where the text goes on it goes on; at
 * any other it stops, and the rest is an argument as it is. Linear, and no deeper on the stack for deep texts.
 */
export function readJson(body: string, contentType: string, limits: BodyLimits): BodyContent {
  if (body === '') return emptyContent;
  const reader = new Reader(body, limits);
  const read = reader.read(body.startsWith(byteOrderMark) ? byteOrderMark.length : 0);
  const fault = charsetFault(contentType) ?? encodingFault(body) ?? read;
  return { ...emptyContent, arguments: reader.list.values, fault };
}

function encodingFault(body: string): string | undefined {
  if (!isUtf8(body)) return 'the text is not UTF-8';
  // RFC 8259 section 8.1: some ignore it, some refuse the text.
  return body.startsWith(byteOrderMark) ? 'the text begins with a byte order mark' : undefined;
}

const comma = 0x2c;
const colon = 0x3a;
const quote = 0x22;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

const scalar = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

class Reader {
  readonly list: ArgumentList;
  readonly #body: string;
  readonly #depth: number;
  #at = 0;
  /** The first of those that did not stop it. */
  #fault: string | undefined;
  /** For each array and object that is open: its name, and the index of the next item, or -1 in an object. */
  readonly #names: string[] = [];
  readonly #indices: number[] = [];
  /** Whether the innermost was opened just now: an item has to follow. */
  #isOpened = false;

  constructor(body: string, limits: BodyLimits) {
    this.#body = body;
    this.#depth = limits.depth;
    this.list = new ArgumentList(limits);
  }

  /** @returns the first fault */
  read(from: number): string | undefined {
    this.#at = from;
    const stopped = this.#text();
    if (stopped !== undefined) this.#addRest();
    return this.#fault ?? stopped;
  }

  /** Under the name of what is open, which no value may have shown yet. */
  #addRest(): void {
    const rest = this.#body.slice(this.#at);
    if (rest !== '' || this.#names.length > 1) this.list.addUnread(this.#names.at(-1) ?? 'json', rest);
  }

  /** @returns why it stopped before the end, as all that follow */
  #text(): string | undefined {
    this.#blanks();
    let stopped = this.#value('json');
    while (stopped === undefined && this.#names.length > 0)
      stopped = this.#isOpened ? this.#item() : this.#afterItem();
    if (stopped !== undefined) return stopped;
    this.#blanks();
    return this.#at === this.#body.length ? undefined : 'something follows the text';
  }

  #value(name: string): string | undefined {
    const body = this.#body;
    const first = body.charCodeAt(this.#at);
    if (first === openBrace || first === openBracket) return this.#open(name, first === openBrace);
    if (first === quote) {
      const text = this.#string();
      return text === undefined ? 'a string does not end' : this.list.add(name, text);
    }
    scalar.lastIndex = this.#at;
    const found = scalar.exec(body);
    if (found === null) return 'a value is none of JSON';
    const full = this.list.add(name, found[0]);
    if (full === undefined) this.#at += found[0].length;
    return full;
  }

  #open(name: string, isObject: boolean): string | undefined {
    if (this.#names.length >= this.#depth) return 'the text is nested too deeply';
    this.#at++;
    this.#blanks();
    if (this.#body.charCodeAt(this.#at) === (isObject ? closeBrace : closeBracket)) {
      this.#at++;
      return this.list.add(name, '');
    }
    this.#names.push(name);
    this.#indices.push(isObject ? -1 : 0);
    this.#isOpened = true;
    return undefined;
  }

  #item(): string | undefined {
    const start = this.#at;
    const stopped = this.#namedItem();
    // What is left begins with the name, so that it is seen.
    if (stopped !== undefined) this.#at = start;
    return stopped;
  }

  #namedItem(): string | undefined {
    this.#isOpened = false;
    const level = this.#names.length - 1;
    const index = this.#indices[level]!;
    if (index >= 0) {
      this.#indices[level] = index + 1;
      return this.#value(`${this.#names[level]}.array_${index}`);
    }
    if (this.#body.charCodeAt(this.#at) !== quote) return 'a member has no name';
    const name = this.#string();
    if (name === undefined) return 'a string does not end';
    this.#blanks();
    if (this.#body.charCodeAt(this.#at) !== colon) return 'a name has no colon behind it';
    this.#at++;
    this.#blanks();
    return this.#value(`${this.#names[level]}.${name === '' ? 'empty-key' : name}`);
  }

  #afterItem(): string | undefined {
    this.#blanks();
    const next = this.#body.charCodeAt(this.#at);
    const isObject = this.#indices.at(-1)! < 0;
    if (next === comma) {
      this.#at++;
      this.#blanks();
      return this.#item();
    }
    if (next !== (isObject ? closeBrace : closeBracket)) return 'an array or object does not go on or end';
    this.#at++;
    this.#names.pop();
    this.#indices.pop();
    return undefined;
  }

  #string(): string | undefined {
    const from = this.#at + 1;
    const end = stringEnd(this.#body, from);
    if (end < 0) return undefined;
    this.#at = end + 1;
    const { text, fault } = unescapeString(this.#body.slice(from, end));
    this.#fault ??= fault;
    return text;
  }

  #blanks(): void {
    const body = this.#body;
    let at = this.#at;
    for (;;) {
      const byte = body.charCodeAt(at);
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
      at++;
    }
    this.#at = at;
  }
}
