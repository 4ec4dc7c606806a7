import { crc32 } from 'node:zlib';

export const prefix = 'pck_';
/** 22 characters of 62 hold 130.9 bits. */
export const bodyLength = 22;
/** 62^6 is the first power above 2^32. */
const checksumLength = 6;
const keyLength = prefix.length + bodyLength + checksumLength;
export const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * True for the text of a key as this program makes them: `pck_`, 22 random base62 characters, and 6 of a checksum, the
 * CRC-32 of what stands before it in base62. The prefix and the checksum let a scanner tell a leaked key from any other
 * word, and let typing errors and guesses be refused without a look-up. The checksum is no secret and proves nothing.
 */
export function looksLikeKey(text: string): boolean {
  if (text.length !== keyLength || !text.startsWith(prefix)) return false;
  for (let index = prefix.length; index < keyLength; index += 1) {
    if (!isDigit(text.charCodeAt(index))) return false;
  }
  const checked = keyLength - checksumLength;
  return checksum(text.slice(0, checked)) === text.slice(checked);
}

function isDigit(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

export function checksum(text: string): string {
  let rest = crc32(text);
  let written = '';
  for (let index = 0; index < checksumLength; index += 1) {
    written = digits.charAt(rest % 62) + written;
    rest = Math.floor(rest / 62);
  }
  return written;
}
