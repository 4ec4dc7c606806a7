import { parseCookies } from '../http/cookies.ts';
import { fieldName, plainName } from '../http/field-name.ts';
import type { Fields } from '../http/fields.ts';
import { JsonFault, parseJson } from '../http/json.ts';
import type { JsonLimits } from '../http/json-limits.ts';
import { isJson } from '../http/media-type.ts';
import { mostParameters, parseQuery, queryReasons } from '../http/query.ts';
import { templateParameters } from '../routing/path-template.ts';
import type {
  OperationDefinition,
  ParameterDefinition,
  ParameterLocation,
  Schema,
  SharedDefinition,
} from './definition.ts';
import type { Check, SchemaCompiler } from './schema-compiler.ts';
import { type ContentError, schemaErrors, tooComplex } from './schema-errors.ts';
import { type Shape, shapeOfSchema } from './schema-shape.ts';
import {
  hasProperty,
  isRepeated,
  isSpread,
  type Readings,
  readProperties,
  readTexts,
  typeFault,
} from './serialization.ts';
import { TooManySteps } from './steps.ts';
import { type FieldSearch, forbiddenMessages, pointerTo } from './unknown-fields.ts';
import { shortened, type ValidationError } from './validation-error.ts';

/** What of a request the parameters are in. */
export interface ParameterSource {
  readonly query: string;
  readonly fields: Fields;
  /** In the order in which the template names them. */
  readonly pathValues: readonly string[];
  /** What JSON in a parameter is bounded by; the usual where it is absent. */
  readonly jsonLimits?: JsonLimits;
}

export interface ParameterOptions {
  readonly unknownQueryParameters: 'refuse' | 'strip' | 'ignore' | 'allow';
  readonly maxErrors: number;
  /** Parameters of the query that carry a credential, which is not for a definition to judge. */
  readonly credentialParameters?: readonly string[];
  /** Looks for fields that a schema does not mention, in parameters that are JSON; absent where nobody asks for them. */
  readonly fieldsBeside?: ((schema: Schema) => FieldSearch) | undefined;
  /** Whether these are told by `ignored` alone. Default false. */
  readonly ignoresFields?: boolean;
}

/** The parameters of one operation, ready to be judged. */
export interface ParameterChecks {
  /** The faults of a request's parameters, at most `maxErrors`; undefined when there are none. */
  check(source: ParameterSource): ValidationError[] | undefined;
  /** Fields in parameters that are JSON, which are there although nothing mentions them, of a request without faults. */
  ignored(source: ParameterSource): readonly ValidationError[];
  /** Whether a name in the query leads to a parameter. */
  knows(name: string): boolean;
}

interface Prepared {
  readonly definition: ParameterDefinition;
  readonly shape: Shape;
  readonly spread: boolean;
  readonly repeated: boolean;
  /** Undefined when the schema says no more than the one type that the text is read as. */
  readonly check: Check | undefined;
  readonly unknown: FieldSearch | undefined;
  /** Where the value stands among the path's; -1 elsewhere. */
  readonly pathIndex: number;
}

/** Where a name in a query leads: to a parameter, or to a property of one. */
interface Slot {
  readonly index: number;
  readonly property: string | undefined;
}

/** Compiles schemas, so it takes milliseconds. */
export function prepareParameters(
  operation: OperationDefinition,
  compiler: SchemaCompiler,
  options: ParameterOptions,
): ParameterChecks {
  const names = templateParameters(operation.path);
  const prepared = operation.parameters.map((definition) =>
    prepareParameter(
      definition,
      operation.shared,
      compiler,
      definition.in === 'path' ? names.indexOf(definition.name) : -1,
      options.fieldsBeside,
    ),
  );
  return new Checks(operation, prepared, compiler, options);
}

function prepareParameter(
  definition: ParameterDefinition,
  shared: SharedDefinition,
  compiler: SchemaCompiler,
  pathIndex: number,
  fieldsBeside?: ParameterOptions['fieldsBeside'],
): Prepared {
  const shape = shapeOfSchema(definition.schema, shared);
  return {
    definition,
    shape,
    spread: isSpread(definition, shape),
    repeated: isRepeated(definition, shape),
    check: isPlain(definition, shape) ? undefined : compiler.compile(definition.schema),
    unknown: definition.mediaType === undefined ? undefined : fieldsBeside?.(definition.schema),
    pathIndex,
  };
}

/** Nothing is left to check once the text could be read as the type. */
function isPlain(definition: ParameterDefinition, shape: Shape): boolean {
  if (definition.mediaType !== undefined) return false;
  const { schema } = definition;
  if (typeof schema === 'boolean') return schema;
  if (typeof schema.type !== 'string' || shape.primitives.length !== 1) return false;
  return Object.keys(schema).every((keyword) => keyword === 'type' || keyword === 'readOnly');
}

