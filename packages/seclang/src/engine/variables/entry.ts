import type { Item } from '../item.ts';
import type { State } from '../state.ts';

/**
 * When a variable may become another one: never; when the body is there; when the response or its body is; or at any time, by
 * what rules do or as time goes by.
 */
export type Changes = 'never' | 'body' | 'response' | 'always';

export type Variable = ScalarVariable | CollectionVariable;

interface ScalarVariable {
  readonly kind: 'scalar';
  readonly changes: Changes;
  /** Undefined where there is no value to look at. */
  read(state: State): string | undefined;
}

export interface CollectionVariable {
  readonly kind: 'collection';
  readonly changes: Changes;
  read(state: State): readonly Item[];
}

/** A variable by its name in capitals. */
export type Entry = [name: string, variable: Variable];

export function scalar(name: string, changes: Changes, read: (state: State) => string | undefined): Entry {
  return [name, { kind: 'scalar', changes, read }];
}

export function collection(name: string, changes: Changes, read: (state: State) => readonly Item[]): Entry {
  return [name, { kind: 'collection', changes, read }];
}

export const flag = (is: boolean): string => (is ? '1' : '0');

export const numeric = (number: number | undefined): string | undefined =>
  number === undefined ? undefined : String(number);

export const seconds = (milliseconds: number): string => String(Math.floor(milliseconds / 1_000));
