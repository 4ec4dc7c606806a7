import { isJson } from '../http/media-type.ts';
import { type PrimitiveType, primitiveTypes } from './coercion.ts';
import type { Schema, SharedDefinition } from './definition.ts';
import { isJsonObject, listOf } from './json-value.ts';

/** What text for a schema can be read as. */
export interface Shape {
  /** In the order in which they are tried; all of them when the schema states no type. */
  readonly primitives: readonly PrimitiveType[];
  readonly format: unknown;
  /** Of the items, when the schema allows an array. */
  readonly items: Shape | undefined;
  /** By name, when the schema allows an object. */
  readonly properties: ReadonlyMap<string, Shape> | undefined;
  /** Of properties that it does not name; undefined when it says nothing of them or forbids them. */
  readonly additional: Shape | undefined;
}

const maximumDepth = 8;
const anyText: Shape = shapeOf(primitiveTypes);

/** Reads off a schema what its values look like, through references and combinations of schemas. */
export function shapeOfSchema(schema: Schema, shared: SharedDefinition, depth = 0): Shape {
  if (!isJsonObject(schema) || depth > maximumDepth) return anyText;
  const parts = [...constituents(schema, shared, 0)];
  const types = typesOf(schema, shared, 0);
  const find = (keyword: string): unknown => parts.find((part) => part[keyword] !== undefined)?.[keyword];
  const properties = new Map<string, Shape>();
  const deeper = (part: unknown): Shape => shapeOfSchema(part as Schema, shared, depth + 1);
  const isObject = types.has('object');
  for (const part of isObject ? parts : []) {
    if (!isJsonObject(part.properties)) continue;
    for (const [name, property] of Object.entries(part.properties)) properties.set(name, deeper(property));
  }
  const additional = find('additionalProperties');
  return {
    primitives: primitiveTypes.filter((type) => types.has(type)),
    format: find('format'),
    items: types.has('array') ? deeper(find('items') ?? true) : undefined,
    properties: isObject ? properties : undefined,
    additional: isObject && additional !== undefined && additional !== false ? deeper(additional) : undefined,
  };
}

function shapeOf(primitives: readonly PrimitiveType[]): Shape {
  return { primitives, format: undefined, items: undefined, properties: undefined, additional: undefined };
}

/** The schema and all those that it is made of at the same place of the value. */
export function* constituents(
  schema: Schema | undefined,
  shared: SharedDefinition,
  depth: number,
): Generator<Record<string, unknown>> {
  if (!isJsonObject(schema) || depth > maximumDepth) return;
  yield schema;
  if (typeof schema.$ref === 'string') yield* constituents(shared.schemas[schema.$ref], shared, depth + 1);
  for (const keyword of ['allOf', 'anyOf', 'oneOf']) {
    for (const each of listOf(schema[keyword])) yield* constituents(each, shared, depth + 1);
  }
}

const allTypes: readonly string[] = [...primitiveTypes, 'array', 'object'];

/** The JSON types that the schema leaves possible. Without any statement arrays and objects are not meant. */
function typesOf(schema: Schema, shared: SharedDefinition, depth: number): Set<string> {
  const stated = possibleTypes(schema, shared, depth);
  if (stated !== undefined) return stated;
  const types = new Set<string>(primitiveTypes);
  for (const part of constituents(schema, shared, depth)) {
    if (part.properties !== undefined) types.add('object');
    if (part.items !== undefined) types.add('array');
  }
  return types;
}

/** The types that the schema states, through references and combinations; undefined when it states none. */
export function statedTypes(schema: Schema, shared: SharedDefinition): ReadonlySet<string> | undefined {
  return possibleTypes(schema, shared, 0);
}

/** Undefined when nothing is stated. */
function possibleTypes(
  schema: Schema | undefined,
  shared: SharedDefinition,
  depth: number,
): Set<string> | undefined {
  if (!isJsonObject(schema) || depth > maximumDepth) return undefined;
  let types: Set<string> | undefined;
  const narrow = (more: Set<string> | undefined): void => {
    if (more !== undefined) types = types === undefined ? more : intersection(types, more);
  };
  if (schema.type !== undefined) narrow(new Set([schema.type].flat() as string[]));
  if (typeof schema.$ref === 'string') narrow(possibleTypes(shared.schemas[schema.$ref], shared, depth + 1));
  for (const each of listOf(schema.allOf)) narrow(possibleTypes(each, shared, depth + 1));
  for (const keyword of ['anyOf', 'oneOf']) {
    const branches = listOf(schema[keyword]);
    if (branches.length === 0) continue;
    const union = new Set<string>();
    for (const branch of branches) {
      for (const type of possibleTypes(branch, shared, depth + 1) ?? allTypes) union.add(type);
    }
    narrow(union);
  }
  return types;
}

/** An integer is a number, so `number` and `integer` together leave integers. */
function intersection(left: Set<string>, right: Set<string>): Set<string> {
  const both = left.intersection(right);
  if ((left.has('number') && right.has('integer')) || (left.has('integer') && right.has('number')))
    both.add('integer');
  return both;
}

/** OpenAPI 3.0 `format: binary`, 3.1 a media type without an encoding, or a schema that says nothing at all. */
export function isBinary(schema: Readonly<Record<string, unknown>>): boolean {
  if (schema.format === 'binary') return true;
  const { contentMediaType: type, contentEncoding } = schema;
  if (typeof type === 'string' && contentEncoding === undefined)
    return !isJson(type) && type !== 'text/plain';
  return Object.keys(schema).length === 0;
}
