import { isUtf8 } from 'node:buffer';
import { isOfType, polyglotFault, signaturesOf } from '../http/content-signature.ts';
import { fileNameFault, fileNameReasons } from '../http/file-name.ts';
import type { JsonLimits } from '../http/json-limits.ts';
import { escapePointer } from '../http/json-pointer.ts';
import { isJson } from '../http/media-type.ts';
import { multipartReasons, type Part, parseMultipart, partField } from '../http/multipart.ts';
import type { EncodingDefinition, MediaTypeDetails, Schema, SharedDefinition } from './definition.ts';
import { errorAt, type FieldReader, fieldOf } from './form-body.ts';
import { type Holding, TextCuts } from './form-cuts.ts';
import { emptyObject, type JsonObject } from './json-value.ts';
import { multipartWithout } from './multipart-cuts.ts';
import { type HeaderCheck, prepareHeader } from './parameter.ts';
import type { Reading } from './reading.ts';
import type { SchemaCompiler } from './schema-compiler.ts';
import { constituents, isBinary, type Shape, shapeOfSchema } from './schema-shape.ts';
import type { ValidationError } from './validation-error.ts';

export interface FileOptions {
  /** Of one body. */
  readonly maxFiles: number;
  /** Bytes of one file. */
  readonly maxFileSize: number;
  /** `strict` refuses names with an extension that servers or browsers run. */
  readonly fileNames: 'strict' | 'plain' | 'any';
}

/** What a part under one name has to be. */
interface PartRule {
  readonly kind: 'file' | 'json' | 'text';
  readonly isRepeated: boolean;
  /** Media types and ranges; empty for any. */
  readonly types: readonly string[];
  readonly headers: readonly HeaderCheck[];
  readonly field: FieldReader;
}

/** The parts of a multipart/form-data, ready to be read. */
export class MultipartReader {
  readonly #rules = new Map<string, PartRule>();
  readonly #additional: PartRule | undefined;
  readonly #options: FileOptions;

  constructor(
    schema: Schema,
    details: MediaTypeDetails | undefined,
    shared: SharedDefinition,
    compiler: SchemaCompiler,
    options: FileOptions,
  ) {
    this.#options = options;
    const shape = shapeOfSchema(schema, shared);
    for (const [name, property] of shape.properties ?? []) {
      const own = [...constituents(schema, shared, 0)].flatMap(({ properties }) => {
        const map = (properties ?? {}) as Record<string, Schema>;
        return Object.hasOwn(map, name) ? [map[name]!] : [];
      });
      const field = fieldOf(name, property, details?.encoding[name], compiler, schema, shared);
      this.#rules.set(name, ruleOf(own, property, details?.encoding[name], shared, compiler, field));
    }
    if (shape.additional !== undefined) {
      const stated = [...constituents(schema, shared, 0)].flatMap(({ additionalProperties }) =>
        additionalProperties === undefined ? [] : [additionalProperties as Schema],
      );
      const field = fieldOf('', shape.additional, undefined, compiler, true, shared);
      this.#additional = ruleOf(stated, shape.additional, undefined, shared, compiler, field);
    }
  }

