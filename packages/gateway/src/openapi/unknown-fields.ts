import { escapePointer } from '../http/json-pointer.ts';
import type { Schema, SharedDefinition } from './definition.ts';
import { asConditions, isChoice } from './discriminator.ts';
import { isJsonObject, listOf } from './json-value.ts';
import { type Check, isFlagged, type SchemaCompiler } from './schema-compiler.ts';
import { mayHoldValues, type Source, sourceOf } from './schema-sources.ts';
import { shortened } from './validation-error.ts';

/** Where a field is: names of members and indices of items. */
export type FieldPath = readonly (string | number)[];

/** A field that a request may not have: nothing mentions it, or it is one of replies alone. */
export interface ForbiddenField {
  readonly path: FieldPath;
  readonly keyword: 'unknown' | 'readOnly';
}

/** What is wrong with them, in words for the caller. */
export const forbiddenMessages = {
  unknown: 'is not defined',
  readOnly: 'is only read: leave it out',
} as const satisfies Record<ForbiddenField['keyword'], string>;

/** The JSON Pointer of a field. */
export function pointerTo({ path }: ForbiddenField): string {
  return shortened(path.map((step) => `/${escapePointer(String(step))}`).join(''));
}

/**
 * Finds the unknown fields of a value and those that are only read, in its order, at most so many.
 * @throws TooManySteps
 */
export type FieldSearch = (value: unknown, most: number) => readonly ForbiddenField[];

/** What one schema says about the members and items of a value, and under which conditions others say more. */
interface Expansion {
  readonly sources: readonly Source[];
  readonly conditions: readonly Condition[];
}

/** `anyOf`, `oneOf`: those that the value meets count. `if`: with `then`, or `else` alone. */
type Condition =
  | { readonly kind: 'some'; readonly branches: readonly Branch[] }
  | {
      readonly kind: 'if';
      readonly test: Branch;
      readonly then: Schema | undefined;
      readonly else: Schema | undefined;
    }
  | { readonly kind: 'has'; readonly name: string; readonly schema: Schema };

interface Branch {
  readonly schema: Schema;
  readonly check: Check;
}

/** All that applies to the value at one place. */
interface Place {
  readonly expansions: readonly Expansion[];
  /** Undefined while conditions decide. */
  readonly level: Level | undefined;
  /** Nothing is said about anything inside. */
  readonly trivial: boolean;
}

/**
 * Finds the fields of a value that no part of its schema mentions. JSON Schema lets them pass, and so a service that
 * binds whatever it is sent (mass assignment, CWE-915) gets what nobody meant to offer.
 *
 * What counts as mentioned are the annotations that `unevaluatedProperties` goes by (JSON Schema 2020-12 core section
 * 11.3): those of `allOf` and `$ref`, and of the branches of `anyOf`, `oneOf` and `if` that the value meets. They are
 * taken over all that applies to a place together, so that an address that two schemas describe in part has the fields
 * of both. Where the schema states `additionalProperties`, that is the rule; an object of which no field is named is
 * free. The verdict of the schema itself is not touched: fields are looked for beside it.
 */
export class UnknownFields {
  readonly #shared: SharedDefinition;
  readonly #compiler: SchemaCompiler;
  readonly #expansions = new Map<Schema, Expansion>();
  readonly #levels = new Map<string, Level>();
  readonly #warmed = new Set<Schema>();
  #ids = 0;

  constructor(shared: SharedDefinition, compiler: SchemaCompiler) {
    this.#shared = shared;
    this.#compiler = compiler;
  }

  /** Compiles branches of schemas, so it takes milliseconds. */
  prepare(schema: Schema): FieldSearch {
    this.#warm(schema);
    const root = this.place([schema]);
    if (isClosed(root, new Set())) return findsNothing;
    return (value, most) => {
      this.#compiler.refill();
      const found: ForbiddenField[] = [];
      this.#visit(root, value, [], found, most);
      return found;
    };
  }

