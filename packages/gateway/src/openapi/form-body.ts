import { parseForm } from '../http/form.ts';
import type { JsonLimits } from '../http/json-limits.ts';
import { mostParameters, queryReasons } from '../http/query.ts';
import type {
  EncodingDefinition,
  MediaTypeDetails,
  ParameterDefinition,
  Schema,
  SharedDefinition,
} from './definition.ts';
import { formWithout, type Holding, TextCuts } from './form-cuts.ts';
import { emptyObject, type JsonObject } from './json-value.ts';
import { readContent } from './parameter.ts';
import type { Reading } from './reading.ts';
import type { Check, SchemaCompiler } from './schema-compiler.ts';
import { constituents, type Shape, shapeOfSchema } from './schema-shape.ts';
import { hasProperty, isRepeated, isSpread, readProperties, readTexts } from './serialization.ts';
import type { FieldPath } from './unknown-fields.ts';
import { shortened, type ValidationError } from './validation-error.ts';

/** How the texts under one name become a property. */
export interface FieldReader {
  readonly name: string;
  readonly isRepeated: boolean;
  readonly holds: Holding;
  /** @param limits on what is JSON in them */
  read(texts: readonly string[], limits: JsonLimits): Reading;
}

/** A name of a form leads to a property, or to a property of that. */
interface Slot {
  readonly field: Field;
  readonly inner: string | undefined;
}

/** The properties of a form (application/x-www-form-urlencoded), ready to be read. */
export class FormReader {
  readonly #slots = new Map<string, Slot>();
  readonly #deep = new Map<string, Field>();
  readonly #additional: Field | undefined;

  constructor(
    schema: Schema,
    details: MediaTypeDetails | undefined,
    shared: SharedDefinition,
    compiler: SchemaCompiler,
  ) {
    const shape = shapeOfSchema(schema, shared);
    for (const [name, property] of shape.properties ?? []) {
      const field = fieldOf(name, property, details?.encoding[name], compiler, schema, shared);
      if (!field.isSpread) this.#slots.set(name, { field, inner: undefined });
      else if (field.definition.style === 'deepObject') this.#deep.set(name, field);
      else for (const inner of property.properties!.keys()) this.#slots.set(inner, { field, inner });
    }
    this.#additional = shape.additional && fieldOf('', shape.additional, undefined, compiler, true, shared);
  }

  /** Names that the schema does not have are strings in the value, or lists of them, for others to judge. */
  read(bytes: Buffer, limits: JsonLimits, maxErrors: number): Reading {
    const pairs = parseForm(bytes, mostParameters);
    if ('kind' in pairs)
      return {
        errors: [{ in: 'body', pointer: '', keyword: 'syntax', message: queryReasons[pairs.reason] }],
      };
    const found = new Map<Field, string[]>();
    let others: Map<string, string[]> | undefined;
    const value = emptyObject();
    const errors: ValidationError[] = [];
    for (const [name, text] of pairs) {
      const slot = this.#slots.get(name) ?? this.#deepSlot(name);
      if (slot === undefined) {
        others ??= new Map();
        textsOf(others, name).push(text);
        continue;
      }
      const texts = textsOf(found, slot.field);
      if (slot.inner !== undefined) texts.push(slot.inner);
      texts.push(text);
    }
    for (const [name, texts] of others ?? []) this.#addUnknown(value, name, texts, limits, errors);
    for (const [field, texts] of found) {
      // `p=1` beside `p[x]=1`: a service may take either.
      const reading = Object.hasOwn(value, field.name) ? duplicate(field.name) : field.read(texts, limits);
      if ('errors' in reading) errors.push(...reading.errors);
      else value[field.name] = reading.value;
    }
    if (errors.length > 0) return { errors: errors.slice(0, maxErrors) };
    return { value, without: (fields) => this.#without(bytes, fields) };
  }

  #without(bytes: Buffer, fields: readonly FieldPath[]): Buffer | undefined {
    const holds = (name: string): Holding => {
      const field = this.#slots.get(name)?.field ?? this.#deep.get(name) ?? this.#additional;
      return field?.holds ?? 'text';
    };
    const cuts = TextCuts.of(fields, holds);
    return cuts && Buffer.from(formWithout(bytes.toString('latin1'), cuts), 'latin1');
  }

  #deepSlot(name: string): Slot | undefined {
    if (this.#deep.size === 0 || !name.endsWith(']')) return undefined;
    const bracket = name.indexOf('[');
    const field = this.#deep.get(name.slice(0, Math.max(bracket, 0)));
    const inner = name.slice(bracket + 1, -1);
    return field?.has(inner) === true ? { field, inner } : undefined;
  }

