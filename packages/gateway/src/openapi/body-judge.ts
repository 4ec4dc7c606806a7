import { setImmediate as turn } from 'node:timers/promises';
import { isOfType } from '../http/content-signature.ts';
import { parseForm } from '../http/form.ts';
import { JsonFault, parseJson } from '../http/json.ts';
import type { JsonLimits } from '../http/json-limits.ts';
import { linesReasons, splitLines, splitSequence } from '../http/json-lines.ts';
import { escapePointer } from '../http/json-pointer.ts';
import { mostParameters, queryReasons } from '../http/query.ts';
import type { ReadableBody } from './bodies.ts';
import type { MediaTypeDetails, OperationDefinition, Schema } from './definition.ts';
import { withoutFields } from './field-cuts.ts';
import { FormReader, type Reading } from './form-body.ts';
import { type FileOptions, fileFault, MultipartReader } from './multipart-body.ts';
import type { Check, SchemaCompiler } from './schema-compiler.ts';
import { type ContentError, schemaErrors, tooComplex } from './schema-errors.ts';
import { constituents } from './schema-shape.ts';
import { TooManySteps } from './steps.ts';
import type { FieldSearch, ForbiddenField, UnknownFields } from './unknown-fields.ts';
import { jsonError, shortened, type ValidationError } from './validation-error.ts';
import { XmlReader } from './xml-body.ts';

export interface BodyOptions {
  readonly maxErrors: number;
  /** What becomes of a field that the schema does not mention and says nothing about. */
  readonly unknownFields: 'refuse' | 'strip' | 'allow';
  readonly files: FileOptions;
}

/** What was found: errors, or the bytes to go on with where some were taken out. Undefined when all is well. */
export type Judgement =
  | { readonly errors: readonly ValidationError[] }
  | { readonly body: Buffer }
  | undefined;

/** So many bytes of lines are judged at once; others have their turn before the next. */
const sliceBytes = 64 * 1024;
const lineLimits = { lines: 100_000, length: sliceBytes };
/** Lines of which each one costs more to call for than to judge. */
const sliceLines = 1_000;