  isReadOnly(schema: Schema): boolean {
    return isFlagged(schema, this.#shared, 'readOnly');
  }

  place(schemas: readonly Schema[]): Place {
    const expansions = schemas.map((schema) => this.#expand(schema)).filter((each) => each !== nothing);
    const isSettled = expansions.every(({ conditions }) => conditions.length === 0);
    const level = isSettled ? this.#level(expansions.flatMap(({ sources }) => sources)) : undefined;
    return { expansions, level, trivial: expansions.length === 0 };
  }

  #visit(
    place: Place,
    value: unknown,
    path: (string | number)[],
    found: ForbiddenField[],
    most: number,
  ): void {
    if (place.trivial || typeof value !== 'object' || value === null) return;
    const level = place.level ?? this.#level(this.#applicable(place, value));
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length && found.length < most; index++) {
        const item = level.item(index);
        if (item.trivial && index >= level.prefixLength) return;
        path.push(index);
        this.#visit(item, value[index], path, found, most);
        path.pop();
      }
      return;
    }
    if (!level.names) return;
    // Half the time of Object.keys. Nothing is inherited: values are parsed.
    for (const name in value) {
      if (found.length >= most) return;
      const member = level.member(name);
      if (member === undefined || member === readOnly) {
        found.push({ path: [...path, name], keyword: member === undefined ? 'unknown' : 'readOnly' });
        continue;
      }
      if (member.trivial) continue;
      const inner = (value as Record<string, unknown>)[name];
      if (typeof inner !== 'object' || inner === null) continue;
      path.push(name);
      this.#visit(member, inner, path, found, most);
      path.pop();
    }
  }

  /** What the schemas at a place say of this very value. */
  #applicable(place: Place, value: object): readonly Source[] {
    const sources: Source[] = [];
    const waiting = [...place.expansions];
    const seen = new Set<Expansion>(waiting);
    const add = (schema: Schema | undefined): void => {
      const expansion = schema === undefined ? nothing : this.#expand(schema);
      if (seen.has(expansion)) return;
      seen.add(expansion);
      waiting.push(expansion);
    };
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      sources.push(...next.sources);
      for (const condition of next.conditions) {
        if (condition.kind === 'has') {
          if (Object.hasOwn(value, condition.name)) add(condition.schema);
        } else if (condition.kind === 'if') {
          const isMet = this.#meets(condition.test, value);
          if (isMet) add(condition.test.schema);
          add(isMet ? condition.then : condition.else);
        } else {
          const met = condition.branches.filter((branch) => this.#meets(branch, value));
          // None: the schema has refused the value, and guesses would only make its list of errors longer.
          for (const branch of met.length > 0 ? met : condition.branches) add(branch.schema);
        }
      }
    }
    return sources;
  }

  #meets({ check }: Branch, value: unknown): boolean {
    this.#compiler.take(1);
    return check.passes(value);
  }

  #level(sources: readonly Source[]): Level {
    const unique = [...new Set(sources)].sort((a, b) => a.id - b.id);
    const key = unique.map(({ id }) => id).join();
    let level = this.#levels.get(key);
    if (level === undefined) {
      level = new Level(unique, this);
      if (this.#levels.size < mostLevels) this.#levels.set(key, level);
    }
    return level;
  }

  #expand(schema: Schema): Expansion {
    if (!isJsonObject(schema)) return nothing;
    let expansion = this.#expansions.get(schema);
    if (expansion === undefined) {
      const sources: Source[] = [];
      const conditions: Condition[] = [];
      this.#gather(schema, sources, conditions, new Set());
      expansion = sources.length + conditions.length === 0 ? nothing : { sources, conditions };
      this.#expansions.set(schema, expansion);
    }
    return expansion;
  }

  #gather(written: Schema | undefined, sources: Source[], conditions: Condition[], seen: Set<Schema>): void {
    if (!isJsonObject(written) || seen.has(written)) return;
    seen.add(written);
    const source = sourceOf(written, this.#ids);
    if (source !== undefined) {
      sources.push(source);
      this.#ids++;
    }
    // The fields of the alternative that the value names, and not of others that it meets.
    const schema = isChoice(written) ? asConditions(written) : written;
    if (typeof schema.$ref === 'string')
      this.#gather(this.#shared.schemas[schema.$ref], sources, conditions, seen);
    for (const each of listOf(schema.allOf)) this.#gather(each, sources, conditions, seen);
    for (const keyword of ['anyOf', 'oneOf']) {
      const containers = listOf(schema[keyword]).filter(mayHoldValues);
      // The other branches take no value that could have fields.
      if (containers.length === 1) this.#gather(containers[0], sources, conditions, seen);
      else if (containers.length > 1)
        conditions.push({ kind: 'some', branches: containers.map((each) => this.#branch(each)) });
    }
    if (schema.if !== undefined)
      conditions.push({
        kind: 'if',
        test: this.#branch(schema.if as Schema),
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
        then: schema.then as Schema | undefined,
        else: schema.else as Schema | undefined,
      });
    if (!isJsonObject(schema.dependentSchemas)) return;
    for (const [name, each] of Object.entries(schema.dependentSchemas))
      conditions.push({ kind: 'has', name, schema: each as Schema });
  }

  #branch(schema: Schema): Branch {
    return { schema, check: this.#compiler.compile(schema) };
  }

  /** Compiles what requests will need, at any distance. */
  #warm(schema: Schema | undefined): void {
    if (!isJsonObject(schema) || this.#warmed.has(schema)) return;
    this.#warmed.add(schema);
    const { sources, conditions } = this.#expand(schema);
    for (const source of sources) {
      for (const each of source.properties.values()) this.#warm(each);
      for (const each of source.patterns) this.#warm(each.schema);
      for (const each of source.prefix) this.#warm(each);
      this.#warm(source.others);
      this.#warm(source.items);
    }
    for (const condition of conditions) {
      if (condition.kind === 'some') for (const branch of condition.branches) this.#warm(branch.schema);
      else if (condition.kind === 'has') this.#warm(condition.schema);
      else for (const each of [condition.test.schema, condition.then, condition.else]) this.#warm(each);
    }
  }
}

const findsNothing: FieldSearch = () => [];

/** Whether the schema itself says of every object in the value what other fields it may have: nothing is left to find. */
function isClosed(place: Place, seen: Set<Level>): boolean {
  const { level, trivial } = place;
  if (place === readOnly) return false;
  if (trivial) return true;
  if (level === undefined) return false;
  if (seen.has(level)) return true;
  // Schemas that refer to each other in ever new combinations have no end; of those it is found out in each value.
  if (seen.size === mostLooked) return false;
  seen.add(level);
  return level.isStated && level.places().every((place) => isClosed(place, seen));
}

/** Levels of a schema that are looked at before there is a value. */
const mostLooked = 500;

/** Combinations of branches that are remembered; a client chooses them. */
const mostLevels = 2_000;

const nothing: Expansion = { sources: [], conditions: [] };
const trivial: Place = { expansions: [], level: undefined, trivial: true };
/** Of a member that only replies have (OpenAPI 3.0.3 section 4.7.24.2): whoever sends it means to set what is not theirs. */
const readOnly: Place = { expansions: [], level: undefined, trivial: true };

/** What all sources together say about the members and items of one value. */
class Level {
  /** Whether any member is named, so that others are unknown, or anything is said of others. */
  readonly names: boolean;
  readonly prefixLength: number;
  /** No member can be unknown. */
  readonly isStated: boolean;
  readonly #sources: readonly Source[];
  readonly #fields: UnknownFields;
  readonly #members = new Map<string, Place>();
  readonly #items: Place[] = [];
  readonly #hasNoPatterns: boolean;
  /** Of all names that the schema does not have. */
  #others: Place | undefined = undefined;

  constructor(sources: readonly Source[], fields: UnknownFields) {
    this.#sources = sources;
    this.#fields = fields;
    this.#hasNoPatterns = sources.every(({ patterns }) => patterns.length === 0);
    this.names = sources.some(
      (source) => source.properties.size > 0 || source.patterns.length > 0 || source.others !== undefined,
    );
    this.isStated = !this.names || sources.some(({ others }) => others !== undefined);
    this.prefixLength = Math.max(0, ...sources.map(({ prefix }) => prefix.length));
  }

  /** Undefined for a member that is unknown. */
  member(name: string): Place | undefined {
    const known = this.#members.get(name);
    if (known !== undefined) return known;
    const schemas: Schema[] = [];
    let isNamed = false;
    let isReadOnly = false;
    for (const source of this.#sources) {
      const before = schemas.length;
      const own = source.properties.get(name);
      if (own !== undefined) {
        schemas.push(own);
        isNamed = true;
        isReadOnly ||= this.#fields.isReadOnly(own);
      }
      for (const { pattern, schema } of source.patterns)
        if (pattern.takesName(name, false)) schemas.push(schema);
      if (schemas.length > before || source.others === undefined) continue;
      // What is forbidden is for the schema to refuse.
      schemas.push(source.others);
    }
    if (schemas.length === 0)
      return this.#sources.some(({ required }) => required.includes(name)) ? trivial : undefined;
    // Only names of the schema itself are remembered: the others are the client's, and a map has many.
    if (!isNamed && this.#hasNoPatterns) {
      this.#others ??= this.#fields.place(schemas);
      return this.#others;
    }
    const place = isReadOnly ? readOnly : this.#fields.place(schemas);
    if (isNamed) this.#members.set(name, place);
    return place;
  }

  /** Of all that the schema itself names. */
  places(): readonly Place[] {
    const names = new Set(this.#sources.flatMap(({ properties }) => [...properties.keys()]));
    const places = [...names].map((name) => this.member(name) ?? trivial);
    for (const { patterns, others } of this.#sources) {
      for (const { schema } of patterns) places.push(this.#fields.place([schema]));
      if (others !== undefined) places.push(this.#fields.place([others]));
    }
    for (let index = 0; index <= this.prefixLength; index++) places.push(this.item(index));
    return places;
  }

  item(index: number): Place {
    const at = Math.min(index, this.prefixLength);
    let place = this.#items[at];
    if (place === undefined) {
      const schemas = this.#sources
        .map((source) => (at < source.prefix.length ? source.prefix[at] : source.items))
        .filter((schema) => schema !== undefined);
      place = schemas.length === 0 ? trivial : this.#fields.place(schemas);
      this.#items[at] = place;
    }
    return place;
  }
}
