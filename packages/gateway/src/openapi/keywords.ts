import type { Schema } from './definition.ts';
import { emptyObject, isJsonObject, type JsonObject } from './json-value.ts';
import { compilePattern } from './pattern/pattern.ts';
import { sanitizeMark, schemaKeywords } from './structure.ts';

const types = new Set<unknown>(['string', 'number', 'integer', 'boolean', 'null', 'array', 'object']);

/** What the value of a keyword must look like. */
interface Form {
  readonly is: (value: unknown) => boolean;
  /** In words: "a number". */
  readonly words: string;
}

const number: Form = {
  is: (value) => typeof value === 'number' && Number.isFinite(value),
  words: 'a number',
};
const count: Form = {
  is: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  words: 'a whole number from 0 on',
};
const flag: Form = { is: (value) => typeof value === 'boolean', words: 'true or false' };
const text: Form = { is: (value) => typeof value === 'string', words: 'a text' };
const list: Form = { is: Array.isArray, words: 'a list' };
const object: Form = { is: isJsonObject, words: 'an object' };
const anything: Form = { is: () => true, words: 'anything' };
const names: Form = {
  is: (value) => Array.isArray(value) && value.every((name) => typeof name === 'string'),
  words: 'a list of names',
};
const pattern: Form = { is: isPattern, words: 'a regular expression' };

/** The keywords that are enforced, besides those that hold schemas. */
const keywords: Readonly<Record<string, Form>> = {
  $ref: text,
  type: {
    is: (value) =>
      types.has(value) ||
      (Array.isArray(value) && value.length > 0 && value.every((each) => types.has(each))),
    words: `a type or a list of types (${[...types].join(', ')})`,
  },
  enum: list,
  const: anything,
  multipleOf: {
    is: (value) => number.is(value) && (value as number) > 0,
    words: 'a number above 0',
  },
  maximum: number,
  exclusiveMaximum: number,
  minimum: number,
  exclusiveMinimum: number,
  maxLength: count,
  minLength: count,
  pattern,
  format: text,
  maxItems: count,
  minItems: count,
  uniqueItems: flag,
  maxContains: count,
  minContains: count,
  maxProperties: count,
  minProperties: count,
  required: names,
  dependentRequired: {
    is: (value) => isJsonObject(value) && Object.values(value).every(names.is),
    words: 'an object of lists of names',
  },
  readOnly: flag,
  writeOnly: flag,
  contentMediaType: text,
  contentEncoding: text,
  xml: object,
  // That there are subtypes, with fields of their own.
  discriminator: object,
  // Kept whatever it says: the policy `sanitising` refuses to start with a mark that it does not know.
  [sanitizeMark]: anything,
};

export const enforcedKeywords: readonly string[] = Object.keys(keywords);

/**
 * What the value of a keyword should have been, in words; undefined where it can be enforced, and for what is no keyword.
 * What `cleanSchema` leaves out is found by this.
 */
export function wantedInstead(keyword: string, value: unknown): string | undefined {
  if (isFlag(keyword, value)) return undefined;
  if (Object.hasOwn(schemaKeywords, keyword)) {
    if (schemaKeywords[keyword as keyof typeof schemaKeywords][0] === 'map')
      return isJsonObject(value) ? undefined : object.words;
    if (listKeywords.has(keyword))
      return Array.isArray(value) && value.length > 0 ? undefined : 'a list of schemas';
    return Array.isArray(value) && keyword !== 'items' ? 'a schema' : undefined;
  }
  const form = Object.hasOwn(keywords, keyword) ? keywords[keyword] : undefined;
  return form === undefined || form.is(settled(keyword, value)) ? undefined : form.words;
}

/** Converters write one type several times. */
function settled(keyword: string, value: unknown): unknown {
  return keyword === 'type' && Array.isArray(value) ? [...new Set(value.flat())] : value;
}

const referencePrefix = '#/components/schemas/';