/** Bodies of one media type of an operation, ready to be judged. */
export class BodyJudge {
  readonly #kind: ReadableBody['kind'];
  /** Fewest and most bytes of a binary body. */
  readonly #lengths: readonly [least: number, most: number];
  readonly #check: Check | undefined;
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
    this.#check = schema === true || rule.kind === 'binary' ? undefined : compiler.compile(schema);
    const hasFields = rule.kind !== 'text' && rule.kind !== 'binary';
    this.#unknown = options.unknownFields === 'allow' || !hasFields ? undefined : fields.prepare(schema);
    this.#form = rule.kind === 'form' ? new FormReader(schema, details, shared, compiler) : undefined;
    this.#multipart =
      rule.kind === 'multipart'
        ? new MultipartReader(schema, details, shared, compiler, options.files)
        : undefined;
    this.#xml = rule.kind === 'xml' ? new XmlReader(schema, shared) : undefined;
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
    const { maxErrors } = this.#options;
    switch (this.#kind) {
      case 'json':
        return this.#judgeJson(bytes, limits, parsed);
      case 'form': {
        const pairs = parseForm(bytes, mostParameters);
        if ('kind' in pairs) return syntax(queryReasons[pairs.reason]);
        return this.#judgeReading(this.#form!.read(pairs, maxErrors), bytes.length);
      }
      case 'multipart':
        return this.#judgeReading(this.#multipart!.read(bytes, boundary, maxErrors), bytes.length);
      case 'xml':
        return this.#judgeReading(this.#xml!.read(bytes, maxErrors), bytes.length);
      case 'text':
        return this.#judgeReading({ value: bytes.toString() }, bytes.length);
      case 'lines':
      case 'sequence':
        return this.#judgeLines(bytes, limits);
      case 'binary':
        return undefined;
    }
  }

  /**
   * Judges bytes that only have a size and a signature.
   * @param beginning as much as there is of it, at least `signatureBytes` unless it is shorter
   * @param length of the whole; undefined where it is not known yet
   * @param type what it says it is
   */
  judgeBinary(beginning: Buffer, length: number | undefined, type: string): Judgement {
    const errors: ValidationError[] = [];
    const add = (keyword: string, message: string): void =>
      void errors.push({ in: 'body', pointer: '', keyword, message });
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

  #judgeJson(bytes: Buffer, limits: JsonLimits, parsed: { readonly value: unknown } | undefined): Judgement {
    let value = parsed?.value;
    if (parsed === undefined) {
      const read = parse(bytes, limits);
      if ('keyword' in read) return { errors: [read] };
      value = read.value;
    }
    const errors = this.#errorsOf(value, bytes.length);
    const unknown = this.#unknownIn(value);
    const isStripped = this.#options.unknownFields === 'strip' && !unknown.includes(tooManySteps);
    if (!isStripped || unknown.length === 0 || errors !== undefined)
      return joined(errors, unknown, this.#options.maxErrors);
    const left = withoutFields(
      bytes,
      unknown.map(({ path }) => path),
    );
    // What goes upstream is what was validated: a `minProperties` may be no longer met.
    const again = parse(left, limits);
    if ('keyword' in again) throw new Error('what is left of a JSON document is none');
    const fault = joined(
      this.#errorsOf(again.value, left.length),
      this.#unknownIn(again.value),
      this.#options.maxErrors,
    );
    return fault ?? { body: left };
  }

  #judgeReading(reading: Reading, bytes: number): Judgement {
    if ('errors' in reading) return { errors: reading.errors };
    const errors = this.#errorsOf(reading.value, bytes);
    return joined(errors, this.#unknownIn(reading.value), this.#options.maxErrors);
  }

  /** In slices: a line is cheap, and there may be very many. */
  async #judgeLines(bytes: Buffer, limits: JsonLimits): Promise<Judgement> {
    const spans = this.#kind === 'lines' ? splitLines(bytes, lineLimits) : splitSequence(bytes, lineLimits);
    if ('kind' in spans)
      return {
        errors: [
          { in: 'body', pointer: `/${spans.index}`, keyword: 'syntax', message: linesReasons[spans.reason] },
        ],
      };
    let from = 0;
    for (let i = 0, count = 0; i < spans.length; i += 2) {
      const line = bytes.subarray(spans[i], spans[i + 1]);
      const read = parse(line, limits);
      const pointer = `/${i / 2}`;
      if ('keyword' in read) {
        const at = shortened(pointer + (read.pointer ?? ''));
        return { errors: [{ ...read, pointer: at, offset: spans[i]! + (read.offset ?? 0) }] };
      }
      const found = joined(
        this.#errorsOf(read.value, line.length),
        this.#unknownIn(read.value),
        this.#options.maxErrors,
      );
      // The first line that is wrong is enough to correct what writes them.
      if (found !== undefined && 'errors' in found)
        return {
          errors: found.errors.map((error) => ({
            ...error,
            pointer: shortened(pointer + (error.pointer ?? '')),
          })),
        };
      if (++count < sliceLines && spans[i + 1]! - from < sliceBytes) continue;
      from = spans[i + 1]!;
      count = 0;
      await turn();
    }
    return undefined;
  }

  #errorsOf(value: unknown, bytes: number): ValidationError[] | undefined {
    const found = this.#check && schemaErrors(this.#check, value, bytes, this.#options.maxErrors);
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

function inBody(error: ContentError): ValidationError {
  return { in: 'body', ...error };
}

function joined(
  errors: readonly ValidationError[] | undefined,
  unknown: readonly ForbiddenField[],
  most: number,
): Judgement {
  if (errors === undefined && unknown.length === 0) return undefined;
  const refused = unknown.slice(0, most).map((field) =>
    field === tooManySteps
      ? inBody(tooComplex)
      : ({
          in: 'body',
          pointer: shortened(field.path.map((step) => `/${escapePointer(String(step))}`).join('')),
          keyword: field.keyword,
          message: field.keyword === 'unknown' ? 'is not defined' : 'is only read: leave it out',
        } as const),
  );
  return { errors: [...(errors ?? []), ...refused].slice(0, most) };
}

function parse(bytes: Buffer, limits: JsonLimits): { readonly value: unknown } | ValidationError {
  try {
    return { value: parseJson(bytes, limits) };
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    return jsonError(error.fault);
  }
}

function syntax(message: string): Judgement {
  return { errors: [{ in: 'body', pointer: '', keyword: 'syntax', message }] };
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
