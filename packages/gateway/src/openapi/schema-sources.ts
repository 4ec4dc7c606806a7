import type { Schema } from './definition.ts';
import { isJsonObject, listOf } from './json-value.ts';
import { compilePattern, type Pattern } from './pattern/pattern.ts';

/** What one schema by itself says about the members and items of a value. */
export interface Source {
  readonly id: number;
  readonly properties: ReadonlyMap<string, Schema>;
  readonly patterns: readonly { readonly pattern: Pattern; readonly schema: Schema }[];
  /** Names that are required: a definition that asks for one without saying what it is knows it. */
  readonly required: readonly string[];
  /** `additionalProperties` or `unevaluatedProperties`, where one is stated. */
  readonly others: Schema | undefined;
  readonly prefix: readonly Schema[];
  readonly items: Schema | undefined;
}

/** Undefined where the schema itself says nothing of members and items. */
export function sourceOf(schema: Record<string, unknown>, id: number): Source | undefined {
  const { properties, patternProperties, additionalProperties, unevaluatedProperties, items, prefixItems } =
    schema;
  // A base type: those that extend it refer to it, and not it to them (OpenAPI 3.0.3 section 4.7.25).
  const isBase =
    isJsonObject(schema.discriminator) && schema.oneOf === undefined && schema.anyOf === undefined;
  const others = (additionalProperties ?? unevaluatedProperties ?? (isBase || undefined)) as
    | Schema
    | undefined;
  const names = isJsonObject(properties) ? Object.entries(properties as Record<string, Schema>) : [];
  const patterns = isJsonObject(patternProperties)
    ? Object.entries(patternProperties as Record<string, Schema>)
    : [];
  const rest = (items ?? schema.additionalItems ?? schema.unevaluatedItems) as Schema | undefined;
  const prefix = listOf(prefixItems);
  const required = Array.isArray(schema.required) ? (schema.required as string[]) : [];
  if (
    names.length + patterns.length + prefix.length + required.length === 0 &&
    others === undefined &&
    rest === undefined
  )
    return undefined;
  return {
    id,
    properties: new Map(names),
    patterns: patterns.map(([pattern, each]) => ({ pattern: compilePattern(pattern), schema: each })),
    required,
    others,
    prefix,
    items: rest,
  };
}

/** Whether a value of the schema can be an object or an array, as far as its own type says. */
export function mayHoldValues(schema: Schema): boolean {
  if (!isJsonObject(schema)) return schema;
  const types = schema.type === undefined ? ['object'] : [schema.type].flat();
  return types.includes('object') || types.includes('array');
}
