import { crc32 } from 'node:zlib';
import { digits, randomText } from './random-text.ts';

export const keyPrefix = 'pck_';
/** 22 characters of 62 hold 130.9 bits. */
const bodyLength = 22;
/** 62^6 is the first power above 2^32. */
const checksumLength = 6;
/** Characters of a key. */
export const keyLength = keyPrefix.length + bodyLength + checksumLength;

/** Finds the text of keys, for scanners that know no checksum. */
export const keyPattern = `${keyPrefix}[0-9A-Za-z]{${bodyLength + checksumLength}}`;

/**
 * True for the text of a key as this program makes them: `pck_`, 22 random base62 characters, and 6 of a checksum, the
 * CRC-32 of what stands before it in base62. The prefix and the checksum let a scanner tell a leaked key from any other
 * word, and let typing errors and guesses be refused without a look-up. The checksum is no secret and proves nothing.
 */
export function looksLikeKey(text: string): boolean {
  if (text.length !== keyLength || !text.startsWith(keyPrefix)) return false;
  for (let index = keyPrefix.length; index < keyLength; index += 1) {
    if (!isDigit(text.charCodeAt(index))) return false;
  }
  const checked = keyLength - checksumLength;
  return checksum(text.slice(0, checked)) === text.slice(checked);
}

/** A new key. */
export function makeKey(): string {
  const text = keyPrefix + randomText(bodyLength);
  return text + checksum(text);
}

/** As much of a key as may be shown: enough to see that it is one. */
export function keyBeginning(key: string): string {
  return `${key.slice(0, keyPrefix.length + 2)}…`;
}

function isDigit(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

function checksum(text: string): string {
  let rest = crc32(text);
  let written = '';
  for (let index = 0; index < checksumLength; index += 1) {
    written = digits.charAt(rest % 62) + written;
    rest = Math.floor(rest / 62);
  }
  return written;
}