  /** The body as one object. A file is in it as a string of its bytes, so that its length is the file's. */
  read(body: Buffer, boundary: string | undefined, limits: JsonLimits, maxErrors: number): Reading {
    const parts = parseMultipart(body, boundary);
    if ('kind' in parts) {
      const { reason } = parts;
      return { errors: [{ in: 'body', pointer: '', keyword: 'syntax', message: multipartReasons[reason] }] };
    }
    const errors: ValidationError[] = [];
    const files = parts.filter(({ filename }) => filename !== undefined).length;
    if (files > this.#options.maxFiles)
      errors.push({
        in: 'body',
        pointer: '',
        keyword: 'maxFiles',
        message: `must have at most ${this.#options.maxFiles} files`,
      });
    const value = emptyObject();
    for (const [name, group] of grouped(parts)) {
      if (errors.length >= maxErrors) break;
      this.#readGroup(name, group, value, limits, errors);
    }
    if (errors.length > 0) return { errors: errors.slice(0, maxErrors) };
    const holds = (name: string): Holding =>
      (this.#rules.get(name) ?? this.#additional)?.field.holds ?? 'text';
    return {
      value,
      without(fields) {
        const cuts = TextCuts.of(fields, holds);
        return cuts && multipartWithout(body, parts, cuts);
      },
    };
  }

  #readGroup(
    name: string,
    parts: readonly Part[],
    value: JsonObject,
    limits: JsonLimits,
    errors: ValidationError[],
  ): void {
    const pointer = escapePointer(name);
    const rule = this.#rules.get(name) ?? this.#additional;
    for (const part of parts) this.#judgeFile(pointer, part, rule, errors);
    if (rule === undefined) {
      // For the schema, or the rule about unknown fields, to judge.
      const texts = parts.map(({ content }) => content.toString('latin1'));
      value[name] = texts.length === 1 ? texts[0] : texts;
      return;
    }
    if (parts.length > 1 && !rule.isRepeated) {
      errors.push(errorAt(pointer, 'duplicate', 'must occur once only'));
      return;
    }
    const texts: string[] = [];
    for (const part of parts) {
      const fault = partFault(part, rule);
      if (fault === undefined) texts.push(part.content.toString(rule.kind === 'file' ? 'latin1' : 'utf8'));
      else errors.push(errorAt(pointer, ...fault));
      for (const header of rule.headers) {
        const message = header.fault(partField(part.fields, header.name), limits);
        if (message !== undefined)
          errors.push(errorAt(pointer, 'header', `must have a field ${header.name} that ${message}`));
      }
    }
    if (texts.length < parts.length) return;
    if (rule.kind === 'file') {
      value[name] = rule.isRepeated ? texts : texts[0];
      return;
    }
    const reading = rule.field.read(texts, limits);
    if ('value' in reading) value[name] = reading.value;
    else
      errors.push(
        ...reading.errors.map((each) =>
          rule.field.name === '' ? errorAt(pointer, each.keyword, each.message) : each,
        ),
      );
  }

  /** What holds for any file, wherever it is. */
  #judgeFile(pointer: string, part: Part, rule: PartRule | undefined, errors: ValidationError[]): void {
    const { maxFileSize, fileNames } = this.#options;
    if (part.filename === undefined && rule?.kind !== 'file') return;
    if (part.content.length > maxFileSize)
      errors.push(errorAt(pointer, 'maxFileSize', `must be at most ${maxFileSize} bytes long`));
    // What browsers send for a file input that was left empty.
    if (
      part.filename === undefined ||
      (part.filename === '' && part.content.length === 0) ||
      fileNames === 'any'
    )
      return;
    const fault = fileNameFault(part.filename, fileNames === 'strict');
    if (fault !== undefined) errors.push(errorAt(pointer, 'fileName', fileNameReasons[fault]));
  }
}

type PartFault = readonly [keyword: string, message: string];

function partFault(part: Part, rule: PartRule): PartFault | undefined {
  const type = part.type?.type;
  const charset = part.type?.parameters.get('charset')?.toLowerCase();
  if (rule.kind === 'file') return fileFault(part.content, type, rule.types);
  // To many servers a part with a file name is a file, and no field: the check would be of something else than they read.
  if (part.filename !== undefined) return ['file', 'must not be a file'];
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'us-ascii')
    return ['charset', 'must be in UTF-8'];
  if (!isUtf8(part.content)) return ['charset', 'must be valid UTF-8'];
  if (type === undefined) return undefined;
  if (rule.types.length > 0) return matchesAny(type, rule.types) ? undefined : wrongType(rule.types);
  if (rule.kind === 'json') return isJson(type) ? undefined : wrongType(['application/json']);
  return type === 'text/plain' ? undefined : wrongType(['text/plain']);
}

