import { foldName } from '../../http/json-path.ts';
import { type Arrival, Spot } from '../../http/json-spot.ts';
import type { Schema, SharedDefinition } from '../../openapi/definition.ts';
import { isJsonObject, listOf } from '../../openapi/json-value.ts';
import { compilePattern, type Pattern } from '../../openapi/pattern/pattern.ts';
import { sanitizeMark } from '../../openapi/structure.ts';
import { isKind, type Kind } from './kinds.ts';

/** Schemas that describe one value; a definition with more of them is none that anybody wrote. */
const mostSchemas = 2_000;
const mostSpots = 2_000;

const nowhere: Arrival = { next: undefined, ended: undefined, exact: [] };

/** What a mark says; undefined for what is none. */
export function kindsOf(mark: unknown): readonly Kind[] | undefined {
  const list = Array.isArray(mark) ? mark : [mark];
  return list.length > 0 && list.every(isKind) ? list : undefined;
}

/**
 * The schemas that say more of the value that a schema describes: what it refers to and is composed of. Of alternatives
 * all of them, as a mark in one that is not met cleans a text needlessly, and one that is overlooked lets it through.
 */
export function partsOf(schema: Schema, shared: SharedDefinition): readonly Schema[] {
  if (!isJsonObject(schema)) return [];
  const dependent = isJsonObject(schema.dependentSchemas) ? Object.values(schema.dependentSchemas) : [];
  const named = typeof schema.$ref === 'string' ? [shared.schemas[schema.$ref]] : [];
  return [
    ...named,
    ...['allOf', 'anyOf', 'oneOf'].flatMap((keyword) => listOf(schema[keyword])),
    ...[schema.if, schema.then, schema.else, ...dependent],
  ].filter((each): each is Schema => each !== undefined);
}

/** The schemas of the members and items of a value. */
function childrenOf(schema: Schema): readonly Schema[] {
  if (!isJsonObject(schema)) return [];
  const { properties, patternProperties, prefixItems } = schema;
  return [
    ...(isJsonObject(properties) ? Object.values(properties) : []),
    ...(isJsonObject(patternProperties) ? Object.values(patternProperties) : []),
    ...listOf(prefixItems),
    ...[schema.additionalProperties, schema.unevaluatedProperties, schema.items],
    // Nothing is cleaned by the last two, but that a mark stands there is to be told.
    ...[schema.unevaluatedItems, schema.contains, schema.not, schema.propertyNames],
  ].filter((each): each is Schema => each !== undefined);
}

/** Finds the marked values of documents, by the schemas that describe them. */
export class Marks {
  readonly shared: SharedDefinition;
  /** What `ended` of an arrival counts. */
  readonly kindLists: (readonly Kind[])[] = [];
  /** Some text is to be cleaned as HTML. */
  readonly usesHtml: boolean;
  /** Schemas that have a mark, or lead to one. */
  readonly #leading: ReadonlySet<Schema>;
  readonly #ids = new Map<Schema, number>();
  readonly #spots = new Map<string, MarkSpot>();

  /** @param roots the schemas that are asked about, besides those that are shared */
  constructor(shared: SharedDefinition, roots: Iterable<Schema>) {
    this.shared = shared;
    this.#leading = leadingToMarks(shared, roots);
    this.usesHtml = [...this.#leading].some(
      (schema) => isJsonObject(schema) && kindsOf(schema[sanitizeMark])?.includes('html') === true,
    );
  }

  leads(schema: Schema): boolean {
    return this.#leading.has(schema);
  }

  /** Where a search begins. Undefined where no mark can be reached. */
  rootOf(schema: Schema): MarkSpot | undefined {
    return this.spotOf([schema]);
  }

