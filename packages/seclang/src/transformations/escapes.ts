import { copy, fullWidth, hexPair, hexValue, isSpace, scratch, unicodeQuad, written } from './bytes.ts';

/** What a letter after a backslash stands for, by its byte; 0 for none (no such escape gives a NUL). */
const controls = new Uint8Array(256);
for (const [letter, byte] of Object.entries({ a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 }))
  controls[letter.charCodeAt(0)] = byte;

/** Where a value is decoded to; shared, as nothing here is reentrant. */
interface Output {
  target: Buffer;
  at: number;
}
const output: Output = { target: scratch(0), at: 0 };

/** Runs `step` at each backslash: it writes what the escape stands for, and returns how long it was (0 for none). */
function decode(value: string, step: (value: string, index: number) => number): string {
  let index = value.indexOf('\\');
  if (index < 0) return value;
  output.target = scratch(value.length);
  output.at = copy(value, 0, index, output.target, 0);
  let isChanged = false;
  while (index < value.length) {
    const byte = value.charCodeAt(index);
    const size = byte === 0x5c ? step(value, index) : 0;
    if (size === 0) output.target[output.at++] = byte;
    else isChanged = true;
    index += size || 1;
  }
  return isChanged ? written(output.target, output.at) : value;
}

/** JavaScript's escapes: `\uHHHH` (its lower byte; full-width forms become ASCII), `\xHH`, octal, control characters, or the character itself. */
export function jsDecode(value: string): string {
  return decode(value, jsEscape);
}

function jsEscape(value: string, index: number): number {
  if (index + 1 >= value.length) return 0;
  const next = value.charCodeAt(index + 1);
  if (next === 0x75) {
    const byte = unicodeQuad(value, index + 2);
    if (byte >= 0) return put(byte, 6);
  } else if (next === 0x78) {
    const byte = hexPair(value, index + 2);
    if (byte >= 0) return put(byte, 4);
  } else if (isOctal(next)) {
    let digits = octalDigits(value, index + 1);
    // A third digit counts only where the value stays within a byte.
    if (digits === 3 && next > 0x33) digits = 2;
    return put(octal(value, index + 1, digits), 1 + digits);
  }
  return put(controls[next] || next, 2);
}

/** The escapes of ANSI C: `\xHH`, octal, control characters; of any other the backslash goes. */
export function escapeSeqDecode(value: string): string {
  return decode(value, cEscape);
}

function cEscape(value: string, index: number): number {
  if (index + 1 >= value.length) return 0;
  const next = value.charCodeAt(index + 1);
  if ((next | 0x20) === 0x78) {
    const byte = hexPair(value, index + 2);
    if (byte >= 0) return put(byte, 4);
  } else if (isOctal(next)) {
    const digits = octalDigits(value, index + 1);
    return put(octal(value, index + 1, digits), 1 + digits);
  }
  return put(controls[next] || next, 2);
}

/** The escapes of CSS 2: one to six hexadecimal digits and one white space, of which the lower byte counts; a line break vanishes. */
export function cssDecode(value: string): string {
  return decode(value, cssEscape);
}

function cssEscape(value: string, index: number): number {
  const start = index + 1;
  // A backslash at the very end stands for nothing.
  if (start >= value.length) return 1;
  let end = start;
  while (end < value.length && end - start < 6 && hexValue[value.charCodeAt(end)]! >= 0) end++;
  const digits = end - start;
  if (digits === 0) {
    const next = value.charCodeAt(start);
    return next === 0x0a ? 2 : put(next, 2);
  }
  const code = Number.parseInt(value.slice(start, end), 16);
  const byte = digits >= 4 && code <= 0xffff ? fullWidth(code >> 8, code & 0xff) : code & 0xff;
  const hasSpace = end < value.length && isSpace(value.charCodeAt(end));
  return put(byte, 1 + digits + (hasSpace ? 1 : 0));
}

function put(byte: number, size: number): number {
  output.target[output.at++] = byte;
  return size;
}

function isOctal(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x37;
}

function octalDigits(value: string, index: number): number {
  let count = 0;
  while (count < 3 && index + count < value.length && isOctal(value.charCodeAt(index + count))) count++;
  return count;
}

function octal(value: string, index: number, digits: number): number {
  return Number.parseInt(value.slice(index, index + digits), 8) & 0xff;
}
