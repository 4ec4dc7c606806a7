import type { JsonSchema } from './schemas.ts';

/** The same schema for whoever takes fields of which it says nothing, and those that are read only. */
export function lenient(meant: JsonSchema): JsonSchema {
  return mapped(meant) as JsonSchema;
}

function mapped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(mapped);
  if (typeof value !== 'object' || value === null) return value;
  const pairs = Object.entries(value).filter(([name]) => name !== 'unevaluatedProperties');
  return Object.fromEntries(
    pairs.map(([name, each]) => {
      const isReadOnly = name === 'created' && each === false;
      return [name, isReadOnly ? { type: 'string' } : mapped(each)];
    }),
  );
}

/** A field to be put into an object somewhere in a value. */
export interface Extra {
  readonly name: string;
  readonly value: unknown;
  /** Which of the objects, counted from the outermost; the last where there are fewer. */
  readonly at: number;
}

/** The value with more fields, each in its object: first, or behind the others. */
export function withExtras(value: unknown, extras: readonly Extra[], isFirst: boolean): unknown {
  const objects = countObjects(value);
  let seen = -1;
  const visit = (each: unknown): unknown => {
    if (Array.isArray(each)) return each.map(visit);
    if (typeof each !== 'object' || each === null) return each;
    seen++;
    const own = extras.filter(({ at }) => Math.min(at, objects - 1) === seen);
    const more = own.map(({ name, value: extra }) => [name, extra] as const);
    const rest = Object.entries(each).map(([name, inner]) => [name, visit(inner)] as const);
    return Object.fromEntries(isFirst ? [...more, ...rest] : [...rest, ...more]);
  };
  return visit(value);
}

export function countObjects(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inner = Object.values(value).reduce((sum: number, each) => sum + countObjects(each), 0);
  return Array.isArray(value) ? inner : inner + 1;
}