class Checks implements ParameterChecks {
  readonly #others: readonly Prepared[];
  /** Of fields, by their name as servers by CGI read it. */
  readonly #headers: ReadonlyMap<string, Prepared>;
  readonly #query: readonly Prepared[];
  readonly #cookies: readonly Prepared[];
  /** By the names of cookies: an object in several has one for each of its properties. */
  readonly #cookieNames = new Map<string, Prepared>();
  /** The same by the names as the servers read them that are least exact about it. */
  readonly #looseCookies = new Map<string, Prepared>();
  readonly #slots = new Map<string, Slot>();
  /** By the name before the bracket. */
  readonly #deep = new Map<string, number>();
  /** Of the parameter that is an object with properties of any name, each a parameter of its own. */
  #rest = -1;
  readonly #mayHaveFields: boolean;
  readonly #compiler: SchemaCompiler;
  readonly #options: ParameterOptions;

  constructor(
    operation: OperationDefinition,
    prepared: readonly Prepared[],
    compiler: SchemaCompiler,
    options: ParameterOptions,
  ) {
    const at = (location: ParameterLocation): Prepared[] =>
      prepared.filter((parameter) => parameter.definition.in === location);
    this.#compiler = compiler;
    this.#options = options;
    this.#mayHaveFields = prepared.some(({ unknown }) => unknown !== undefined);
    const headers = at('header');
    this.#others = [...at('path'), ...headers];
    this.#headers = new Map(headers.map((parameter) => [plainName(parameter.definition.name), parameter]));
    this.#cookies = at('cookie');
    for (const parameter of this.#cookies) {
      const { definition, shape, spread } = parameter;
      for (const name of spread ? shape.properties!.keys() : [definition.name]) {
        this.#cookieNames.set(name, parameter);
        this.#looseCookies.set(looseName(name), parameter);
      }
    }
    this.#query = at('query');
    for (const [index, { definition, shape, spread }] of this.#query.entries()) {
      if (definition.style === 'deepObject' && spread) this.#deep.set(definition.name, index);
      else if (!spread) this.#slots.set(definition.name, { index, property: undefined });
      else {
        for (const property of shape.properties!.keys()) this.#slots.set(property, { index, property });
        if (shape.additional !== undefined && this.#rest < 0) this.#rest = index;
      }
    }
    // The key is for the authenticator to judge.
    const keys = Object.values(operation.shared.securitySchemes).filter((scheme) => scheme.in === 'query');
    for (const name of [...keys.map((scheme) => scheme.name), ...(options.credentialParameters ?? [])]) {
      if (name !== undefined && !this.#slots.has(name)) this.#slots.set(name, ignored);
    }
  }

  check(source: ParameterSource): ValidationError[] | undefined {
    const found = this.#all(source);
    const errors = this.#options.ignoresFields ? found.filter((each) => !isBeside(each)) : found;
    return errors.length === 0 ? undefined : errors.slice(0, this.#options.maxErrors);
  }

  ignored(source: ParameterSource): readonly ValidationError[] {
    if (!this.#options.ignoresFields || !this.#mayHaveFields) return [];
    return this.#all(source).filter(isBeside).slice(0, this.#options.maxErrors);
  }

  #all(source: ParameterSource): ValidationError[] {
    this.#compiler.share();
    try {
      return this.#check(source);
    } finally {
      this.#compiler.release();
    }
  }

  #check(source: ParameterSource): ValidationError[] {
    const errors: ValidationError[] = [];
    for (const parameter of this.#others) {
      const found =
        parameter.pathIndex >= 0
          ? judge(parameter, [source.pathValues[parameter.pathIndex]!], source.jsonLimits)
          : judgeHeader(parameter, source);
      if (found !== undefined) errors.push(...found);
    }
    if (this.#headers.size > 0) this.#checkTwins(source.fields, errors);
    this.#checkQuery(source, errors);
    if (this.#cookies.length > 0) this.#checkCookies(source, errors);
    return errors;
  }

  /** `X_Tenant` beside or in the place of `X-Tenant`: not the parameter here, and the same to some services. */
  #checkTwins({ flat }: Fields, errors: ValidationError[]): void {
    for (let at = 0; at < flat.length; at += 2) {
      const name = flat[at]!;
      const parameter = this.#headers.get(fieldName(name).plain);
      if (parameter === undefined || parameter.definition.name === name) continue;
      if (errors.length < this.#options.maxErrors) errors.push(duplicate(parameter));
    }
  }

  /** `Plan` or `pl%61n` beside or in the place of `plan`: another cookie here, and the same to some services. */
  #checkCookieTwins(pairs: readonly (readonly [string, string])[], errors: ValidationError[]): void {
    for (const [name] of pairs) {
      const parameter = this.#looseCookies.get(looseName(name));
      if (parameter === undefined || this.#cookieNames.has(name)) continue;
      if (errors.length < this.#options.maxErrors) errors.push(duplicate(parameter));
    }
  }

  #checkQuery({ query, jsonLimits }: ParameterSource, errors: ValidationError[]): void {
    const parameters = this.#query;
    const found: (string[] | undefined)[] = new Array<undefined>(parameters.length).fill(undefined);
    if (query !== '') {
      const pairs = parseQuery(query, mostParameters);
      if ('kind' in pairs) {
        errors.push({ in: 'query', keyword: 'syntax', message: queryReasons[pairs.reason] });
        return;
      }
      for (const [name, value] of pairs) this.#sort(name, value, found, errors);
    }
    for (let index = 0; index < parameters.length; index++) {
      const wrong = judgeAll(parameters[index]!, found[index], jsonLimits);
      if (wrong !== undefined) errors.push(...wrong);
    }
  }

  knows(name: string): boolean {
    return this.#slotOf(name) !== undefined;
  }

  #slotOf(name: string): Slot | undefined {
    const slot = this.#slots.get(name);
    if (slot !== undefined) return slot;
    if (this.#deep.size > 0 && name.endsWith(']')) {
      const bracket = name.indexOf('[');
      const index = this.#deep.get(name.slice(0, Math.max(bracket, 0)));
      const property = name.slice(bracket + 1, -1);
      if (index !== undefined && hasProperty(this.#query[index]!.shape, property)) return { index, property };
    }
    return this.#rest >= 0 ? { index: this.#rest, property: name } : undefined;
  }

  #sort(name: string, value: string, found: (string[] | undefined)[], errors: ValidationError[]): void {
    const slot = this.#slotOf(name);
    if (slot === ignored) return;
    if (slot === undefined) {
      if (this.#options.unknownQueryParameters !== 'refuse' || errors.length >= this.#options.maxErrors)
        return;
      errors.push(unknownParameter(name));
      return;
    }
    let values = found[slot.index];
    if (values === undefined) {
      values = [];
      found[slot.index] = values;
    }
    if (slot.property !== undefined) values.push(slot.property);
    values.push(value);
  }

  #checkCookies({ fields, jsonLimits }: ParameterSource, errors: ValidationError[]): void {
    // HTTP/2 may split the field (RFC 9113 section 8.2.3).
    const pairs = parseCookies(fields.getAll('cookie').join('; '), mostParameters);
    if ('kind' in pairs) {
      errors.push({ in: 'cookie', keyword: 'syntax', message: 'is not well-formed' });
      return;
    }
    this.#checkCookieTwins(pairs, errors);
    for (const parameter of this.#cookies) {
      const { spread } = parameter;
      const own = pairs.filter(([name]) => this.#cookieNames.get(name) === parameter);
      const values = spread ? own.flat() : own.map(([, value]) => value);
      const wrong = judgeAll(parameter, values.length === 0 ? undefined : values, jsonLimits);
      if (wrong !== undefined) errors.push(...wrong);
    }
  }
}

/** As the servers read it that are least exact about it: decoded, regardless of case, `_` for what is no part of a variable. */
function looseName(name: string): string {
  const decoded = name.replace(/%([0-7][0-9a-f])/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return decoded.toLowerCase().replace(/[ .[]/g, '_');
}

const ignored: Slot = { index: -1, property: undefined };

/** Whether an error is about a field that nothing mentions, or one of replies alone. */
function isBeside({ pointer, keyword }: ValidationError): boolean {
  return pointer !== undefined && Object.hasOwn(forbiddenMessages, keyword);
}

function judgeHeader(
  parameter: Prepared,
  { fields, jsonLimits }: ParameterSource,
): ValidationError[] | undefined {
  const { name } = parameter.definition;
  const first = fields.get(name);
  if (first === undefined) return absent(parameter);
  const values = fields.getAll(name);
  // A list may be spread over several fields (RFC 9110 section 5.3).
  const isList = parameter.shape.items !== undefined && parameter.definition.mediaType === undefined;
  if (values.length > 1 && !isList) return [duplicate(parameter)];
  const text = trimmedList(values.length > 1 ? values.join(',') : first, parameter);
  return judge(parameter, [text], jsonLimits);
}

/** One header of a part of a multipart. */
export interface HeaderCheck {
  readonly name: string;
  /** What is wrong with the value, "is required" for example; undefined when nothing is. */
  fault(value: string | undefined, limits?: JsonLimits): string | undefined;
}

export function prepareHeader(
  definition: ParameterDefinition,
  shared: SharedDefinition,
  compiler: SchemaCompiler,
): HeaderCheck {
  const parameter = prepareParameter(definition, shared, compiler, -1);
  return {
    name: definition.name,
    fault(value, limits) {
      const found =
        value === undefined ? absent(parameter) : judge(parameter, [trimmedList(value, parameter)], limits);
      return found?.[0]?.message;
    },
  };
}

function judgeAll(
  parameter: Prepared,
  values: readonly string[] | undefined,
  limits: JsonLimits | undefined,
): ValidationError[] | undefined {
  if (values === undefined) return absent(parameter);
  if (values.length > 1 && !parameter.repeated && !parameter.spread) return [duplicate(parameter)];
  return judge(parameter, values, limits);
}

/** Of one parameter at most so many errors are looked for: as many as a refusal may list. */
const mostErrors = 100;

function judge(
  parameter: Prepared,
  texts: readonly string[],
  limits: JsonLimits | undefined,
): ValidationError[] | undefined {
  const { definition, shape, check } = parameter;
  if (definition.style === undefined && definition.mediaType === undefined) return undefined;
  if (definition.allowEmptyValue && texts.length === 1 && texts[0] === '') return undefined;
  const readings = read(parameter, texts, limits);
  if (!('values' in readings)) return [error(parameter, readings.keyword, readings.message)];
  if (check === undefined) return undefined;
  const { values } = readings;
  if (values.length === 1) return errorsOf(parameter, check, values[0]);
  let refusal: ContentError | undefined;
  for (const value of values) {
    const fault = schemaErrors(check, value, 1)?.[0];
    if (fault === undefined) return unknownFields(parameter, value);
    if (fault === tooComplex) return [error(parameter, fault.keyword, fault.message)];
    refusal ??= fault;
  }
  if (refusal === undefined) return [error(parameter, 'type', typeFault(shape).message)];
  return [error(parameter, refusal.keyword, refusal.message, refusal.pointer)];
}

function errorsOf(parameter: Prepared, check: Check, value: unknown): ValidationError[] | undefined {
  // What is no object or list has one fault.
  const found = schemaErrors(check, value, typeof value === 'object' ? mostErrors : 1);
  const unknown = found?.[0] === tooComplex ? undefined : unknownFields(parameter, value);
  if (found === undefined) return unknown;
  const errors = found.map(({ keyword, message, pointer }) => error(parameter, keyword, message, pointer));
  return unknown === undefined ? errors : [...errors, ...unknown];
}

function read(
  { definition, shape, spread }: Prepared,
  texts: readonly string[],
  limits: JsonLimits | undefined,
): Readings {
  if (definition.mediaType !== undefined) return readContent(definition.mediaType, texts[0]!, limits);
  return spread ? readProperties(texts, shape) : readTexts(definition, shape, texts);
}

export function readContent(mediaType: string, text: string, limits: JsonLimits | undefined): Readings {
  if (!isJson(mediaType)) return { values: [text] };
  try {
    return { values: [parseJson(Buffer.from(text), limits)] };
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    return { keyword: error.fault.rule, message: `must be JSON, but ${error.fault.message}` };
  }
}

/** Blanks around the items of a list are no part of them (RFC 9110 section 5.6.1). */
function trimmedList(text: string, { definition, shape }: Prepared): string {
  const isList = shape.items !== undefined || shape.properties !== undefined;
  if (!isList || definition.mediaType !== undefined || !/[ \t]/.test(text)) return text;
  return text
    .split(',')
    .map((item) => item.trim())
    .join(',');
}

function unknownFields(parameter: Prepared, value: unknown): ValidationError[] | undefined {
  if (parameter.unknown === undefined) return undefined;
  try {
    const fields = parameter.unknown(value, mostErrors);
    if (fields.length === 0) return undefined;
    return fields.map((field) =>
      error(parameter, field.keyword, forbiddenMessages[field.keyword], pointerTo(field)),
    );
  } catch (fault) {
    if (!(fault instanceof TooManySteps)) throw fault;
    return [error(parameter, tooComplex.keyword, tooComplex.message)];
  }
}

export function unknownParameter(name: string): ValidationError {
  return { in: 'query', name: shortened(name), keyword: 'unknown', message: 'is not defined' };
}

function absent(parameter: Prepared): ValidationError[] | undefined {
  return parameter.definition.required ? [error(parameter, 'required', 'is required')] : undefined;
}

function duplicate(parameter: Prepared): ValidationError {
  return error(parameter, 'duplicate', 'must occur once only');
}

function error({ definition }: Prepared, keyword: string, message: string, pointer = ''): ValidationError {
  return { in: definition.in, name: definition.name, ...(pointer !== '' && { pointer }), keyword, message };
}
