import { type Matcher, type OperatorEnvironment, OperatorFault } from './operator.ts';
import { PhraseSet } from './phrase-set.ts';

/** Words, separated by white space, without regard to the case of ASCII letters. The longest that ends first is captured. */
export function pm(argument: string): Matcher {
  return matcherOf(words(argument));
}

export function words(argument: string): string[] {
  return notated(argument)
    .split(/[\t-\r ]+/)
    .filter((word) => word !== '');
}

/** Phrases from files, one a line: `#` begins a comment line, blanks around do not count. */
export function pmFromFile(argument: string, environment: OperatorEnvironment): Matcher {
  return matcherOf(fileLines(argument, environment));
}

/** @throws OperatorFault */
export function fileLines(argument: string, { readFile }: OperatorEnvironment): string[] {
  const names = argument.split(/\s+/).filter((name) => name !== '');
  if (names.length === 0) throw new OperatorFault('it needs the name of a file with phrases');
  return names
    .flatMap((name) => readFile(name).split('\n'))
    .map((line) => line.replace(/^[\t-\r ]+|[\t-\r ]+$/g, ''))
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** One text, anywhere in the value, without regard to the case of ASCII letters. */
export function strmatch(argument: string): Matcher {
  return matcherOf([notated(argument)]);
}

function matcherOf(phrases: readonly string[]): Matcher {
  if (phrases.length === 0 || phrases.includes('')) throw new OperatorFault('it needs a word at least');
  const set = new PhraseSet(phrases);
  return (value) => {
    const found = set.find(value);
    return found === undefined ? false : [found];
  };
}

/**
 * Snort's notation for content: `"…"` around the whole, `|41 42|` for bytes in hexadecimal, and `\:`, `\;`, `\\`, `\"`.
 * An argument in which that does not come out is taken as it is, as the language has it: words may contain `|` and `\`.
 */
export function notated(argument: string): string {
  const text = argument.replace(/^[ \t]+/, '');
  const inner = text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
  if (inner === '') return argument;
  let result = '';
  for (const part of inner.matchAll(/\|([0-9A-Fa-f \t]*)\||\\([:;\\"])|([^|\\]+)|[|\\]/g)) {
    const [whole, bytes, escaped, plain] = part;
    if (bytes !== undefined) result += bytesOf(bytes);
    else if (escaped !== undefined || plain !== undefined) result += escaped ?? plain;
    else if (whole !== '') return argument;
  }
  return result;
}

function bytesOf(digits: string): string {
  return Buffer.from(digits.replace(/[ \t]+/g, ''), 'hex').toString('latin1');
}
