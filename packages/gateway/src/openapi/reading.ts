import type { FieldPath } from './unknown-fields.ts';
import type { ValidationError } from './validation-error.ts';

/** A body as the value that its schema judges; or why it is none. */
export type Reading = Read | { readonly errors: readonly ValidationError[] };

export interface Read {
  readonly value: unknown;
  /** What is not defined and has no place in the value, such as a second attribute of one name; absent for nothing. */
  readonly beside?: readonly Beside[];
  /**
   * The bytes without some fields of the value and without what is beside it, everything else as it came.
   * @returns undefined where they cannot be taken out
   */
  readonly without?: (fields: readonly FieldPath[]) => Buffer | undefined;
}

export interface Beside {
  readonly pointer: string;
  /** Whether it may be taken for something that is defined, so that it is never let through. */
  readonly isMistakable: boolean;
}
