import { characterTable } from './characters.ts';
import { isFieldName, isFieldValue, isWhitespace, tokenEnd } from './field-syntax.ts';
import { Malformed } from './malformed.ts';

/** RFC 9110 section 5.5: visible characters, spaces and tabs, and what is above ASCII. No CR, LF or NUL. */
const valueCharacters = characterTable(
  `\t${String.fromCharCode(
    ...Array.from({ length: 0x7f - 0x20 }, (_, i) => 0x20 + i),
    ...Array.from({ length: 0x80 }, (_, i) => 0x80 + i),
  )}`,
);

const colon = 0x3a;

/**
 * Reads field lines (RFC 9112 section 5): no white space before the colon, no line that goes on in the next one, and
 * CR LF at the end of each, which nothing else may contain.
 * @param text latin1
 * @param from where the first line begins
 * @param into gets name and value by turns, names as they are written
 * @throws Malformed
 */
export function readFieldLines(text: string, from: number, into: string[]): void {
  for (let at = from; at < text.length; ) {
    const end = lineEnd(text, at);
    const nameEnd = tokenEnd(text, at);
    if (nameEnd === at || text.charCodeAt(nameEnd) !== colon) throw new Malformed('FIELD');
    into.push(text.slice(at, nameEnd), readValue(text, nameEnd + 1, end));
    at = end + 2;
  }
}

/** Where the line that starts at `from` ends: at its CR LF, or at the end of the text. */
export function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\r\n', from);
  return end < 0 ? text.length : end;
}

/** Whether a part of a text has only what may stand in a value. */
export function isValue(text: string, from: number, end: number): boolean {
  for (let at = from; at < end; at++) if (valueCharacters[text.charCodeAt(at)] === 0) return false;
  return true;
}

function readValue(text: string, from: number, end: number): string {
  let first = from;
  let last = end;
  while (first < last && isWhitespace(text.charCodeAt(first))) first++;
  while (last > first && isWhitespace(text.charCodeAt(last - 1))) last--;
  if (!isValue(text, first, last)) throw new Malformed('FIELD');
  return text.slice(first, last);
}

/**
 * Writes field lines. What is written was parsed or set by us, but policies may have put in what they like, and a line
 * break in it would be a field, or a message, of its own.
 * @param fields name and value by turns
 * @returns undefined when one of them cannot be written
 */
export function writeFieldLines(fields: readonly string[]): string | undefined {
  let lines = '';
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!;
    const value = fields[i + 1]!;
    if (!isFieldName(name) || !isFieldValue(value)) return undefined;
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
}

/** Fifteen digits are more than any content has, and still exact as a number (RFC 9110 section 8.6). */
export function readContentLength(text: string): number {
  if (text.length === 0 || text.length > 15) throw new Malformed('FRAMING');
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x30 || code > 0x39) throw new Malformed('FRAMING');
  }
  return Number(text);
}
