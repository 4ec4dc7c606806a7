import type { Check, SchemaError } from './schema-compiler.ts';
import { TooManySteps } from './steps.ts';
import { messageOf, pointerOf } from './validation-error.ts';

/** What content has against a schema; names what, and never repeats a value. */
export interface ContentError {
  /** JSON Pointer. */
  readonly pointer: string;
  readonly keyword: string;
  readonly message: string;
}

/** Of content that takes more steps than it is worth. */
export const tooComplex: ContentError = {
  pointer: '',
  keyword: 'complexity',
  message: 'is too complex to be checked',
};

/**
 * What is wrong with content by its schema; undefined when nothing is.
 * @param most errors that are told
 */
export function schemaErrors(check: Check, value: unknown, most: number): ContentError[] | undefined {
  try {
    const first = check.first(value);
    if (first === undefined) return undefined;
    const all = most > 1 ? allOf(check, value) : [];
    return (all.length === 0 ? [first] : all.slice(0, most)).map((error) => ({
      pointer: pointerOf(error),
      keyword: error.keyword,
      message: messageOf(error),
    }));
  } catch (error) {
    if (!(error instanceof TooManySteps)) throw error;
    return [tooComplex];
  }
}

function allOf(check: Check, value: unknown): readonly SchemaError[] {
  try {
    // That a condition fails is said by what failed in it.
    return check.all(value).filter(({ keyword }) => keyword !== 'if');
  } catch (error) {
    if (!(error instanceof TooManySteps)) throw error;
    return [];
  }
}
