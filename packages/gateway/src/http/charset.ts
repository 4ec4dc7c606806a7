import { isUtf8 } from 'node:buffer';

/** The character encodings besides UTF-8 that can be read. */
export const charsets = ['iso-8859-1', 'windows-1252', 'utf-16'] as const;
export type Charset = (typeof charsets)[number];

/** By the names under which they come (lower case). */
const names: ReadonlyMap<string, Charset | 'utf-8'> = new Map([
  ['utf-8', 'utf-8'],
  ['us-ascii', 'utf-8'],
  ['iso-8859-1', 'iso-8859-1'],
  ['latin1', 'iso-8859-1'],
  ['windows-1252', 'windows-1252'],
  ['cp1252', 'windows-1252'],
  ['utf-16', 'utf-16'],
  ['utf-16le', 'utf-16'],
  ['utf-16be', 'utf-16'],
]);

/** The encoding that a `charset` parameter means; undefined for one that is not known. */
export function charsetOf(label: string): Charset | 'utf-8' | undefined {
  return names.get(label.toLowerCase());
}

/**
 * The bytes in UTF-8, or undefined where they are none of the encoding, or where two readers could take them
 * differently: the C1 controls of ISO 8859-1, which browsers (WHATWG Encoding) take for windows-1252; the five
 * positions that windows-1252 leaves free; UTF-16 without a byte order mark, which is big-endian to one standard
 * (RFC 2781 section 4.3) and little-endian to the other, or with one where the order is in the name (section 3.3).
 * @param label as it was sent; one that `charsetOf` knows
 */
export function toUtf8(bytes: Buffer, label: string): Buffer | undefined {
  const name = label.toLowerCase();
  switch (charsetOf(name)) {
    case 'iso-8859-1':
      return /[\x80-\x9f]/.test(bytes.toString('latin1')) ? undefined : Buffer.from(bytes.toString('latin1'));
    case 'windows-1252':
      return /[\x81\x8d\x8f\x90\x9d]/.test(bytes.toString('latin1'))
        ? undefined
        : decoded(bytes, 'windows-1252');
    case 'utf-16':
      return fromUtf16(bytes, name);
    case 'utf-8':
      if (name === 'us-ascii' && /[\x80-\xff]/.test(bytes.toString('latin1'))) return undefined;
      return isUtf8(bytes) ? bytes : undefined;
    default:
      return undefined;
  }
}

function fromUtf16(bytes: Buffer, name: string): Buffer | undefined {
  const mark = bytes.length < 2 ? 0 : bytes.readUInt16BE(0);
  const marked = mark === 0xfeff ? 'utf-16be' : mark === 0xfffe ? 'utf-16le' : undefined;
  if (name === 'utf-16') return marked === undefined ? undefined : decoded(bytes.subarray(2), marked);
  return marked === undefined ? decoded(bytes, name) : undefined;
}

function decoded(bytes: Buffer, label: string): Buffer | undefined {
  try {
    return Buffer.from(new TextDecoder(label, { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
