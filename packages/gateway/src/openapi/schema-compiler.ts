import { _, Ajv2020, type ErrorObject, str, type ValidateFunction } from 'ajv/dist/2020.js';
import { addContentKeywords } from './content-keywords.ts';
import type { Schema, SharedDefinition } from './definition.ts';
import { asConditions, isChoice } from './discriminator.ts';
import { addFormats } from './formats.ts';
import { emptyObject, isJsonObject, type JsonObject } from './json-value.ts';
import { endingEarly } from './listing.ts';
import { multiplesOf } from './multiple-of.ts';
import { compilePattern } from './pattern/pattern.ts';
import { Steps } from './steps.ts';
import { schemaKeywords } from './structure.ts';
import { hasUniqueItems } from './unique-items.ts';

/** Writing an object out to find duplicates takes as long as so many steps. */
const stepsOfCompound = 8;

/** Dividing a number of hundreds of digits takes as long as so many. */
const stepsOfLongNumber = 40;

/** A failed check: where, by which keyword, in words without any value of the request. */
export type SchemaError = ErrorObject;

/** A schema, compiled. */
export interface Check {
  /** The first error, or undefined. */
  first(value: unknown): SchemaError | undefined;
  /** All errors, up to some hundreds of them; compiled when first needed. */
  all(value: unknown): readonly SchemaError[];
  /** Whether there is none, within what is left of the steps that `refill` gave. */
  passes(value: unknown): boolean;
}

/** Compiles the schemas of one definition; what operations share is compiled once. */
export class SchemaCompiler {
  readonly #shared: SharedDefinition;
  readonly #flag: DirectionFlag;
  readonly #budget = new Steps();
  readonly #quick = newAjv(false, this.#budget);
  readonly #thorough = newAjv(true, this.#budget);
  readonly #added = new Set<string>();
  readonly #checks = new Map<string, Check>();

  /** @param flag of properties that are not required in what is judged: `readOnly` in requests, `writeOnly` in replies */
  constructor(shared: SharedDefinition, flag: DirectionFlag = 'readOnly') {
    this.#shared = shared;
    this.#flag = flag;
  }

  /** Steps for one value that is judged by many calls of `passes` and `take`. */
  refill(): void {
    this.#budget.refill();
  }

  /** Steps that all checks have taken so far. */
  get taken(): number {
    return this.#budget.taken;
  }

  /** The checks up to `release` have the steps of one. */
  share(): void {
    this.#budget.share();
  }

  release(): void {
    this.#budget.release();
  }

  /** @throws TooManySteps */
  take(steps: number): void {
    this.#budget.take(steps);
  }

  /** Takes milliseconds for large schemas: `compile` is for start-up, not for requests. */
  compile(schema: Schema): Check {
    const key = JSON.stringify(schema);
    let check = this.#checks.get(key);
    if (check === undefined) {
      check = this.#build(schema);
      this.#checks.set(key, check);
    }
    return check;
  }

  #build(schema: Schema): Check {
    const own = this.#prepare(schema);
    const budget = this.#budget;
    const quick = this.#quick.compile(own);
    let thorough: ValidateFunction | undefined;
    return {
      first(value) {
        budget.refill();
        return quick(value) ? undefined : quick.errors?.[0];
      },
      all: (value) => {
        thorough ??= this.#thorough.compile(own);
        budget.refill();
        return thorough(value) ? [] : (thorough.errors ?? []);
      },
      passes: (value) => quick(value),
    };
  }

  /** The schema as ajv gets it; those that it refers to, at any distance, are added on the way. */
  #prepare(schema: Schema): Schema {
    const names = new Set<string>();
    const own = inDirection(schema, this.#shared, this.#flag, names);
    for (const name of names) {
      if (this.#added.has(name)) continue;
      this.#added.add(name);
      const further = new Set<string>();
      const named = inDirection(this.#shared.schemas[name] ?? true, this.#shared, this.#flag, further);
      // Recursion goes through a schema that refers on, so that is where steps are counted.
      if (further.size > 0 && isJsonObject(named)) countStep(named);
      this.#quick.addSchema(named, name);
      this.#thorough.addSchema(named, name);
      for (const next of further) names.add(next);
    }
    return own;
  }
}

const stepKeyword = 'x-step';

function countStep(schema: JsonObject): void {
  schema[stepKeyword] = 1 + Number(schema[stepKeyword] ?? 0);
}

function newAjv(allErrors: boolean, budget: Steps): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors,
    strict: false,
    validateSchema: false,
    validateFormats: true,
    logger: false,
    // Otherwise `required: [constructor]` is met by every object.
    ownProperties: true,
    // ajv's own pass over what it has written takes more than half of the time to compile, and V8 does the same later.
    code: {
      regExp: regExpWithin(budget),
      optimize: false,
      ...(allErrors && { process: endingEarly }),
    },
  });
  addFormats(ajv);
  addContentKeywords(ajv);
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    error: { message: 'must NOT have duplicate items' },
    validate: (unique: boolean, items: unknown[]) =>
      !unique || hasUniqueItems(items, () => budget.take(stepsOfCompound)),
  });
  ajv.removeKeyword('multipleOf');
  ajv.addKeyword({
    keyword: 'multipleOf',
    type: 'number',
    schemaType: 'number',
    error: { message: ({ schema }) => str`must be multiple of ${schema as number}` },
    compile: (of: number) => multiplesOf(of, () => budget.take(stepsOfLongNumber)),
  });
  // A schema with alternatives that contain itself can take time exponential in the depth of the value, and each
  // alternative that fails allocates its error. The count stands before what it counts.
  ajv.addKeyword({
    keyword: stepKeyword,
    schemaType: 'number',
    before: '$ref',
    code(context) {
      const counter = context.gen.scopeValue('obj', { ref: budget });
      context.gen.code(_`${counter}.take(${Number(context.schema)})`);
    },
  });
  return ajv;
}

