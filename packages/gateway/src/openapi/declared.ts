import { type Arrival, Spot } from '../http/json-spot.ts';
import type { Schema, SharedDefinition } from './definition.ts';
import { isJsonObject, listOf } from './json-value.ts';
import { compilePattern, type Pattern } from './pattern/pattern.ts';
import { isFlagged } from './schema-compiler.ts';

/** What a walk through a document ends at: members that the schema does not declare, and those that clients only send. */
export const undeclared = 0;
export const writeOnly = 1;

/** Schemas that together describe one value; more of them are taken for "anything". */
const mostParts = 200;
/** Schemas that are looked at for one value: alternatives of alternatives can be very many. */
const mostVisits = 2_000;
const maximumDepth = 32;
const mostSpots = 2_000;

/** What schemas say together of one value. */
interface Parts {
  readonly objects: ObjectPart[];
  readonly arrays: { readonly prefix: readonly Schema[]; readonly items: Schema | undefined }[];
  /** Members that none of them names are meant: one of them is for any object. */
  isOpen: boolean;
  /** At least one of them says what members there are. */
  isDescribed: boolean;
  /** It is said that the value is an object. */
  saysObject: boolean;
}

interface ObjectPart {
  readonly properties: Readonly<Record<string, Schema>>;
  readonly patterns: readonly (readonly [Pattern, Schema])[];
  /** Of members that have no other; undefined where it says nothing of them, or forbids them. */
  readonly additional: Schema | undefined;
}

const done: Arrival = { next: undefined, ended: undefined, exact: [] };
const anything: Arrival = done;

/**
 * Finds the members of documents that a schema does not declare. A schema of JSON takes any member that it does not name,
 * while whoever writes a definition means those that are named: a member is declared by `properties`, by
 * `patternProperties`, or by `additionalProperties` that are not merely left out. Of alternatives (`oneOf`, `anyOf`,
 * `then`, `else`) it is enough that one declares it, and an object of which nothing at all is said may have any.
 */
export class DeclaredMembers {
  readonly #shared: SharedDefinition;
  readonly #ids = new Map<Schema, number>();
  readonly #spots = new Map<string, Spot>();
  #visits = 0;

  constructor(shared: SharedDefinition) {
    this.#shared = shared;
  }

  /** Undefined where nothing can be undeclared; to be given to visitJson as `root`. */
  rootOf(schema: Schema): Spot | undefined {
    return this.spotOf([schema]);
  }

  spotOf(schemas: readonly Schema[]): Spot | undefined {
    const distinct = [...new Set(schemas)];
    const key = distinct
      .map((schema) => this.#idOf(schema))
      .sort((a, b) => a - b)
      .join();
    let spot = this.#spots.get(key);
    if (spot === undefined) {
      const parts: Parts = { objects: [], arrays: [], isOpen: false, isDescribed: false, saysObject: false };
      this.#visits = 0;
      for (const schema of distinct) this.#collect(schema, parts, 0, new Set());
      if (parts.objects.length + parts.arrays.length > mostParts) return undefined;
      if (parts.objects.length === 0 && parts.arrays.length === 0) return undefined;
      spot = new SchemaSpot(this, this.#shared, parts);
      if (this.#spots.size < mostSpots) this.#spots.set(key, spot);
    }
    return spot;
  }

  #idOf(schema: Schema): number {
    let id = this.#ids.get(schema);
    if (id === undefined) {
      id = this.#ids.size;
      this.#ids.set(schema, id);
    }
    return id;
  }

  #collect(schema: Schema | undefined, into: Parts, depth: number, seen: Set<unknown>): void {
    if (schema === false || schema === undefined || seen.has(schema)) return;
    const isTooMuch = depth > maximumDepth || ++this.#visits > mostVisits;
    if (!isJsonObject(schema) || Object.keys(schema).length === 0 || isTooMuch) {
      into.isOpen = true;
      return;
    }
    seen.add(schema);
    if ([schema.type].flat().includes('object')) into.saysObject = true;
    if (typeof schema.$ref === 'string')
      this.#collect(this.#shared.schemas[schema.$ref], into, depth + 1, seen);
    for (const each of listOf(schema.allOf)) this.#collect(each, into, depth + 1, seen);
    if (isJsonObject(schema.dependentSchemas))
      for (const each of Object.values(schema.dependentSchemas) as Schema[])
        this.#collect(each, into, depth + 1, seen);
    const others = [schema.then, schema.else].filter((each) => isJsonObject(each)) as Schema[];
    for (const each of [...listOf(schema.anyOf), ...listOf(schema.oneOf), ...others])
      this.#collectAlternative(each, into, depth + 1, seen);
    collectOwn(schema, into);
  }

  /** An alternative that is for any object makes all members of the value declared; one that only narrows does not. */
  #collectAlternative(schema: Schema, into: Parts, depth: number, seen: Set<unknown>): void {
    const own: Parts = {
      objects: into.objects,
      arrays: into.arrays,
      isOpen: false,
      isDescribed: false,
      saysObject: false,
    };
    this.#collect(schema, own, depth, new Set(seen));
    if (own.isOpen || (own.saysObject && !own.isDescribed)) into.isOpen = true;
    if (own.isDescribed) into.isDescribed = true;
  }
}

