import type { Check } from './rules.ts';

/** Characters from where the word is that a pattern of the operator sees. */
const window = 128;

/** A pattern of the operator's, ready to be searched for. */
export interface OwnPattern {
  /** What the pattern begins with, in lower case: it is searched for before the pattern is tried. */
  readonly word: string;
  readonly check: Check;
}

/**
 * A pattern runs on what a service answers and must not hold the thread: it begins with at least three characters that
 * stand for themselves, so that it is tried in few places, sees the 128 characters from there on, and runs on V8's engine
 * without backtracking, which knows neither look-around nor back-references.
 * @throws Error that says what is in the way
 */
export function compileOwnPattern(source: string): OwnPattern {
  const word = beginningOf(source);
  if (word.length < 3)
    throw new Error(
      'a pattern begins with at least three characters that stand for themselves, such as EMP- in EMP-[0-9]{6}',
    );
  if (!/^[\x20-\x7e]+$/.test(word)) throw new Error('a pattern begins with characters of ASCII');
  const expression = linear(source);
  return {
    word: word.toLowerCase(),
    check: (text, start) => {
      expression.lastIndex = 0;
      const seen = text.slice(start, start + window);
      return expression.test(seen) && expression.lastIndex > 0
        ? { from: start, to: start + expression.lastIndex }
        : undefined;
    },
  };
}

/** The characters at the beginning of a regular expression that have to be there as they stand. */
function beginningOf(source: string): string {
  if (hasAlternatives(source)) return '';
  let word = '';
  let at = 0;
  while (at < source.length) {
    const isEscaped = source[at] === '\\';
    const character = isEscaped ? source[at + 1] : source[at];
    if (character === undefined || /[\^$.*+?()[\]{}|]/.test(character) !== isEscaped) break;
    if (isEscaped && /\w/.test(character)) break;
    at += isEscaped ? 2 : 1;
    // What may be missing does not have to be there.
    if (/[*?{]/.test(source[at] ?? '')) break;
    word += character;
    if (source[at] === '+') break;
  }
  return word;
}

/** `ab|c` need not begin with ab. */
function hasAlternatives(source: string): boolean {
  let depth = 0;
  let inClass = false;
  for (let at = 0; at < source.length; at++) {
    const character = source[at];
    if (character === '\\') at++;
    else if (inClass) inClass = character !== ']';
    else if (character === '[') inClass = true;
    else if (character === '(') depth++;
    else if (character === ')') depth--;
    else if (character === '|' && depth === 0) return true;
  }
  return false;
}

function linear(source: string): RegExp {
  try {
    new RegExp(source, 'y');
  } catch (error) {
    throw new Error((error as Error).message);
  }
  try {
    return new RegExp(source, 'ly');
  } catch {
    throw new Error('a pattern has neither look-around nor back-references, and runs in linear time');
  }
}
