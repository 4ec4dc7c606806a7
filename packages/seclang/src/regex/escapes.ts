import {
  type ByteSet,
  complement,
  digits,
  horizontalSpaces,
  spaces,
  verticalSpaces,
  wordBytes,
} from './byte-set.ts';
import type { Cursor } from './cursor.ts';
import { PatternError } from './syntax.ts';

const classes: ReadonlyMap<string, ByteSet> = new Map([
  ['d', digits],
  ['D', complement(digits)],
  ['w', wordBytes],
  ['W', complement(wordBytes)],
  ['s', spaces],
  ['S', complement(spaces)],
  ['h', horizontalSpaces],
  ['H', complement(horizontalSpaces)],
  ['v', verticalSpaces],
  ['V', complement(verticalSpaces)],
]);

/** `\d` and the like, the cursor behind the backslash. Case flags change none of them. */
export function classEscape(cursor: Cursor): ByteSet | undefined {
  const letter = cursor.takeMatch(/[dDwWsShHvV]/y)?.[0];
  return letter === undefined ? undefined : classes.get(letter);
}

const controls: ReadonlyMap<string, number> = new Map([
  ['a', 7],
  ['e', 27],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
]);

/**
 * An escape that stands for one byte (pcre2pattern, "Non-printing characters"), the cursor behind the backslash.
 * A letter without a meaning is refused as PCRE2 does; PCRE 1 took it for itself.
 * @throws PatternError
 */
export function byteEscape(cursor: Cursor, at: number): number {
  const hexadecimal = cursor.takeMatch(/x(?:\{([\da-fA-F]+)\}|([\da-fA-F]{0,2}))/y);
  if (hexadecimal !== undefined) return inRange(parseInt(hexadecimal[1] ?? (hexadecimal[2] || '0'), 16), at);
  const octal = cursor.takeMatch(/o\{([0-7]+)\}|(0[0-7]{0,2}|[1-7][0-7]{0,2})/y);
  if (octal !== undefined) return inRange(parseInt(octal[1] ?? octal[2]!, 8), at);
  const control = cursor.takeMatch(/c([\x20-\x7e])/y);
  if (control !== undefined) return control[1]!.toUpperCase().charCodeAt(0) ^ 0x40;
  const char = cursor.next();
  const code = controls.get(char);
  if (code !== undefined) return code;
  if (/[A-Za-z0-9]/.test(char)) throw new PatternError(`unknown escape \\${char}`, at);
  return inRange(char.charCodeAt(0), at);
}

function inRange(code: number, at: number): number {
  if (code > 0xff) throw new PatternError('character above \\xff: patterns are of bytes', at);
  return code;
}