function collectOwn(schema: { readonly [keyword: string]: unknown }, into: Parts): void {
  const { properties, patternProperties, items, prefixItems } = schema;
  const additional = schema.additionalProperties ?? schema.unevaluatedProperties;
  if (isJsonObject(properties) || isJsonObject(patternProperties) || additional !== undefined) {
    into.isDescribed ||=
      additional === false ||
      Object.keys((properties as object | undefined) ?? {}).length > 0 ||
      isJsonObject(patternProperties);
    if (additional === true) into.isOpen = true;
    into.objects.push({
      properties: (isJsonObject(properties) ? properties : {}) as ObjectPart['properties'],
      patterns: Object.entries((patternProperties as Record<string, Schema> | undefined) ?? {}).map(
        ([pattern, each]) => [compilePattern(pattern), each],
      ),
      additional: isJsonObject(additional) ? (additional as Schema) : undefined,
    });
  }
  if (items !== undefined || Array.isArray(prefixItems))
    into.arrays.push({ prefix: listOf(prefixItems), items: items as Schema | undefined });
}

class SchemaSpot extends Spot {
  readonly #members: DeclaredMembers;
  readonly #shared: SharedDefinition;
  readonly #parts: Parts;
  readonly #longestPrefix: number;
  #anyItem: Arrival | undefined = undefined;

  constructor(members: DeclaredMembers, shared: SharedDefinition, parts: Parts) {
    super();
    this.#members = members;
    this.#shared = shared;
    this.#parts = parts;
    this.#longestPrefix = Math.max(0, ...parts.arrays.map(({ prefix }) => prefix.length));
  }

  item(index: number): Arrival {
    if (index < this.#longestPrefix) return this.#itemAt(index);
    this.#anyItem ??= this.#itemAt(this.#longestPrefix);
    return this.#anyItem;
  }

  #itemAt(index: number): Arrival {
    const schemas = this.#parts.arrays.flatMap(
      ({ prefix, items }): Schema | readonly Schema[] => prefix[index] ?? items ?? [],
    );
    return this.#to(schemas);
  }

  protected arriveAt(name: string): Arrival {
    const { objects, isOpen, isDescribed } = this.#parts;
    const declaring: Schema[] = [];
    for (const { properties, patterns, additional } of objects) {
      const before = declaring.length;
      if (Object.hasOwn(properties, name)) declaring.push(properties[name]!);
      for (const [pattern, schema] of patterns) if (pattern.takesName(name, false)) declaring.push(schema);
      if (declaring.length === before && additional !== undefined) declaring.push(additional);
    }
    if (declaring.length === 0) return isOpen || !isDescribed ? anything : ending(undeclared);
    if (declaring.every((schema) => isFlagged(schema, this.#shared, 'writeOnly'))) return ending(writeOnly);
    // Declared as nothing: `false` is how a schema says that a member must not be there.
    if (declaring.every((schema) => schema === false)) return ending(undeclared);
    return this.#to(declaring);
  }

  #to(schemas: readonly Schema[]): Arrival {
    if (schemas.length === 0) return anything;
    const next = this.#members.spotOf(schemas);
    return next === undefined ? anything : { next, ended: undefined, exact: [] };
  }
}

function ending(what: number): Arrival {
  return { next: undefined, ended: [what], exact: [true] };
}
