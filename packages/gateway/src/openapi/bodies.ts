import { isJson, parseMediaType } from '../http/media-type.ts';
import type { OperationDefinition, Schema } from './definition.ts';

/** What a definition says about the body of a request with some Content-Type. */
export type BodyRule =
  /** The definition gives the operation no body. */
  | { readonly kind: 'none' }
  /** JSON, to be parsed and checked. */
  | { readonly kind: 'json'; readonly schema: Schema }
  /** Another media type that the operation takes; it goes through as it is. */
  | { readonly kind: 'opaque' }
  | { readonly kind: 'unsupported'; readonly detail: string };

const none: BodyRule = { kind: 'none' };
const opaque: BodyRule = { kind: 'opaque' };

/**
 * Whether the body of a request must be held in memory to be judged: when it is JSON, and also when the operation
 * has no body, because only then is it certain that none came (HTTP/2 need not announce one).
 * @param contentType of the request; without it, whether any request of the operation needs it
 */
export function inspectsBody(operation: OperationDefinition, contentType?: string): boolean {
  const body = operation.requestBody;
  if (body === undefined) return true;
  if (contentType !== undefined) return bodyRule(operation, contentType).kind === 'json';
  return Object.keys(body.content).some((type) => isJson(type) || type === '*/*' || type === 'application/*');
}

/** The rule for a body: of the exact media type, else of a range, the narrower first (OpenAPI 3.1 section 4.8.13). */
export function bodyRule(operation: OperationDefinition, contentType: string | undefined): BodyRule {
  const body = operation.requestBody;
  if (body === undefined) return none;
  if (contentType === undefined) return unsupported('The request has a body but no Content-Type.');
  const mediaType = parseMediaType(contentType);
  if (mediaType === undefined) return unsupported('The Content-Type is not well-formed.');
  const { type, parameters } = mediaType;
  const range = `${type.slice(0, type.indexOf('/'))}/*`;
  const key = [type, range, '*/*'].find((each) => Object.hasOwn(body.content, each));
  if (key === undefined) return unsupported(undefined);
  if (!isJson(type)) return opaque;
  // Another charset could hide from the check what the service then reads (RFC 8259 section 8.1: JSON is UTF-8).
  if ((parameters.get('charset')?.toLowerCase() ?? 'utf-8') !== 'utf-8')
    return unsupported('JSON must be sent in UTF-8.');
  return { kind: 'json', schema: body.content[key]! };
}

function unsupported(detail: string | undefined): BodyRule {
  return {
    kind: 'unsupported',
    detail: detail ?? 'The operation does not take a body of this Content-Type.',
  };
}
