import type { ByteSet } from '../../regex/byte-set.ts';

/**
 * Bytes in 63 classes, two words of bits: letters by themselves regardless of case, punctuation by itself, and digits, blanks,
 * other white space, other control characters and bytes from 0x80 on. Which classes a value has is known after one pass over
 * it, and tells most patterns apart from it for the price of a few instructions.
 */
export interface Classes {
  readonly letters: number;
  readonly marks: number;
}

const digit = 26;
const blank = 27;
const space = 28;
const control = 29;
const high = 30;
/** No class of its own: set beside that of the letter, as `t:lowercase` changes nothing without it. */
const capital = 31;

/** By byte: its bit in `letters`, with that of a capital, or 0. */
export const letterBits = new Int32Array(256);
/** By byte: its bit in `marks`, or 0. */
export const markBits = new Int32Array(256);

let marks = 0;
for (let byte = 0; byte < 256; byte++) {
  const lower = byte | 0x20;
  if (byte >= 0x80) letterBits[byte] = 1 << high;
  else if (lower >= 0x61 && lower <= 0x7a && byte >= 0x41)
    letterBits[byte] = (1 << (lower - 0x61)) | (byte === lower ? 0 : 1 << capital);
  else if (byte >= 0x30 && byte <= 0x39) letterBits[byte] = 1 << digit;
  else if (byte === 0x20) letterBits[byte] = 1 << blank;
  else if (byte >= 0x09 && byte <= 0x0d) letterBits[byte] = 1 << space;
  else if (byte < 0x20 || byte === 0x7f) letterBits[byte] = 1 << control;
  else markBits[byte] = 1 << marks++;
}

export const noClasses: Classes = { letters: 0, marks: 0 };
export const allClasses: Classes = { letters: -1, marks: -1 };
export const anyCapital: Classes = { letters: 1 << capital, marks: 0 };

/** Those of the bytes in a text. */
export function classesOf(text: string): Classes {
  let letters = 0;
  let marks = 0;
  for (let at = 0; at < text.length; at++) {
    letters |= letterBits[text.charCodeAt(at)]!;
    marks |= markBits[text.charCodeAt(at)]!;
  }
  return { letters, marks };
}

/** Every class that has a byte in the set; without regard to case. */
export function classesOfSet(set: ByteSet): Classes {
  let letters = 0;
  let marks = 0;
  for (let byte = 0; byte < 256; byte++) {
    if (set[byte] === 0) continue;
    letters |= letterBits[byte]! & ~(1 << capital);
    marks |= markBits[byte]!;
  }
  return { letters, marks };
}

export function join(...all: readonly Classes[]): Classes {
  let letters = 0;
  let marks = 0;
  for (const each of all) {
    letters |= each.letters;
    marks |= each.marks;
  }
  return { letters, marks };
}

export const meets = (one: Classes, other: Classes): boolean =>
  (one.letters & other.letters) !== 0 || (one.marks & other.marks) !== 0;

export const includes = (one: Classes, other: Classes): boolean =>
  (other.letters & ~one.letters) === 0 && (other.marks & ~one.marks) === 0;

/** How likely a value is to have one of the classes: letters are in nearly all, marks in few. */
export function likelihood({ letters, marks }: Classes): number {
  return bits(letters & ~(1 << capital)) * 4 + bits(marks);
}

function bits(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}
