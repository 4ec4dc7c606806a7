import { isInUtf8, isJson, parseMediaType } from '../http/media-type.ts';
import type { OperationDefinition, ParameterDefinition, ResponseDefinition, Schema } from './definition.ts';
import { emptyObject, isJsonObject, objectOrEmpty } from './json-value.ts';
import { cleanSchema } from './keywords.ts';
import { onlyContent } from './media-types.ts';

/**
 * Reads the responses of an operation of a bundled 3.1 document (OpenAPI 3.1 section 4.8.16).
 * @param interned the responses so far: many operations have the same ones for errors, which are kept once
 */
export function readResponses(
  source: unknown,
  interned: Map<string, ResponseDefinition>,
): Readonly<Record<string, ResponseDefinition>> | undefined {
  const responses = emptyObject() as Record<string, ResponseDefinition>;
  let count = 0;
  for (const [key, response] of Object.entries(objectOrEmpty(source))) {
    const status = statusKey(key);
    if (status === undefined) continue;
    const read = readResponse(response);
    const text = JSON.stringify(read);
    const known = interned.get(text);
    if (known === undefined) interned.set(text, read);
    responses[status] = known ?? read;
    count++;
  }
  return count === 0 ? undefined : responses;
}

/** The one spelling of a key of `responses`; undefined for what is none. */
export function statusKey(written: string): string | undefined {
  const status = written === 'default' ? written : written.toUpperCase();
  return /^([1-5]([0-9]{2}|XX)|default)$/.test(status) ? status : undefined;
}

function readResponse(source: unknown): ResponseDefinition {
  const { headers, content } = objectOrEmpty(source);
  return {
    headers: Object.entries(objectOrEmpty(headers)).flatMap(
      ([name, header]) => readHeader(name.toLowerCase(), header) ?? [],
    ),
    content: readContent(content),
  };
}

/** OpenAPI 3.1 section 4.8.21: as a parameter, with the style `simple`; Content-Type is ignored (4.8.17). */
function readHeader(name: string, source: unknown): ParameterDefinition | undefined {
  if (!isJsonObject(source) || name === 'content-type') return undefined;
  const [mediaType, media] = onlyContent(source.content) ?? [];
  return {
    name,
    in: 'header',
    required: source.required === true,
    style: 'simple',
    explode: source.explode === true,
    allowEmptyValue: false,
    deprecated: false,
    schema: cleanSchema(mediaType === undefined ? source.schema : media?.schema),
    mediaType,
  };
}

function readContent(source: unknown): ResponseDefinition['content'] {
  const entries = Object.entries(objectOrEmpty(source));
  if (entries.length === 0) return undefined;
  const content = emptyObject() as Record<string, Schema>;
  for (const [key, media] of entries) {
    const type = responseType(key);
    if (type !== undefined) content[type] = cleanSchema(objectOrEmpty(media).schema);
  }
  return content;
}

/** The one spelling of a key of `content`, without parameters, which replies need not have; undefined for what is none. */
export function responseType(written: string): string | undefined {
  const type = written.split(';', 1)[0]!.trim().toLowerCase();
  return /^[^\s/]+\/[^\s/]+$/.test(type) ? type : undefined;
}

/** What the definition says of a status: exactly, else by its range, else by `default` (OpenAPI 3.1 section 4.8.16). */
export function responseFor(
  { responses }: OperationDefinition,
  status: number,
): ResponseDefinition | undefined {
  if (responses === undefined) return undefined;
  return responses[status] ?? responses[`${Math.floor(status / 100)}XX`] ?? responses['default'];
}

/** What a definition says of content with some Content-Type. */
export type ContentRule =
  /** Nothing, or of a type that is not looked into. */
  | { readonly kind: 'opaque' }
  | { readonly kind: 'json'; readonly schema: Schema }
  /** None of the types that the response may have. */
  | { readonly kind: 'undeclared' };

const opaque: ContentRule = { kind: 'opaque' };
const undeclared: ContentRule = { kind: 'undeclared' };

/** The rule of the exact media type, else of a range, the narrower first. @param types the values of Content-Type */
export function contentRule({ content }: ResponseDefinition, types: readonly string[]): ContentRule {
  if (content === undefined) return opaque;
  const mediaType = types.length === 1 ? parseMediaType(types[0]!) : undefined;
  if (mediaType === undefined) return undeclared;
  const { type } = mediaType;
  const range = `${type.slice(0, type.indexOf('/'))}/*`;
  const key = Object.hasOwn(content, type)
    ? type
    : [range, '*/*'].find((each) => Object.hasOwn(content, each));
  if (key === undefined) return undeclared;
  if (!isJson(type)) return opaque;
  // In another charset nothing of it could be found.
  if (!isInUtf8(mediaType)) return undeclared;
  return { kind: 'json', schema: content[key]! };
}
