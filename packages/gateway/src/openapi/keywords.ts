import type { Schema } from './definition.ts';
import { emptyObject, isJsonObject, type JsonObject } from './json-value.ts';
import { compilePattern } from './pattern/pattern.ts';
import { sanitizeMark, schemaKeywords } from './structure.ts';

const types = new Set<unknown>(['string', 'number', 'integer', 'boolean', 'null', 'array', 'object']);

const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value);
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isBoolean = (value: unknown): boolean => typeof value === 'boolean';
const isNames = (value: unknown): boolean =>
  Array.isArray(value) && value.every((name) => typeof name === 'string');

/** The keywords that are enforced, besides those that hold schemas, each with what its value must look like. */
const keywords: Readonly<Record<string, (value: unknown) => boolean>> = {
  $ref: (value) => typeof value === 'string',
  type: (value) =>
    types.has(value) || (Array.isArray(value) && value.length > 0 && value.every((each) => types.has(each))),
  enum: (value) => Array.isArray(value),
  const: () => true,
  multipleOf: (value) => isNumber(value) && (value as number) > 0,
  maximum: isNumber,
  exclusiveMaximum: isNumber,
  minimum: isNumber,
  exclusiveMinimum: isNumber,
  maxLength: isCount,
  minLength: isCount,
  pattern: isPattern,
  format: (value) => typeof value === 'string',
  maxItems: isCount,
  minItems: isCount,
  uniqueItems: isBoolean,
  maxContains: isCount,
  minContains: isCount,
  maxProperties: isCount,
  minProperties: isCount,
  required: isNames,
  dependentRequired: (value) => isJsonObject(value) && Object.values(value).every(isNames),
  readOnly: isBoolean,
  writeOnly: isBoolean,
  contentMediaType: (value) => typeof value === 'string',
  contentEncoding: (value) => typeof value === 'string',
  xml: isJsonObject,
  // That there are subtypes, with fields of their own.
  discriminator: isJsonObject,
  // Kept whatever it says: the policy `sanitising` refuses to start with a mark that it does not know.
  [sanitizeMark]: () => true,
};

const referencePrefix = '#/components/schemas/';

/**
 * A copy of a schema with the keywords that are enforced, and no others: ajv throws for values of the wrong kind,
 * and obeys keywords of its own (`$async` would make every body valid). What is left out although it was meant to
 * be enforced is reported. `$ref` becomes the bare name of the schema.
 */
export function cleanSchema(value: unknown, report: (message: string) => void): Schema {
  if (typeof value === 'boolean') return value;
  if (!isJsonObject(value)) {
    if (value !== undefined) report('A schema is neither an object nor a boolean; anything is taken.');
    return true;
  }
  if (Array.isArray(value.enum) && value.enum.length === 0) {
    report('The enum of a schema is empty; nothing is taken.');
    return false;
  }
  const copy = emptyObject();
  for (const [keyword, item] of Object.entries(value)) {
    if (isFlag(keyword, item)) continue;
    if (keyword === 'dependencies') continue;
    if (Object.hasOwn(schemaKeywords, keyword)) {
      const holds = schemaKeywords[keyword as keyof typeof schemaKeywords];
      const child = cleanChild(keyword, holds[0], item, report);
      if (child !== undefined) copy[child[0]] = child[1];
      continue;
    }
    const check = Object.hasOwn(keywords, keyword) ? keywords[keyword] : undefined;
    if (check === undefined) continue;
    const given = keyword === 'type' && Array.isArray(item) ? [...new Set(item.flat())] : item;
    if (check(given)) copy[keyword] = given;
    else report(`The ${keyword} of a schema is not valid and is ignored.`);
  }
  takeDependencies(copy, value.dependencies, report);
  takeTuple(copy, value.items);
  if (value.nullable === true) allowNull(copy);
  if (value.exclusiveMinimum === true) makeExclusive(copy, 'minimum', 'exclusiveMinimum');
  if (value.exclusiveMaximum === true) makeExclusive(copy, 'maximum', 'exclusiveMaximum');
  if (typeof copy.$ref === 'string') copy.$ref = copy.$ref.slice(referencePrefix.length);
  return copy;
}

/** Of a property that is there: names that must be there too, or a schema that the whole object must meet. */
function takeDependencies(copy: JsonObject, written: unknown, report: (message: string) => void): void {
  if (!isJsonObject(written)) return;
  const names = emptyObject();
  const schemas = emptyObject();
  for (const [name, each] of Object.entries(written)) {
    if (isNames(each)) names[name] = each;
    else schemas[name] = cleanSchema(each, report);
  }
  copy.dependentRequired = Object.assign(emptyObject(), names, copy.dependentRequired);
  copy.dependentSchemas = Object.assign(emptyObject(), schemas, copy.dependentSchemas);
}

/** Before 2020-12 `additionalItems` was what `items` is now, where that was a list, and nothing elsewhere. */
function takeTuple(copy: JsonObject, items: unknown): void {
  if (Array.isArray(items) && copy.additionalItems !== undefined) copy.items = copy.additionalItems;
  delete copy.additionalItems;
}

function cleanChild(
  keyword: string,
  how: 'direct' | 'map',
  item: unknown,
  report: (message: string) => void,
): [keyword: string, value: unknown] | undefined {
  if (how === 'map') {
    if (!isJsonObject(item)) return undefined;
    const map = emptyObject();
    for (const [name, schema] of Object.entries(item)) {
      if (keyword === 'patternProperties' && !isPattern(name)) {
        report('A name in patternProperties is no pattern and is ignored.');
      } else map[name] = cleanSchema(schema, report);
    }
    return [keyword, map];
  }
  if (!listKeywords.has(keyword)) {
    if (Array.isArray(item)) {
      // Before 2020-12 a tuple was written as a list of `items`.
      return keyword === 'items'
        ? ['prefixItems', item.map((schema) => cleanSchema(schema, report))]
        : undefined;
    }
    return [keyword, cleanSchema(item, report)];
  }
  if (!Array.isArray(item) || item.length === 0) {
    report(`The ${keyword} of a schema is no list of schemas and is ignored.`);
    return undefined;
  }
  return [keyword, item.map((schema) => cleanSchema(schema, report))];
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

function isPattern(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    compilePattern(value);
    return true;
  } catch {
    return false;
  }
}
