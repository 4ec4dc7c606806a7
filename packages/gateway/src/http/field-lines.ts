import { byteTable, tokenCharacters } from './characters.ts';
import { isFieldName, isFieldValue } from './field-syntax.ts';
import { Malformed } from './malformed.ts';

/** RFC 9110 section 5.5: visible characters, spaces and tabs, and what is above ASCII. No CR, LF or NUL. */
const valueCharacters = `\t${String.fromCharCode(
  ...Array.from({ length: 0x7f - 0x20 }, (_, i) => 0x20 + i),
  ...Array.from({ length: 0x80 }, (_, i) => 0x80 + i),
)}`;

const tokens = byteTable(tokenCharacters);
const values = byteTable(valueCharacters);

const tab = 0x09;
const lf = 0x0a;
const cr = 0x0d;
const space = 0x20;
const colon = 0x3a;

/** Of a head, or of trailers. What follows the parser takes microseconds for each, and 64 KiB have room for 9,000. */
export const mostFields = 1_000;

/**
 * Reads field lines (RFC 9112 section 5): no white space before the colon, no line that goes on in the next one, and
 * CR LF at the end of each, which nothing else may contain. It goes over the bytes, as V8 takes several times as long
 * to look at the characters of a text that is a part of another one.
 * @param text latin1, the same as `bytes` from `from` on
 * @param end where the last line ends, without its CR LF, so that nothing is read behind it
 * @param into gets name and value by turns, names as they are written
 * @throws Malformed
 */
export function readFieldLines(bytes: Buffer, from: number, end: number, text: string, into: string[]): void {
  for (let at = from; at < end; ) {
    if (into.length >= 2 * mostFields) throw new Malformed('HEAD_SIZE');
    const nameAt = at;
    while (at < end && tokens[bytes[at]!] === 1) at++;
    if (at === nameAt || at >= end || bytes[at] !== colon) throw new Malformed('FIELD');
    const nameEnd = at++;
    while (at < end && isBlank(bytes[at]!)) at++;
    const valueAt = at;
    while (at < end && values[bytes[at]!] === 1) at++;
    let valueEnd = at;
    while (valueEnd > valueAt && isBlank(bytes[valueEnd - 1]!)) valueEnd--;
    if (at < end && (bytes[at] !== cr || at + 1 >= end || bytes[at + 1] !== lf)) throw new Malformed('FIELD');
    at += 2;
    into.push(text.slice(nameAt - from, nameEnd - from), text.slice(valueAt - from, valueEnd - from));
  }
}

function isBlank(byte: number): boolean {
  return byte === space || byte === tab;
}

/** Where the empty line is that ends a head: the place of the first of its two line breaks; -1 if it has yet to come. */
export function endOfHead(bytes: Buffer, from: number): number {
  // A loop, as Buffer.indexOf costs three times as much for the few hundred bytes of a usual head.
  for (let at = from + 3; at < bytes.length; at++) {
    if (bytes[at] === lf && bytes[at - 2] === lf && bytes[at - 1] === cr && bytes[at - 3] === cr)
      return at - 3;
  }
  return -1;
}

/** Where the line that starts at `from` ends: at its CR LF, or at the end. */
export function lineEnd(bytes: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] !== cr) at++;
  return at;
}

/** Whether a part of some bytes has only what may stand in a value. */
export function isValue(bytes: Buffer, from: number, end: number): boolean {
  for (let at = from; at < end; at++) if (values[bytes[at]!] !== 1) return false;
  return true;
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
