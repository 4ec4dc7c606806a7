import type { Fields } from '../http/fields.ts';
import { JsonFault, parseJson } from '../http/json.ts';
import type { JsonLimits } from '../http/json-limits.ts';
import { isJson } from '../http/media-type.ts';
import type { ParameterDefinition, Schema, SharedDefinition } from './definition.ts';
import type { Check, SchemaCompiler } from './schema-compiler.ts';
import { type ContentError, schemaErrors, tooComplex } from './schema-errors.ts';
import { type Shape, shapeOfSchema } from './schema-shape.ts';
import {
  isRepeated,
  isSpread,
  type Readings,
  readProperties,
  readTexts,
  typeFault,
} from './serialization.ts';
import { TooManySteps } from './steps.ts';
import { type FieldSearch, forbiddenMessages, pointerTo } from './unknown-fields.ts';
import type { ValidationError } from './validation-error.ts';

/** One parameter, ready to be judged. */
export interface Prepared {
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

/** Compiles its schema, so it takes milliseconds. */
export function prepareParameter(
  definition: ParameterDefinition,
  shared: SharedDefinition,
  compiler: SchemaCompiler,
  pathIndex: number,
  fieldsBeside?: (schema: Schema) => FieldSearch,
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

export function judgeHeader(
  parameter: Prepared,
  fields: Fields,
  limits: JsonLimits | undefined,
): ValidationError[] | undefined {
  const { name } = parameter.definition;
  const first = fields.get(name);
  if (first === undefined) return absent(parameter);
  const values = fields.getAll(name);
  // A list may be spread over several fields (RFC 9110 section 5.3).
  const isList = parameter.shape.items !== undefined && parameter.definition.mediaType === undefined;
  if (values.length > 1 && !isList) return [duplicate(parameter)];
  const text = trimmedList(values.length > 1 ? values.join(',') : first, parameter);
  return judge(parameter, [text], limits);
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

export function judgeAll(
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

export function judge(
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

function absent(parameter: Prepared): ValidationError[] | undefined {
  return parameter.definition.required ? [error(parameter, 'required', 'is required')] : undefined;
}

export function duplicate(parameter: Prepared): ValidationError {
  return error(parameter, 'duplicate', 'must occur once only');
}

function error({ definition }: Prepared, keyword: string, message: string, pointer = ''): ValidationError {
  return { in: definition.in, name: definition.name, ...(pointer !== '' && { pointer }), keyword, message };
}