/**
 * Whether a file is what the definition asks for, what it says it is, and nothing else besides.
 * @param stated its Content-Type; undefined for none
 * @param types what the definition takes; empty for any
 */
export function fileFault(
  content: Buffer,
  stated: string | undefined,
  types: readonly string[],
): PartFault | undefined {
  const isVague = stated === undefined || stated === 'application/octet-stream';
  if (types.length > 0) {
    if (isVague ? !types.some((type) => fits(content, type)) : !matchesAny(stated, types))
      return wrongType(types);
  }
  if (!isVague && !isOfType(content, stated)) return ['contentType', 'must be what its Content-Type says'];
  if (isVague && types.length === 0) return undefined;
  const fault = polyglotFault(content);
  return fault === undefined ? undefined : ['contentType', `must be one thing only: it ${fault}`];
}

/** Whether content without a type of its own can pass for one of a type or range. */
function fits(content: Buffer, type: string): boolean {
  if (type === 'application/octet-stream' || type === '*/*') return true;
  if (!type.endsWith('/*')) return isOfType(content, type);
  return familiar.some((each) => each.startsWith(type.slice(0, -1)) && isOfType(content, each));
}

const familiar: readonly string[] = [
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/bmp',
  'image/tiff',
  'image/avif',
  'image/heic',
  'audio/mpeg',
  'audio/ogg',
  'audio/wav',
  'video/mp4',
  'video/ogg',
  'text/plain',
];

/** `image/*` is for pictures: SVG, which browsers run, has to be named. */
export function matchesAny(type: string, ranges: readonly string[]): boolean {
  return ranges.some(
    (range) =>
      range === type ||
      range === '*/*' ||
      range === 'application/octet-stream' ||
      (range.endsWith('/*') && type.startsWith(range.slice(0, -1)) && !type.endsWith('+xml')),
  );
}

function wrongType(types: readonly string[]): PartFault {
  return ['contentType', `must be ${types.join(' or ')}`];
}

function ruleOf(
  schemas: readonly Schema[],
  shape: Shape,
  encoding: EncodingDefinition | undefined,
  shared: SharedDefinition,
  compiler: SchemaCompiler,
  field: FieldReader,
): PartRule {
  const isList = shape.items !== undefined && shape.properties === undefined;
  const parts = schemas.flatMap((schema) => [...constituents(schema, shared, 0)]);
  const inner = isList
    ? parts.flatMap(({ items }) => (items === undefined ? [] : [...constituents(items as Schema, shared, 0)]))
    : parts;
  const stated = inner
    .map(({ contentMediaType }) => contentMediaType)
    .find((type) => typeof type === 'string');
  const types = encoding?.contentTypes.length
    ? encoding.contentTypes
    : stated === undefined
      ? []
      : [stated.toLowerCase()];
  const item = isList ? shape.items! : shape;
  const isObject = item.properties !== undefined && item.primitives.length === 0;
  const isText = inner.some((part) => part.contentEncoding !== undefined);
  const isFile =
    !isText &&
    (inner.some(isBinary) ||
      types.some((type) => signaturesOf(type) !== undefined || /^(?:image|audio|video)\//.test(type)));
  const specific = types.filter((type) => type !== 'application/octet-stream');
  return {
    kind: isFile ? 'file' : isObject || types.some(isJson) ? 'json' : 'text',
    isRepeated: isList && (isFile || field.isRepeated),
    types: specific.length < types.length ? [] : specific,
    headers: (encoding?.headers ?? []).map((header) => prepareHeader(header, shared, compiler)),
    field,
  };
}

function grouped(parts: readonly Part[]): ReadonlyMap<string, readonly Part[]> {
  const groups = new Map<string, Part[]>();
  for (const part of parts) {
    const group = groups.get(part.name);
    if (group === undefined) groups.set(part.name, [part]);
    else group.push(part);
  }
  return groups;
}
