import { signaturesOf } from '../http/content-signature.ts';
import { hasContinuation, isJson, type MediaType, parseMediaType } from '../http/media-type.ts';
import type { OperationDefinition, RequestBodyDefinition, Schema, SharedDefinition } from './definition.ts';
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
export function inspectsBody({ requestBody, shared }: OperationDefinition): boolean {
  return requestBody === undefined || described(requestBody, shared).isHeld;
}

/** Whether the first bytes of a body that flows past say something about it. */
export function inspectsBeginning({ requestBody, shared }: OperationDefinition): boolean {
  return requestBody !== undefined && described(requestBody, shared).hasBeginning;
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

/** The rule for a body: of the exact media type, else of a range, the narrower first. */
export function bodyRule(
  { requestBody, shared }: OperationDefinition,
  contentType: string | undefined,
): BodyRule {
  if (requestBody === undefined) return none;
  if (contentType === undefined) return unsupported('The request has a body but no Content-Type.');
  return ruleOf(described(requestBody, shared).content, contentType);
}

/** What the definition says of a body, with all of it worked out that does not hang on a request. */
interface Described {
  readonly content: Content;
  readonly isHeld: boolean;
  readonly hasBeginning: boolean;
}

interface Content {
  readonly offered: readonly Offered[];
  /** By key of `content`. */
  readonly described: ReadonlyMap<string, DescribedType>;
}

interface DescribedType {
  readonly schema: Schema;
  readonly isRange: boolean;
  /** Nothing is said of it. */
  readonly isEmpty: boolean;
  readonly isBytes: boolean;
  readonly hasSize: boolean;
}

const known = new WeakMap<RequestBodyDefinition, Described>();

function described(body: RequestBodyDefinition, shared: SharedDefinition): Described {
  let description = known.get(body);
  if (description === undefined) {
    description = describe(body, shared);
    known.set(body, description);
  }
  return description;
}

function describe(body: RequestBodyDefinition, shared: SharedDefinition): Described {
  const keys = Object.keys(body.content);
  const types = keys.map((key) => [key, describeType(key, body.content[key]!, shared)] as const);
  const content: Content = { offered: offeredTypes(keys), described: new Map(types) };
  return {
    content,
    isHeld: keys.some((key) => examples(key).some((type) => isHeld(ruleOf(content, type)))),
    hasBeginning: keys.some((key) => key.includes('*') || ruleOf(content, key).kind === 'binary'),
  };
}

function describeType(key: string, schema: Schema, shared: SharedDefinition): DescribedType {
  const parts = [...constituents(schema, shared, 0)];
  return {
    schema,
    isRange: key.includes('*'),
    isEmpty: parts.length === 0,
    isBytes: parts.some((part) => isBinary(part) && Object.keys(part).length > 0),
    hasSize: parts.some(({ maxLength, minLength }) => maxLength !== undefined || minLength !== undefined),
  };
}

function ruleOf(content: Content, contentType: string): BodyRule {
  const mediaType = parseMediaType(contentType);
  if (mediaType === undefined || hasContinuation(mediaType))
    return unsupported('The Content-Type is not well-formed.');
  const key = keyFor(content.offered, mediaType);
  if (key === undefined) return unsupported('The operation does not take a body of this Content-Type.');
  const type = content.described.get(key)!;
  const kind = kindOf(mediaType.type, type);
  return kind === undefined ? opaque : { kind, key, schema: type.schema, mediaType };
}

/** Undefined where nothing is known of the type, and the schema says nothing either. */
function kindOf(type: string, { isRange, isEmpty, isBytes, hasSize }: DescribedType): BodyKind | undefined {
  if (isJson(type)) return 'json';
  // A range with a binary schema, or none, is for whatever anybody may store: it is not looked into.
  const isStore = isBytes || (isRange && isEmpty);
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
  if (signaturesOf(type) !== undefined || hasSize) {
    if (!type.startsWith('text/')) return 'binary';
  }
  return type.startsWith('text/') && !isEmpty && !isBytes ? 'text' : undefined;
}

function unsupported(detail: string): BodyRule {
  return { kind: 'unsupported', detail };
}
