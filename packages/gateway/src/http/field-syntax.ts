import { characterTable, tokenCharacters } from './characters.ts';

const quote = 0x22;
const backslash = 0x5c;
const space = 0x20;
const tab = 0x09;

const tokenTable = characterTable(tokenCharacters);

/** Where the token (RFC 9110 5.6.2) that starts at `from` ends; `from` itself if there is none. */
export function tokenEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && tokenTable[text.charCodeAt(at)] === 1) at++;
  return at;
}

/** Where the optional white space (RFC 9110 5.6.3) that starts at `from` ends. */
export function whitespaceEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && isWhitespace(text.charCodeAt(at))) at++;
  return at;
}

// The names in use are few, and a look-up costs a fifth of a look at each character. Some are chosen by clients.
const knownNames = new Set<string>();
const mostNames = 4_096;

/** Whether a text can be the name of a field (RFC 9110 5.1), or a method (9.1): a token. */
export function isFieldName(text: string): boolean {
  if (knownNames.has(text)) return true;
  if (text === '' || tokenEnd(text, 0) !== text.length) return false;
  if (knownNames.size < mostNames && text.length <= 64) knownNames.add(text);
  return true;
}

/** All but visible characters, spaces and tabs, and what is above ASCII. */
const notInValue = /[^\t\x20-\x7e\x80-\xff]/;

/** Whether a text can be written as the value of a field (RFC 9110 5.5): no CR, LF or NUL can come of it. */
export function isFieldValue(text: string): boolean {
  return !notInValue.test(text);
}

/** Whether the character code is one of optional white space: a space or a tab. */
export function isWhitespace(code: number): boolean {
  return code === space || code === tab;
}

/** Where the quoted-string (RFC 9110 5.6.4) that starts at `from` ends, after its last quote; -1 if malformed. */
export function quotedStringEnd(text: string, from: number): number {
  if (text.charCodeAt(from) !== quote) return -1;
  for (let at = from + 1; at < text.length; at++) {
    let code = text.charCodeAt(at);
    if (code === quote) return at + 1;
    if (code === backslash) code = text.charCodeAt(++at);
    // NaN, past the end, fails each comparison and so the test.
    if (!(code === tab || (code >= space && code !== 0x7f && code <= 0xff))) return -1;
  }
  return -1;
}

/** The content of the well-formed quoted-string from `from` to `end`. */
export function unquote(text: string, from: number, end: number): string {
  const content = text.slice(from + 1, end - 1);
  return content.includes('\\') ? content.replace(/\\(.)/g, '$1') : content;
}

/** `value` as a token if it is one, else as a quoted-string. Throws on what neither can hold: not visible ASCII. */
export function tokenOrQuoted(value: string): string {
  if (value !== '' && tokenEnd(value, 0) === value.length) return value;
  if (!/^[\x20-\x7e]*$/.test(value)) throw new TypeError(`not writable in a field: ${JSON.stringify(value)}`);
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}
