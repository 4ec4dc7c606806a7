import { setImmediate as turn } from 'node:timers/promises';
import { isOfType } from '../http/content-signature.ts';
import { JsonFault, parseJson } from '../http/json.ts';
import type { JsonLimits } from '../http/json-limits.ts';
import { linesReasons, splitLines, splitSequence } from '../http/json-lines.ts';
import type { ReadableBody } from './bodies.ts';
import type { MediaTypeDetails, OperationDefinition, Schema } from './definition.ts';
import { withoutFields } from './field-cuts.ts';
import { FormReader } from './form-body.ts';
import { JudgedLines } from './judged-lines.ts';
import { type FileOptions, fileFault, MultipartReader } from './multipart-body.ts';
import type { Beside, Reading } from './reading.ts';
import type { Check, SchemaCompiler } from './schema-compiler.ts';
import { type ContentError, schemaErrors, tooComplex } from './schema-errors.ts';
import { constituents } from './schema-shape.ts';
import { TooManySteps } from './steps.ts';
import {
  type FieldSearch,
  type ForbiddenField,
  forbiddenMessages,
  pointerTo,
  type UnknownFields,
} from './unknown-fields.ts';
import { jsonError, shortened, type ValidationError } from './validation-error.ts';
import { XmlReader } from './xml-body.ts';

/** `ignore` lets them pass, and tells them. */
export type UnknownOption = 'refuse' | 'strip' | 'ignore' | 'allow';

export interface BodyOptions {
  readonly maxErrors: number;
  /** What becomes of a field that the schema does not mention and says nothing about. */
  readonly unknownFields: UnknownOption;
  readonly files: FileOptions;
}

/**
 * What was found: errors, the bytes to go on with where fields were taken out, or fields that are ignored. Undefined when all
 * is well.
 */
export type Judgement =
  | { readonly errors: readonly ValidationError[] }
  | { readonly body: Buffer; readonly stripped: readonly ValidationError[] }
  | { readonly ignored: readonly ValidationError[] }
  | undefined;

/** So many bytes of lines are judged at once; others have their turn before the next. */
const sliceBytes = 64 * 1024;
const lineLimits = { lines: 100_000, length: sliceBytes };
/** Lines of which each one costs more to call for than to judge. */
const sliceLines = 1_000;
/** Lines of which each one takes many: some milliseconds. */
const sliceSteps = 20_000;
/** All lines of a body together: ten times what one document may take. */
const linesSteps = 1_000_000;

/** Bodies of one media type of an operation, ready to be judged. */
export class BodyJudge {
  readonly #kind: ReadableBody['kind'];
  /** Fewest and most bytes of a binary body. */
  readonly #lengths: readonly [least: number, most: number];
  readonly #check: Check | undefined;
  readonly #compiler: SchemaCompiler;
  readonly #unknown: FieldSearch | undefined;
  readonly #options: BodyOptions;
  readonly #form: FormReader | undefined;
  readonly #multipart: MultipartReader | undefined;
  readonly #xml: XmlReader | undefined;

  /** Compiles schemas, so it takes milliseconds. */
  constructor(
    rule: ReadableBody,
    operation: OperationDefinition,
    compiler: SchemaCompiler,
    fields: UnknownFields,
    options: BodyOptions,
  ) {
    const { shared, requestBody } = operation;
    const details = requestBody?.details?.[rule.key];
    const isMany = rule.kind === 'lines' || rule.kind === 'sequence';
    const schema = isMany ? itemSchema(rule.schema, details, operation) : rule.schema;
    this.#kind = rule.kind;
    this.#lengths =
      rule.kind === 'binary' ? lengthsOf(rule.schema, operation) : [0, Number.POSITIVE_INFINITY];
    this.#options = options;
    this.#compiler = compiler;
    this.#check = schema === true || rule.kind === 'binary' ? undefined : compiler.compile(schema);
    const hasFields = rule.kind !== 'text' && rule.kind !== 'binary';
    this.#unknown = options.unknownFields === 'allow' || !hasFields ? undefined : fields.prepare(schema);
    this.#form = rule.kind === 'form' ? new FormReader(schema, details, shared, compiler) : undefined;
    this.#multipart =
      rule.kind === 'multipart'
        ? new MultipartReader(schema, details, shared, compiler, options.files)
        : undefined;
    this.#xml =
      rule.kind === 'xml' ? new XmlReader(schema, shared, options.unknownFields === 'strip') : undefined;
  }

