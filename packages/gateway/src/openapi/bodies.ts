import { signaturesOf } from '../http/content-signature.ts';
import { hasContinuation, isJson, type MediaType, parseMediaType } from '../http/media-type.ts';
import type { OperationDefinition, RequestBodyDefinition, Schema } from './definition.ts';
import { keyFor, type Offered, offeredTypes } from './media-types.ts';
import { constituents, isBinary } from './schema-shape.ts';

/** How a body is written, and so how it is read. */
export type BodyKind =
  | 'json'
  /** application/x-www-form-urlencoded. */
  | 'form'
  /** multipart/form-data. */
  | 'multipart'
  | 'xml'
  /** Many JSON texts: a line for each, or RFC 7464. */
  | 'lines'
  | 'sequence'
  /** One string. */
  | 'text'
  /** Bytes that only have a size, and a beginning that says what they are. They flow past. */
  | 'binary';

/** A body that the definition describes. */
export interface ReadableBody {
  readonly kind: BodyKind;
  /** Of `content`. */
  readonly key: string;
  readonly schema: Schema;
  readonly mediaType: MediaType;
}

/** What a definition says about the body of a request with some Content-Type. */
export type BodyRule =
  /** The definition gives the operation no body. */
  | { readonly kind: 'none' }
  | ReadableBody
  /** A media type that the operation takes and of which nothing is known; it goes through as it is. */
  | { readonly kind: 'opaque' }
  | { readonly kind: 'unsupported'; readonly detail: string };

const none: BodyRule = { kind: 'none' };
const opaque: BodyRule = { kind: 'opaque' };

/** The kinds that must be held in memory to be judged. */
export function isHeld(rule: BodyRule): boolean {
  return rule.kind !== 'opaque' && rule.kind !== 'binary' && rule.kind !== 'unsupported';
}

/**
 * Whether bodies of the operation must be held in memory to be judged; also when it has no body, because only then is it
 * certain that none came (HTTP/2 need not announce one).
 */
export function inspectsBody(operation: OperationDefinition): boolean {
  const body = operation.requestBody;
  if (body === undefined) return true;
  return Object.keys(body.content).some((key) =>
    examples(key).some((type) => isHeld(bodyRule(operation, type))),
  );
}

/** Whether the first bytes of a body that flows past say something about it. */
export function inspectsBeginning(operation: OperationDefinition): boolean {
  return Object.keys(operation.requestBody?.content ?? {}).some(
    (key) => key.includes('*') || bodyRule(operation, key).kind === 'binary',
  );
}

/** Types that stand for what a key takes: a range takes several kinds. */
export function examples(key: string): readonly string[] {
  if (!key.includes('*')) return [key];
  const all = [
    'application/json',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'text/plain',
  ];
  const range = key.slice(0, key.indexOf('/') + 1);
  return range === '*/' ? all : all.filter((type) => type.startsWith(range));
}

const offered = new WeakMap<RequestBodyDefinition, readonly Offered[]>();

/** The rule for a body: of the exact media type, else of a range, the narrower first. */
export function bodyRule(operation: OperationDefinition, contentType: string | undefined): BodyRule {
  const body = operation.requestBody;
  if (body === undefined) return none;
  if (contentType === undefined) return unsupported('The request has a body but no Content-Type.');
  const mediaType = parseMediaType(contentType);
  if (mediaType === undefined || hasContinuation(mediaType))
    return unsupported('The Content-Type is not well-formed.');
  let types = offered.get(body);
  if (types === undefined) {
    types = offeredTypes(Object.keys(body.content));
    offered.set(body, types);
  }
  const key = keyFor(types, mediaType);
  if (key === undefined) return unsupported('The operation does not take a body of this Content-Type.');
  const schema = body.content[key]!;
  const kind = kindOf(mediaType.type, schema, key.includes('*'), operation);
  return kind === undefined ? opaque : { kind, key, schema, mediaType };
}

/** Undefined where nothing is known of the type, and the schema says nothing either. */
function kindOf(
  type: string,
  schema: Schema,
  isRange: boolean,
  { shared }: OperationDefinition,
): BodyKind | undefined {
  if (isJson(type)) return 'json';
  const parts = [...constituents(schema, shared, 0)];
  const isBytes = parts.some((part) => isBinary(part) && Object.keys(part).length > 0);
  // A range with a binary schema, or none, is for whatever anybody may store: it is not looked into.
  const isStore = isBytes || (isRange && parts.length === 0);
  switch (type) {
    case 'application/x-www-form-urlencoded':
      return isStore ? undefined : 'form';
    case 'multipart/form-data':
      return isStore ? undefined : 'multipart';
    case 'application/x-ndjson':
    case 'application/jsonl':
    case 'application/x-jsonlines':
      return isStore ? undefined : 'lines';
    case 'application/json-seq':
      return isStore ? undefined : 'sequence';
    case 'application/xml':
    case 'text/xml':
      return isStore ? undefined : 'xml';
    default:
  }
  if (type !== 'image/svg+xml' && type.endsWith('+xml')) return isStore ? undefined : 'xml';
  if (signaturesOf(type) !== undefined || parts.some(hasSize)) {
    if (!type.startsWith('text/')) return 'binary';
  }
  return type.startsWith('text/') && parts.length > 0 && !isBytes ? 'text' : undefined;
}

function hasSize(schema: Readonly<Record<string, unknown>>): boolean {
  return schema.maxLength !== undefined || schema.minLength !== undefined;
}

function unsupported(detail: string): BodyRule {
  return { kind: 'unsupported', detail };
}
