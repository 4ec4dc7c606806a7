import { hexPair, scratch, written } from './bytes.ts';

export function hexEncode(value: string): string {
  return value === '' ? value : Buffer.from(value, 'latin1').toString('hex');
}

/** Pairs of digits; a last one alone goes. A byte that is no digit counts as the language's arithmetic has it. */
export function hexDecode(value: string): string {
  const length = value.length >> 1;
  const target = scratch(length);
  for (let index = 0; index < length; index++)
    target[index] = digit(value.charCodeAt(index * 2)) * 16 + digit(value.charCodeAt(index * 2 + 1));
  const result = written(target, length);
  return result === value ? value : result;
}

function digit(byte: number): number {
  return byte >= 0x41 ? (byte & 0xdf) - 0x41 + 10 : byte - 0x30;
}

/** A literal such as `0x414243` becomes its bytes. */
export function sqlHexDecode(value: string): string {
  if (!/0x[0-9a-f]{2}/i.test(value)) return value;
  const target = scratch(value.length);
  let at = 0;
  for (let index = 0; index < value.length; ) {
    const begins = value.charCodeAt(index) === 0x30 && (value.charCodeAt(index + 1) | 0x20) === 0x78;
    let byte = begins ? hexPair(value, index + 2) : -1;
    if (byte < 0) {
      target[at++] = value.charCodeAt(index++);
      continue;
    }
    for (index += 2; byte >= 0; byte = hexPair(value, index)) {
      target[at++] = byte;
      index += 2;
    }
  }
  return written(target, at);
}