/** ajv keeps engines by what `toString` says, so two patterns with one text would be one pattern. */
function regExpWithin(steps: Steps) {
  const engine = (source: string) => {
    const pattern = compilePattern(source);
    return { test: (text: string) => pattern.test(text, steps), toString: () => source };
  };
  return Object.assign(engine, { code: '' });
}

/** What makes a property one that only the other side sends (OpenAPI 3.0.3 section 4.7.24.2). */
export type DirectionFlag = 'readOnly' | 'writeOnly';

/**
 * A copy with steps to count, in which required properties that only the other side sends are not required. Names of the
 * schemas referred to go into `names`.
 */
function inDirection(
  written: Schema,
  shared: SharedDefinition,
  flag: DirectionFlag,
  names: Set<string>,
  around: ReadonlySet<string> = none,
): Schema {
  if (!isJsonObject(written)) return written;
  const schema = isChoice(written) ? asConditions(written) : written;
  const copy = emptyObject();
  const flagged = flaggedAt(schema, shared, flag, around, ['allOf']);
  for (const [keyword, value] of Object.entries(schema)) {
    const holds = Object.hasOwn(schemaKeywords, keyword)
      ? schemaKeywords[keyword as keyof typeof schemaKeywords]
      : undefined;
    if (keyword === 'discriminator') continue;
    if (keyword === '$ref') names.add(value as string);
    const inner = samePlace.has(keyword) ? flagged : none;
    if (holds === undefined) copy[keyword] = value;
    else if (Array.isArray(value))
      copy[keyword] = value.map((each: Schema) => inDirection(each, shared, flag, names, inner));
    else if (holds[0] === 'direct') copy[keyword] = inDirection(value as Schema, shared, flag, names, inner);
    else {
      const map = emptyObject();
      for (const [name, each] of Object.entries(value as Record<string, Schema>)) {
        map[name] = inDirection(each, shared, flag, names, inner);
      }
      copy[keyword] = map;
    }
  }
  const alternatives = [copy.anyOf, copy.oneOf].flatMap((list) => (Array.isArray(list) ? list.length : []));
  if (alternatives.length > 0) copy[stepKeyword] = alternatives.reduce((sum, count) => sum + count, 0);
  if (Array.isArray(copy.required)) {
    const some = flaggedAt(schema, shared, flag, flagged, ['allOf', 'anyOf', 'oneOf']);
    copy.required = copy.required.filter((name: string) => !some.has(name));
  }
  return copy;
}

const none: ReadonlySet<string> = new Set();
/** The keywords whose schemas are about the same value. */
const samePlace: ReadonlySet<string> = new Set([
  'allOf',
  'anyOf',
  'oneOf',
  'if',
  'then',
  'else',
  'dependentSchemas',
]);

/**
 * Names of properties that only the other side sends, by all that the schema says of the value: one part of `allOf` may
 * require what another one describes.
 * @param keywords of the schemas that are asked besides: an alternative says nothing about the other one
 */
function flaggedAt(
  schema: JsonObject,
  shared: SharedDefinition,
  flag: DirectionFlag,
  around: ReadonlySet<string>,
  keywords: readonly string[],
): ReadonlySet<string> {
  let found: Set<string> | undefined;
  // Types refer to their subtypes, and those to them: each is looked at once.
  const parts = new Set<JsonObject>([schema]);
  for (const part of parts) {
    const { $ref, properties } = part;
    const further = keywords.flatMap(
      (keyword) => (Array.isArray(part[keyword]) ? part[keyword] : []) as unknown[],
    );
    if (typeof $ref === 'string') further.push(shared.schemas[$ref]);
    for (const each of further) if (isJsonObject(each)) parts.add(each);
    if (!isJsonObject(properties)) continue;
    for (const [name, each] of Object.entries(properties)) {
      if (!isFlagged(each as Schema, shared, flag)) continue;
      found ??= new Set(around);
      found.add(name);
    }
  }
  return found ?? around;
}

export function isFlagged(schema: Schema, shared: SharedDefinition, flag: DirectionFlag): boolean {
  if (!isJsonObject(schema)) return false;
  if (schema[flag] === true) return true;
  const named = typeof schema.$ref === 'string' ? shared.schemas[schema.$ref] : undefined;
  return isJsonObject(named) && named[flag] === true;
}
