/** The value of a hexadecimal digit by its byte; -1 for any other byte. */
export const hexValue = new Int8Array(256).fill(-1);
for (let digit = 0; digit < 16; digit++) {
  hexValue[digit.toString(16).charCodeAt(0)] = digit;
  hexValue[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

/** As `isspace` has it in the C locale: tab, line feed, vertical tab, form feed, carriage return, blank. */
export function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

/** @returns the byte of two hexadecimal digits at `index`, -1 where there are none */
export function hexPair(value: string, index: number): number {
  if (index + 1 >= value.length) return -1;
  const high = hexValue[value.charCodeAt(index)]!;
  const low = hexValue[value.charCodeAt(index + 1)]!;
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/**
 * The byte that four hexadecimal digits at `index` stand for: the lower one, where full-width forms (U+FF01 to U+FF5E)
 * become the ASCII character that they show, as services on Windows take them. -1 where there are no four digits.
 */
export function unicodeQuad(value: string, index: number): number {
  const high = hexPair(value, index);
  const low = hexPair(value, index + 2);
  if (high < 0 || low < 0) return -1;
  return fullWidth(high, low);
}

export function fullWidth(high: number, low: number): number {
  return high === 0xff && low > 0x00 && low < 0x5f ? low + 0x20 : low;
}

/** Kept between calls, so that a value costs one string and no buffer; nothing here is reentrant or asynchronous. */
const kept = Buffer.allocUnsafeSlow(16_384);

/** A place to write `length` bytes to, good until the next call. */
export function scratch(length: number): Buffer {
  return length <= kept.length ? kept : Buffer.allocUnsafeSlow(length);
}

export function written(buffer: Buffer, length: number): string {
  return buffer.toString('latin1', 0, length);
}

/** Copies bytes of a value into a scratch buffer. @returns where the next byte goes */
export function copy(value: string, from: number, to: number, target: Buffer, at: number): number {
  for (let index = from; index < to; index++) target[at++] = value.charCodeAt(index);
  return at;
}