  #addUnknown(
    value: JsonObject,
    name: string,
    texts: readonly string[],
    limits: JsonLimits,
    errors: ValidationError[],
  ): void {
    // A property of the schema under a name that is spread over others is as unknown as any.
    if (this.#additional === undefined) value[name] = texts.length === 1 ? texts[0] : texts;
    else {
      const reading = this.#additional.read(texts, limits);
      if ('errors' in reading)
        errors.push(errorAt(name, reading.errors[0]!.keyword, reading.errors[0]!.message));
      else value[name] = reading.value;
    }
  }
}

interface Field extends FieldReader {
  readonly definition: ParameterDefinition;
  readonly isSpread: boolean;
  /** Whether the property may have one of this name. */
  has(inner: string): boolean;
}

/**
 * A property of a form or multipart, read as a query parameter would be (OpenAPI 3.1 section 4.8.15): repeated for an
 * array, one JSON document for an object, unless its encoding says something else.
 */
export function fieldOf(
  name: string,
  shape: Shape,
  encoding: EncodingDefinition | undefined,
  compiler: SchemaCompiler,
  parent: Schema,
  shared: SharedDefinition,
): Field {
  const hasStyle = encoding?.style !== undefined || encoding?.explode !== undefined;
  const isObject = shape.properties !== undefined && shape.primitives.length === 0;
  const saysJson =
    encoding?.contentTypes.some((type) => type.endsWith('/json') || type.endsWith('+json')) === true;
  const style = encoding?.style ?? 'form';
  const definition: ParameterDefinition = {
    name,
    in: 'query',
    required: false,
    style,
    explode: encoding?.explode ?? style === 'form',
    allowEmptyValue: false,
    deprecated: false,
    schema: propertySchema(parent, name, shared),
    mediaType: saysJson || (isObject && !hasStyle) ? 'application/json' : undefined,
  };
  const spread = isSpread(definition, shape);
  const isListOfJson = shape.items !== undefined && definition.mediaType !== undefined;
  // Several readings of one text are told apart by what the property's own schema takes.
  const ambiguous = shape.primitives.length + (shape.items ? 1 : 0) + (shape.properties ? 1 : 0) > 1;
  const check = ambiguous ? compiler.compile(definition.schema) : undefined;
  const repeated = isListOfJson || isRepeated(definition, shape);
  return {
    name,
    definition,
    isSpread: spread,
    isRepeated: repeated,
    has: (inner) => hasProperty(shape, inner),
    holds: isListOfJson
      ? 'json-list'
      : definition.mediaType !== undefined
        ? 'json'
        : spread && definition.style === 'deepObject'
          ? 'deep'
          : 'text',
    read(texts, limits) {
      if (texts.length > 1 && !repeated && !spread) return duplicate(name);
      if (isListOfJson) return readList(name, texts, limits);
      const readings =
        definition.mediaType !== undefined
          ? readContent(definition.mediaType, texts[0]!, limits)
          : spread
            ? readProperties(texts, shape)
            : readTexts(definition, shape, texts);
      if (!('values' in readings)) return { errors: [errorAt(name, readings.keyword, readings.message)] };
      return { value: chosen(readings.values, check) };
    },
  };
}

function textsOf<Key>(lists: Map<Key, string[]>, key: Key): string[] {
  let texts = lists.get(key);
  if (texts === undefined) {
    texts = [];
    lists.set(key, texts);
  }
  return texts;
}

function duplicate(name: string): Reading {
  return { errors: [errorAt(name, 'duplicate', 'must occur once only')] };
}

function chosen(values: readonly unknown[], check: Check | undefined): unknown {
  if (values.length === 1 || check === undefined) return values[0];
  return values.find((value) => check.first(value) === undefined) ?? values[0];
}

function readList(name: string, texts: readonly string[], limits: JsonLimits): Reading {
  const items: unknown[] = [];
  for (const [index, text] of texts.entries()) {
    const readings = readContent('application/json', text, limits);
    if (!('values' in readings))
      return { errors: [errorAt(`${name}/${index}`, readings.keyword, readings.message)] };
    items.push(readings.values[0]);
  }
  return { value: items };
}

/** Any one schema of the property: for choosing between readings, not for judging. */
function propertySchema(schema: Schema, name: string, shared: SharedDefinition): Schema {
  for (const part of constituents(schema, shared, 0)) {
    const { properties } = part as { properties?: Record<string, Schema> };
    if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name]!;
  }
  return true;
}

/** @param pointer without the slash at its start; names come from the client */
export function errorAt(pointer: string, keyword: string, message: string): ValidationError {
  return { in: 'body', pointer: shortened(`/${pointer}`), keyword, message };
}
