/** Longer strings never match: a pattern that takes quadratic time would hold the thread for seconds. */
export const maximumPatternLength = 64 * 1024;

/** From here on linear time is worth an engine that is slower on short strings. */
const shortLength = 1024;

/** A `pattern` of a definition, ready to run on what a client sent. */
export interface Pattern {
  test(text: string): boolean;
}

/**
 * Compiles a `pattern` (JSON Schema 2020-12 validation section 6.3.3: ECMA-262 with "u"). Many in the wild are
 * none with "u" (`[\w-\.]`); they are taken as they stand.
 *
 * A pattern comes from the operator and can take exponential time on a string that a client chooses. V8 has an
 * engine without backtracking, which main.ts switches on (`--enable-experimental-regexp-engine` and
 * `…-on-excessive-backtracks`); it takes 13 ms for 64 KiB where `\S+@\S+\.\S+` otherwise takes seconds. Long
 * strings go to it directly, short ones after 50,000 backtracks. It knows neither "u" nor look-around nor
 * back-references; patterns with those run on the usual engine only. Without the flags all of them do.
 * @throws SyntaxError
 */
export function compilePattern(source: string): Pattern {
  const plain = attempt(source, '');
  const unicode = attempt(source, 'u');
  if (plain === undefined && unicode === undefined) return new RegExp(source, 'u');
  // `\p{…}` and `\u{…}` compile without "u" too, and mean something else.
  const same = plain !== undefined && !/\\[pPu]\{|[\ud800-\udfff]/.test(source);
  if (!same) return { test: (text) => text.length <= maximumPatternLength && (unicode ?? plain!).test(text) };
  const whole = unicode ?? plain;
  const linear = attempt(source, 'l') ?? plain;
  return {
    test(text) {
      if (text.length > maximumPatternLength) return false;
      // Without surrogates "u" makes no difference to a pattern that is valid both ways.
      if (surrogate.test(text)) return whole.test(text);
      return text.length > shortLength ? linear.test(text) : plain.test(text);
    },
  };
}

const surrogate = /[\ud800-\udfff]/;

function attempt(source: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(source, flags);
  } catch {
    return undefined;
  }
}
