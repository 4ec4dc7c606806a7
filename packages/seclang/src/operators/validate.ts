import type { ByteSet } from '../regex/byte-set.ts';
import { hexPair } from '../transformations/bytes.ts';
import { isUtf8 } from '../transformations/utf8.ts';
import { type Matcher, matched, OperatorFault } from './operator.ts';

/** Matches values with a byte outside of the ranges: `1-255`, `9,10,13,32-126`. */
export function validateByteRange(argument: string): Matcher {
  const isAllowed = byteRanges(argument);
  return (value) => {
    for (let index = 0; index < value.length; index++)
      if (isAllowed[value.charCodeAt(index)] === 0) return matched;
    return false;
  };
}

/** @throws OperatorFault */
export function byteRanges(argument: string): ByteSet {
  const isAllowed = new Uint8Array(256);
  for (const range of argument.split(',')) {
    const [, first, last] = /^\s*(\d{1,3})\s*(?:-\s*(\d{1,3})\s*)?$/.exec(range) ?? [];
    const from = Number(first);
    const to = Number(last ?? first);
    if (first === undefined || from > to || to > 255)
      throw new OperatorFault(
        `“${range}” is no range of bytes: write numbers from 0 to 255, such as 1-255 or 9,10,13,32-126`,
      );
    isAllowed.fill(1, from, to + 1);
  }
  return isAllowed;
}

/** Matches values in which a `%` is not followed by two hexadecimal digits. */
export function validateUrlEncoding(): Matcher {
  return (value) => {
    for (let at = value.indexOf('%'); at >= 0; at = value.indexOf('%', at + 3))
      if (hexPair(value, at + 1) < 0) return matched;
    return false;
  };
}

/** Matches values that are not UTF-8 (RFC 3629). */
export function validateUtf8Encoding(): Matcher {
  return (value) => (isUtf8(value) ? false : matched);
}
