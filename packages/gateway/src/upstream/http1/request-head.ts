import { characterTable } from '../../http/characters.ts';
import { tokenEnd } from '../../http/field-syntax.ts';
import { type OutboundRequest, UpstreamFault } from '../client.ts';
import { isFieldValue } from './reply-head.ts';

/** RFC 9112 section 3.2, generously: what cannot end the target or the line. */
const targetCharacters = characterTable(
  String.fromCharCode(...Array.from({ length: 0x7f - 0x21 }, (_, i) => 0x21 + i)),
);

/** Methods whose requests say that they have no content (RFC 9110 section 8.6). */
const withContent: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/**
 * The head of a request (RFC 9112 section 3), latin1. Everything in it was parsed strictly before; it is checked once
 * more as policies may have put in what they like, and a line break here would be a request of its own.
 * @param length bytes of a body that is complete; undefined where it follows as a stream, which is sent in chunks
 *   unless its length is among the fields
 * @throws UpstreamFault
 */
export function writeRequestHead(
  { method, target, fields, body }: OutboundRequest,
  length: number | undefined,
): string {
  if (!isTarget(target) || tokenEnd(method, 0) !== method.length) throw new UpstreamFault('REQUEST_FIELD');
  let head = `${method} ${target} HTTP/1.1\r\n`;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!;
    const value = fields[i + 1]!;
    if (name.length === 0 || tokenEnd(name, 0) !== name.length || !isFieldValue(value))
      throw new UpstreamFault('REQUEST_FIELD');
    head += `${name}: ${value}\r\n`;
  }
  if (length === undefined) {
    if (announcedLength(fields) === undefined) head += 'transfer-encoding: chunked\r\n';
  } else if (length > 0 || body !== undefined || withContent.has(method)) head += `content-length: ${length}\r\n`;
  return `${head}\r\n`;
}

/** What a stream says of its length. */
export function announcedLength(fields: readonly string[]): number | undefined {
  for (let i = 0; i < fields.length; i += 2) if (fields[i] === 'content-length') return Number(fields[i + 1]);
  return undefined;
}

function isTarget(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (targetCharacters[text.charCodeAt(at)] === 0) return false;
  return text.length > 0;
}
