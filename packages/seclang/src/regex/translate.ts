import { type Emitted, emit } from './emit.ts';
import { type PatternOptions, parsePattern } from './parse.ts';
import { checkReferences } from './references.ts';
import type { Pattern } from './syntax.ts';

export interface Translation extends Pattern, Emitted {
  /** Groups whose text of an earlier round of a loop is lost, where PCRE would keep it. They never change whether it matches. */
  readonly forgotten: ReadonlySet<number>;
}

/** What ModSecurity 2 sets for `@rx`, for which CRS is written (re_operators.c: PCRE_DOTALL, PCRE_DOLLAR_ENDONLY). */
export const rxOptions: PatternOptions = { dotAll: true, dollarEndOnly: true };

/**
 * Translates a PCRE pattern of bytes for V8. It matches the same strings at the same place, and captures the same, with two
 * exceptions that change no verdict: `forgotten`, and loops over what can be empty (`(?:|a)*`), where V8 may take more.
 * @throws PatternError for what PCRE refuses and for what has no exact counterpart
 */
export function translatePattern(source: string, options: PatternOptions = {}): Translation {
  const pattern = parsePattern(source, options);
  const forgotten = checkReferences(pattern.root);
  return { ...pattern, ...emit(pattern.root, pattern.groups), forgotten };
}