/**
 * A copy of a schema with the keywords that are enforced, and no others: ajv throws for values of the wrong kind,
 * and obeys keywords of its own (`$async` would make every body valid). What it leaves out although it was meant to
 * be enforced is told where it stands (`schemaMistakes`). `$ref` becomes the bare name of the schema.
 */
export function cleanSchema(value: unknown): Schema {
  if (typeof value === 'boolean') return value;
  if (!isJsonObject(value)) return true;
  if (Array.isArray(value.enum) && value.enum.length === 0) return false;
  const copy = emptyObject();
  for (const [keyword, item] of Object.entries(value)) {
    if (isFlag(keyword, item) || keyword === 'dependencies') continue;
    if (wantedInstead(keyword, item) !== undefined) continue;
    if (Object.hasOwn(schemaKeywords, keyword)) {
      const [name, child] = cleanChild(keyword, item);
      copy[name] = child;
    } else if (Object.hasOwn(keywords, keyword)) copy[keyword] = settled(keyword, item);
  }
  takeDependencies(copy, value.dependencies);
  takeTuple(copy, value.items);
  if (value.nullable === true) allowNull(copy);
  if (value.exclusiveMinimum === true) makeExclusive(copy, 'minimum', 'exclusiveMinimum');
  if (value.exclusiveMaximum === true) makeExclusive(copy, 'maximum', 'exclusiveMaximum');
  if (typeof copy.$ref === 'string') copy.$ref = copy.$ref.slice(referencePrefix.length);
  return copy;
}

/** Of a property that is there: names that must be there too, or a schema that the whole object must meet. */
function takeDependencies(copy: JsonObject, written: unknown): void {
  if (!isJsonObject(written)) return;
  const required = emptyObject();
  const schemas = emptyObject();
  for (const [name, each] of Object.entries(written)) {
    if (names.is(each)) required[name] = each;
    else schemas[name] = cleanSchema(each);
  }
  copy.dependentRequired = Object.assign(emptyObject(), required, copy.dependentRequired);
  copy.dependentSchemas = Object.assign(emptyObject(), schemas, copy.dependentSchemas);
}

/** Before 2020-12 `additionalItems` was what `items` is now, where that was a list, and nothing elsewhere. */
function takeTuple(copy: JsonObject, items: unknown): void {
  if (Array.isArray(items) && copy.additionalItems !== undefined) copy.items = copy.additionalItems;
  delete copy.additionalItems;
}

/** @param item for which nothing else is wanted */
function cleanChild(keyword: string, item: unknown): [keyword: string, value: unknown] {
  if (schemaKeywords[keyword as keyof typeof schemaKeywords][0] === 'map') {
    const map = emptyObject();
    for (const [name, schema] of Object.entries(item as JsonObject)) {
      if (keyword !== 'patternProperties' || isPattern(name)) map[name] = cleanSchema(schema);
    }
    return [keyword, map];
  }
  if (!Array.isArray(item)) return [keyword, cleanSchema(item)];
  // Before 2020-12 a tuple was written as a list of `items`.
  return [keyword === 'items' ? 'prefixItems' : keyword, item.map((schema) => cleanSchema(schema))];
}

const listKeywords: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);

/** Draft 4, which OpenAPI 3.0 builds on, has these as flags beside the limit; they survive in documents of 3.1. */
function isFlag(keyword: string, value: unknown): boolean {
  return typeof value === 'boolean' && (keyword === 'exclusiveMinimum' || keyword === 'exclusiveMaximum');
}

function makeExclusive(schema: Record<string, unknown>, limit: string, exclusive: string): void {
  if (schema[limit] === undefined) return;
  schema[exclusive] = schema[limit];
  delete schema[limit];
}

/** `nullable` is no keyword since 3.1, but still written. */
function allowNull(schema: Record<string, unknown>): void {
  if (schema.type === undefined) return;
  const stated: unknown[] = Array.isArray(schema.type) ? schema.type : [schema.type];
  schema.type = [...new Set([...stated, 'null'])];
}

export function isPattern(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    compilePattern(value);
    return true;
  } catch {
    return false;
  }
}
