import { writeFieldLines } from '../../http/field-lines.ts';
import { isFieldName } from '../../http/field-syntax.ts';
import { type OutboundRequest, UpstreamFault } from '../client.ts';

/** RFC 9112 section 3.2, generously: what can end neither the target nor the line. */
const target = /^[\x21-\x7e]+$/;

/** Methods whose requests say that they have no content (RFC 9110 section 8.6). */
const withContent: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/**
 * The head of a request (RFC 9112 section 3), latin1.
 * @param length bytes of a body that is complete; undefined where it follows as a stream, which is sent in chunks
 *   unless its length is among the fields
 * @throws UpstreamFault
 */
export function writeRequestHead(request: OutboundRequest, length: number | undefined): string {
  const { method, fields } = request;
  if (!isFieldName(method) || !target.test(request.target)) throw new UpstreamFault('REQUEST_FIELD');
  const lines = writeFieldLines(fields);
  if (lines === undefined) throw new UpstreamFault('REQUEST_FIELD');
  let head = `${method} ${request.target} HTTP/1.1\r\n${lines}`;
  if (length === undefined) {
    if (announcedLength(fields) === undefined) head += 'transfer-encoding: chunked\r\n';
  } else if (length > 0 || request.body !== undefined || withContent.has(method))
    head += `content-length: ${length}\r\n`;
  return `${head}\r\n`;
}

/** What a stream says of its length. */
export function announcedLength(fields: readonly string[]): number | undefined {
  for (let i = 0; i < fields.length; i += 2) if (fields[i] === 'content-length') return Number(fields[i + 1]);
  return undefined;
}
