import type { PatternOptions } from './parse.ts';
import { type Translation, translatePattern } from './translate.ts';

export interface CompiledPattern extends Translation {
  /** Whether it matches anywhere in a latin1 string. */
  test(text: string): boolean;
  /** The groups by PCRE's numbers, undefined where one did not take part; undefined when nothing matches. */
  exec(text: string): (string | undefined)[] | undefined;
}

/**
 * @param options see `rxOptions` for those of `@rx`
 * @throws PatternError
 */
export function compilePattern(source: string, options?: PatternOptions): CompiledPattern {
  const translation = translatePattern(source, options);
  const { captures, sameGroups } = translation;
  const expression = new RegExp(translation.source);
  const test = (text: string): boolean => expression.test(text);
  const exec = (text: string): (string | undefined)[] | undefined => {
    const match = expression.exec(text);
    if (match === null) return undefined;
    if (sameGroups) return Array.from(match);
    return captures.map((groups) => match[groups.find((group) => match[group] !== undefined) ?? -1]);
  };
  return { ...translation, test, exec };
}

/** V8's engine without backtracking for the same pattern; undefined where it does not take it or is not switched on. */
export function linearExpression({ source }: Translation): RegExp | undefined {
  try {
    return new RegExp(source, 'l');
  } catch {
    return undefined;
  }
}
