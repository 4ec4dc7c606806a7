import { copy, hexValue, scratch, written } from './bytes.ts';

const named = new Map([
  ['quot', 0x22],
  ['amp', 0x26],
  ['lt', 0x3c],
  ['gt', 0x3e],
  ['nbsp', 0xa0],
]);

/**
 * `&#xHH;`, `&#DD;` (any number of digits, the lower byte counts) and the names `quot`, `amp`, `lt`, `gt`, `nbsp`; the
 * semicolon may be missing, as browsers allow.
 */
export function htmlEntityDecode(value: string): string {
  let index = value.indexOf('&');
  if (index < 0) return value;
  const { length } = value;
  const target = scratch(length);
  let at = copy(value, 0, index, target, 0);
  let isChanged = false;
  while (index < length) {
    if (value.charCodeAt(index) === 0x26 && entity(value, index)) {
      target[at++] = found.byte;
      index = found.end;
      if (value.charCodeAt(index) === 0x3b) index++;
      isChanged = true;
    } else target[at++] = value.charCodeAt(index++);
  }
  return isChanged ? written(target, at) : value;
}

const found = { byte: 0, end: 0 };

/** Whether one begins at `index`; what it is stands in `found`. */
function entity(value: string, index: number): boolean {
  if (value.charCodeAt(index + 1) !== 0x23) return name(value, index + 1);
  const isHex = (value.charCodeAt(index + 2) | 0x20) === 0x78;
  return number(value, index + (isHex ? 3 : 2), isHex ? 16 : 10);
}

function number(value: string, start: number, base: number): boolean {
  let end = start;
  let code = 0;
  for (; end < value.length; end++) {
    const digit = hexValue[value.charCodeAt(end)]!;
    if (digit < 0 || digit >= base) break;
    // As C's strtol, which stays at its largest number, whose lower byte is 0xFF.
    code = Math.min(code * base + digit, 2 ** 63);
  }
  if (end === start) return false;
  found.byte = code >= 2 ** 63 ? 0xff : lowByte(value, start, end, base, code);
  found.end = end;
  return true;
}

/** Beyond 2^53 a number of JavaScript has lost its lower bits. */
function lowByte(value: string, start: number, end: number, base: number, code: number): number {
  if (code <= Number.MAX_SAFE_INTEGER) return code % 256;
  let byte = 0;
  for (let index = start; index < end; index++)
    byte = (byte * base + hexValue[value.charCodeAt(index)]!) & 0xff;
  return byte;
}

/** The longest run of letters and digits has to be the name: `&ltx` is none. No name has more than four. */
function name(value: string, start: number): boolean {
  let end = start;
  while (end < value.length && end - start < 5 && isAlphanumeric(value.charCodeAt(end))) end++;
  if (end - start < 2 || end - start > 4) return false;
  const byte = named.get(value.slice(start, end).toLowerCase());
  if (byte === undefined) return false;
  found.byte = byte;
  found.end = end;
  return true;
}

function isAlphanumeric(byte: number): boolean {
  const letter = byte | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || (byte >= 0x30 && byte <= 0x39);
}
