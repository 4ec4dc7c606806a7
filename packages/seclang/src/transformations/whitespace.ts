import { isSpace } from './bytes.ts';

/** What the reference manual calls white space here: that of C, and the no-break space of latin1. */
const whitespace = /[\t-\r \xa0]/;

export function removeWhitespace(value: string): string {
  return whitespace.test(value) ? value.replace(/[\t-\r \xa0]+/g, '') : value;
}

/** A run of white space becomes one blank. */
export function compressWhitespace(value: string): string {
  // Most values have single blanks at most, which stay as they are.
  return /[\t-\r\xa0]| {2}/.test(value) ? value.replace(/[\t-\r \xa0]+/g, ' ') : value;
}

export function trimLeft(value: string): string {
  return value.slice(firstInk(value));
}

export function trimRight(value: string): string {
  return value.slice(0, lastInk(value, 0));
}

export function trim(value: string): string {
  const start = firstInk(value);
  return value.slice(start, lastInk(value, start));
}

function firstInk(value: string): number {
  let index = 0;
  while (index < value.length && isSpace(value.charCodeAt(index))) index++;
  return index;
}

function lastInk(value: string, from: number): number {
  let end = value.length;
  while (end > from && isSpace(value.charCodeAt(end - 1))) end--;
  return end;
}
