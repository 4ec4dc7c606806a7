/** The ALPHA and DIGIT of RFC 5234 B.1. */
export const alphanumeric = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** The characters of a token (RFC 9110 5.6.2). */
export const tokenCharacters = `${alphanumeric}!#$%&'*+-.^_\`|~`;

/** The unreserved characters of RFC 3986 2.3. */
export const unreserved = `${alphanumeric}-._~`;

/**
 * A table with a 1 at the code of each of the (ASCII) `characters`. It has 65,536 entries so that a look-up
 * with any `charCodeAt` is in bounds: an out-of-bounds read costs V8 its fast path.
 */
export function characterTable(characters: string): Uint8Array {
  const table = new Uint8Array(0x10000);
  for (let at = 0; at < characters.length; at++) table[characters.charCodeAt(at)] = 1;
  return table;
}

/** The same for bytes. */
export function byteTable(characters: string): Uint8Array {
  return characterTable(characters).slice(0, 0x100);
}