  /** @throws Error for a value that more schemas describe than can be gone through: nothing is let through unlooked */
  spotOf(schemas: readonly Schema[]): MarkSpot | undefined {
    const leading = [...new Set(schemas)].filter((schema) => this.#leading.has(schema));
    if (leading.length === 0) return undefined;
    const key = leading
      .map((schema) => this.#idOf(schema))
      .sort((a, b) => a - b)
      .join();
    let spot = this.#spots.get(key);
    if (spot === undefined) {
      spot = new MarkSpot(this, this.#together(leading));
      if (this.#spots.size < mostSpots) this.#spots.set(key, spot);
    }
    return spot;
  }

  listIndex(kinds: readonly Kind[]): number {
    const text = kinds.join();
    const known = this.kindLists.findIndex((each) => each.join() === text);
    return known < 0 ? this.kindLists.push(kinds) - 1 : known;
  }

  #idOf(schema: Schema): number {
    let id = this.#ids.get(schema);
    if (id === undefined) {
      id = this.#ids.size;
      this.#ids.set(schema, id);
    }
    return id;
  }

  #together(schemas: readonly Schema[]): ReadonlySet<Schema> {
    const all = new Set<Schema>(schemas);
    // A Set goes on to what is added to it on the way.
    for (const schema of all) {
      for (const part of partsOf(schema, this.shared)) if (this.#leading.has(part)) all.add(part);
      if (all.size > mostSchemas) throw new Error('too many schemas describe one value');
    }
    return all;
  }
}

/** Backwards from the marks, each schema once. */
function leadingToMarks(shared: SharedDefinition, roots: Iterable<Schema>): ReadonlySet<Schema> {
  const parents = new Map<Schema, Schema[]>();
  const leading = new Set<Schema>();
  const seen = new Set<Schema>([...roots, ...Object.values(shared.schemas)]);
  for (const schema of seen) {
    if (!isJsonObject(schema)) continue;
    if (schema[sanitizeMark] !== undefined) leading.add(schema);
    for (const next of [...partsOf(schema, shared), ...childrenOf(schema)]) {
      if (!isJsonObject(next)) continue;
      seen.add(next);
      const list = parents.get(next);
      if (list === undefined) parents.set(next, [schema]);
      else list.push(schema);
    }
  }
  for (const schema of leading) for (const parent of parents.get(schema) ?? []) leading.add(parent);
  return leading;
}

interface Members {
  readonly properties: ReadonlyMap<string, Schema>;
  /** By the name as a lenient reader takes it: a service that reads `TEXT` for `text` gets that cleaned too. */
  readonly folded: ReadonlyMap<string, readonly Schema[]>;
  readonly patterns: readonly (readonly [Pattern, Schema])[];
  readonly others: readonly Schema[];
}

/** At one value of a document, with all schemas that describe it. */
export class MarkSpot extends Spot {
  /** Of the value itself, as indices of `kindLists`; undefined where it is not marked. */
  readonly own: readonly number[] | undefined;
  readonly #marks: Marks;
  readonly #members: readonly Members[];
  readonly #arrays: readonly { readonly prefix: readonly Schema[]; readonly rest: readonly Schema[] }[];
  readonly #longestPrefix: number;
  #anyItem: Arrival | undefined = undefined;

  constructor(marks: Marks, schemas: ReadonlySet<Schema>) {
    super();
    this.#marks = marks;
    const objects = [...schemas].filter((schema) => isJsonObject(schema));
    const own = objects.flatMap((schema) => {
      const kinds = schema[sanitizeMark] === undefined ? undefined : kindsOf(schema[sanitizeMark]);
      return kinds === undefined ? [] : marks.listIndex(kinds);
    });
    this.own = own.length === 0 ? undefined : [...new Set(own)].sort((a, b) => a - b);
    this.#members = objects.map(membersOf);
    this.#arrays = objects.map((schema) => ({
      prefix: listOf(schema.prefixItems),
      rest: ([schema.items, schema.unevaluatedItems, schema.contains] as (Schema | undefined)[]).filter(
        (each) => each !== undefined,
      ),
    }));
    this.#longestPrefix = Math.max(0, ...this.#arrays.map(({ prefix }) => prefix.length));
  }

  item(index: number): Arrival {
    if (index < this.#longestPrefix) return this.#itemAt(index);
    this.#anyItem ??= this.#itemAt(this.#longestPrefix);
    return this.#anyItem;
  }

  /** A mark below the members or items of the value's own members or items: a form has no place for it. */
  get isDeep(): boolean {
    return this.#members.some(({ properties, patterns, others }) =>
      [...properties.values(), ...patterns.map(([, schema]) => schema), ...others].some((schema) =>
        this.#marks.leads(schema),
      ),
    );
  }

  #itemAt(index: number): Arrival {
    return this.#to(this.#arrays.flatMap(({ prefix, rest }) => prefix[index] ?? rest));
  }

  protected arriveAt(name: string): Arrival {
    const schemas: Schema[] = [];
    for (const { properties, folded, patterns, others } of this.#members) {
      const before = schemas.length;
      const exact = properties.get(name);
      schemas.push(...(exact === undefined ? (folded.get(foldName(name)) ?? []) : [exact]));
      for (const [pattern, schema] of patterns) if (pattern.takesName(name, true)) schemas.push(schema);
      if (schemas.length === before || !properties.has(name)) schemas.push(...others);
    }
    return this.#to(schemas);
  }

  #to(schemas: readonly Schema[]): Arrival {
    const next = this.#marks.spotOf(schemas);
    if (next === undefined) return nowhere;
    const { own } = next;
    return { next, ended: own, exact: own === undefined ? [] : own.map(() => true) };
  }
}

function membersOf(schema: Readonly<Record<string, unknown>>): Members {
  const properties = new Map(
    isJsonObject(schema.properties) ? Object.entries(schema.properties as Record<string, Schema>) : [],
  );
  const patterns = isJsonObject(schema.patternProperties)
    ? Object.entries(schema.patternProperties as Record<string, Schema>)
    : [];
  const others = [schema.additionalProperties, schema.unevaluatedProperties] as (Schema | undefined)[];
  return {
    properties,
    folded: folded(properties),
    patterns: patterns.map(([pattern, each]) => [compilePattern(pattern), each]),
    others: others.filter((each) => each !== undefined),
  };
}

function folded(properties: ReadonlyMap<string, Schema>): ReadonlyMap<string, readonly Schema[]> {
  const map = new Map<string, Schema[]>();
  for (const [name, schema] of properties) {
    const key = foldName(name);
    const list = map.get(key);
    if (list === undefined) map.set(key, [schema]);
    else list.push(schema);
  }
  return map;
}