  /**
   * @param bytes UTF-8, without content coding
   * @param limits on JSON
   * @param boundary of a multipart
   * @param parsed the value, for JSON that somebody has parsed already
   */
  judge(
    bytes: Buffer,
    limits: JsonLimits,
    boundary?: string,
    parsed?: { readonly value: unknown },
  ): Judgement | Promise<Judgement> {
    // Each line has steps of its own, and others their turn in between.
    if (this.#kind === 'lines' || this.#kind === 'sequence') return this.#judgeLines(bytes, limits);
    if (this.#kind === 'binary') return undefined;
    this.#compiler.share();
    try {
      return this.#judgeReading(
        parsed === undefined ? this.#read(bytes, limits, boundary) : json(bytes, parsed.value),
        (left) => this.#read(left, limits, boundary),
      );
    } finally {
      this.#compiler.release();
    }
  }

  #read(bytes: Buffer, limits: JsonLimits, boundary?: string): Reading {
    const { maxErrors } = this.#options;
    if (this.#form !== undefined) return this.#form.read(bytes, limits, maxErrors);
    if (this.#multipart !== undefined) return this.#multipart.read(bytes, boundary, limits, maxErrors);
    if (this.#xml !== undefined) return this.#xml.read(bytes, maxErrors);
    return this.#kind === 'text' ? { value: bytes.toString() } : readJson(bytes, limits);
  }

  /**
   * Judges bytes that only have a size and a signature.
   * @param beginning as much as there is of it, at least `signatureBytes` unless it is shorter
   * @param length of the whole; undefined where it is not known yet
   * @param type what it says it is
   */
  judgeBinary(beginning: Buffer, length: number | undefined, type: string): Judgement {
    const errors: ValidationError[] = [];
    const add = (keyword: string, message: string): void => void errors.push(bodyError(keyword, message));
    const [least, most] = this.#lengths;
    if (length === undefined && (least > 0 || most < Number.POSITIVE_INFINITY))
      add('length', 'must come with a Content-Length, as its size is bounded');
    else if (length !== undefined && length > most) add('maxLength', `must NOT have more than ${most} bytes`);
    else if (length !== undefined && length < least)
      add('minLength', `must NOT have fewer than ${least} bytes`);
    const fault =
      length === beginning.length
        ? fileFault(beginning, type, [])
        : isOfType(beginning, type)
          ? undefined
          : (['contentType', 'must be what its Content-Type says'] as const);
    if (fault !== undefined) add(...fault);
    return errors.length === 0 ? undefined : { errors };
  }

  /** @param again reads what is left of it when something was taken out */
  #judgeReading(reading: Reading, again: (left: Buffer) => Reading): Judgement {
    if ('errors' in reading) return reading;
    const { unknownFields, maxErrors } = this.#options;
    const errors = this.#errorsOf(reading.value);
    const unknown = this.#unknownIn(reading.value);
    const beside = reading.beside ?? [];
    const mistakable = beside.filter(({ isMistakable }) => isMistakable);
    const kept = { refuse: beside, strip: beside, ignore: mistakable, allow: mistakable }[unknownFields];
    if (unknownFields === 'ignore' && errors === undefined && kept.length === 0) {
      const ignored = [...unknown.map(told), ...beside.map(besideError)].slice(0, maxErrors);
      return ignored.length > 0 ? { ignored } : undefined;
    }
    const found = unknownFields === 'ignore' ? [] : unknown;
    const isStripped = unknownFields === 'strip' && found.length + kept.length > 0;
    if (!isStripped || found.includes(tooManySteps)) return joined(errors, found, kept, maxErrors);
    const bytes = reading.without?.(found.map(({ path }) => path));
    if (bytes === undefined) return joined(errors, found, kept, maxErrors);
    // What would be taken out is nothing that the caller has to correct.
    if (errors !== undefined) return { errors };
    const stripped = [...found.slice(0, maxErrors).map(told), ...kept.map(besideError)].slice(0, maxErrors);
    return this.#judgeRest(bytes, again(bytes), stripped);
  }

  /** What goes upstream is what was validated: a `minProperties` may be no longer met. */
  #judgeRest(bytes: Buffer, reading: Reading, stripped: readonly ValidationError[]): Judgement {
    if ('errors' in reading) return reading;
    const { value, beside = [] } = reading;
    const fault = joined(this.#errorsOf(value), this.#unknownIn(value), beside, this.#options.maxErrors);
    return fault ?? { body: bytes, stripped };
  }

  /** In slices: a line is cheap, and there may be very many. */
  async #judgeLines(bytes: Buffer, limits: JsonLimits): Promise<Judgement> {
    const spans = this.#kind === 'lines' ? splitLines(bytes, lineLimits) : splitSequence(bytes, lineLimits);
    if ('kind' in spans)
      return { errors: [{ ...bodyError('syntax', linesReasons[spans.reason]), pointer: `/${spans.index}` }] };
    const found = new JudgedLines(bytes, this.#options.maxErrors);
    let from = 0;
    let taken = this.#compiler.taken;
    let before = 0;
    for (let i = 0, count = 0; i < spans.length && !found.isFull; i += 2) {
      const [start, end] = [spans[i]!, spans[i + 1]!];
      found.add(i / 2, start, end, this.#judgeLine(bytes.subarray(start, end), limits));
      const steps = this.#compiler.taken - taken;
      if (before + steps > linesSteps) return { errors: [inBody(tooComplex)] };
      if (++count < sliceLines && end - from < sliceBytes && steps < sliceSteps) continue;
      from = end;
      count = 0;
      before += steps;
      await turn();
      taken = this.#compiler.taken;
    }
    return found.judgement;
  }

  #judgeLine(line: Buffer, limits: JsonLimits): Judgement {
    return this.#judgeReading(readJson(line, limits), (left) => readJson(left, limits));
  }

  #errorsOf(value: unknown): ValidationError[] | undefined {
    const found = this.#check && schemaErrors(this.#check, value, this.#options.maxErrors);
    return found?.map(inBody);
  }

  #unknownIn(value: unknown): readonly ForbiddenField[] {
    if (this.#unknown === undefined) return [];
    const { unknownFields, maxErrors } = this.#options;
    try {
      return this.#unknown(value, unknownFields === 'strip' ? mostStripped : maxErrors);
    } catch (error) {
      if (!(error instanceof TooManySteps)) throw error;
      return [tooManySteps];
    }
  }
}

/** Fields that are taken out of one body; of more the rest is refused. */
const mostStripped = 1_000;
/** Stands for a search that was given up. */
const tooManySteps: ForbiddenField = { path: [], keyword: 'unknown' };

function bodyError(keyword: string, message: string): ValidationError {
  return { in: 'body', pointer: '', keyword, message };
}

function inBody(error: ContentError): ValidationError {
  return { in: 'body', ...error };
}

function told(field: ForbiddenField): ValidationError {
  if (field === tooManySteps) return inBody(tooComplex);
  return {
    in: 'body',
    pointer: pointerTo(field),
    keyword: field.keyword,
    message: forbiddenMessages[field.keyword],
  };
}

function joined(
  errors: readonly ValidationError[] | undefined,
  unknown: readonly ForbiddenField[],
  beside: readonly Beside[],
  most: number,
): Judgement {
  if (errors === undefined && unknown.length + beside.length === 0) return undefined;
  const all = [...(errors ?? []), ...unknown.slice(0, most).map(told), ...beside.map(besideError)];
  return { errors: all.slice(0, most) };
}

function besideError({ pointer }: Beside): ValidationError {
  return { in: 'body', pointer: shortened(pointer), keyword: 'unknown', message: forbiddenMessages.unknown };
}

function json(bytes: Buffer, value: unknown): Reading {
  return { value, without: (fields) => withoutFields(bytes, fields) };
}

function readJson(bytes: Buffer, limits: JsonLimits): Reading {
  try {
    return json(bytes, parseJson(bytes, limits));
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    return { errors: [jsonError(error.fault)] };
  }
}

/** `itemSchema` (OpenAPI 3.2); else the items of an array, or the schema itself. */
function itemSchema(
  schema: Schema,
  details: MediaTypeDetails | undefined,
  { shared }: OperationDefinition,
): Schema {
  if (details?.itemSchema !== undefined) return details.itemSchema;
  const list = [...constituents(schema, shared, 0)].find((part) => part.items !== undefined);
  return (list?.items as Schema | undefined) ?? schema;
}

function lengthsOf(schema: Schema, { shared }: OperationDefinition): readonly [least: number, most: number] {
  let least = 0;
  let most = Number.POSITIVE_INFINITY;
  for (const { minLength, maxLength } of constituents(schema, shared, 0)) {
    if (typeof minLength === 'number') least = Math.max(least, minLength);
    if (typeof maxLength === 'number') most = Math.min(most, maxLength);
  }
  return [least, most];
}
