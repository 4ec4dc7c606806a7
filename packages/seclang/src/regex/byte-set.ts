/** A set of bytes as 256 flags. Never changed after it is made. */
export type ByteSet = Readonly<Uint8Array>;

export function byteSet(has: (byte: number) => boolean): ByteSet {
  return Uint8Array.from({ length: 256 }, (_, byte) => (has(byte) ? 1 : 0));
}

export const noBytes = byteSet(() => false);
export const allBytes = byteSet(() => true);

export const bytesFromTo = (from: number, to: number): ByteSet => new Uint8Array(256).fill(1, from, to + 1);

/** The bytes of a latin1 string. */
export function bytesOf(text: string): ByteSet {
  const set = new Uint8Array(256);
  for (let at = 0; at < text.length; at++) set[text.charCodeAt(at)] = 1;
  return set;
}

export function union(...sets: readonly ByteSet[]): ByteSet {
  const all = new Uint8Array(256);
  for (const set of sets) for (let byte = 0; byte < 256; byte++) all[byte]! |= set[byte]!;
  return all;
}

export function complement(set: ByteSet): ByteSet {
  const others = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) others[byte] = 1 - set[byte]!;
  return others;
}

export function intersect(one: ByteSet, other: ByteSet): boolean {
  for (let byte = 0; byte < 256; byte++) if ((one[byte]! & other[byte]!) === 1) return true;
  return false;
}

export function equal(one: ByteSet, other: ByteSet): boolean {
  for (let byte = 0; byte < 256; byte++) if (one[byte] !== other[byte]) return false;
  return true;
}

export const isEmpty = (set: ByteSet): boolean => !set.includes(1);

/** Adds the other case of the ASCII letters, and of these only: PCRE without locale folds no other byte. */
export function foldAscii(set: ByteSet): ByteSet {
  const folded = Uint8Array.from(set);
  for (let upper = 0x41; upper <= 0x5a; upper++) {
    const lower = upper + 0x20;
    if (set[upper] === 1 || set[lower] === 1) folded[upper] = folded[lower] = 1;
  }
  return folded;
}

/** The bytes in the set, in order. */
export function members(set: ByteSet): number[] {
  const bytes: number[] = [];
  for (let byte = 0; byte < 256; byte++) if (set[byte] === 1) bytes.push(byte);
  return bytes;
}

const ascii = (from: string, to: string): ByteSet => bytesFromTo(from.charCodeAt(0), to.charCodeAt(0));

export const digits = ascii('0', '9');
const upper = ascii('A', 'Z');
const lower = ascii('a', 'z');
export const wordBytes = union(digits, upper, lower, bytesOf('_'));
/** With VT, as PCRE has it since 8.34, and without 0xA0, which V8 counts in. */
export const spaces = bytesOf(' \t\n\v\f\r');
export const horizontalSpaces = bytesOf(' \t\xa0');
export const verticalSpaces = bytesOf('\n\v\f\r\x85');
export const newline = bytesOf('\n');

const graph = bytesFromTo(0x21, 0x7e);
const alnum = union(digits, upper, lower);

/** POSIX classes in the locale C (pcre2pattern, "POSIX character classes"). */
export const posixClasses: ReadonlyMap<string, ByteSet> = new Map([
  ['alnum', alnum],
  ['alpha', union(upper, lower)],
  ['ascii', bytesFromTo(0, 0x7f)],
  ['blank', bytesOf(' \t')],
  ['cntrl', union(bytesFromTo(0, 0x1f), bytesOf('\x7f'))],
  ['digit', digits],
  ['graph', graph],
  ['lower', lower],
  ['print', bytesFromTo(0x20, 0x7e)],
  ['punct', byteSet((byte) => graph[byte] === 1 && alnum[byte] === 0)],
  ['space', spaces],
  ['upper', upper],
  ['word', wordBytes],
  ['xdigit', union(digits, bytesOf('abcdefABCDEF'))],
]);
