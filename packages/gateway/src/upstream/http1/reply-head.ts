import { isValue, lineEnd, readContentLength, readFieldLines } from '../../http/field-lines.ts';
import { fieldName } from '../../http/field-name.ts';
import { Malformed } from '../../http/malformed.ts';

/** What the head of a reply says. */
export interface ReplyHead {
  readonly status: number;
  /** Name and value by turns, without those that are meant for the connection (RFC 9110 section 7.6.1). */
  readonly fields: string[];
  /** Bytes of content, if any: a number, `chunked`, or whatever comes until the upstream closes. */
  readonly content: number | 'chunked' | 'until-close';
  /** Milliseconds for which the connection may be used again after this reply; 0 for not at all. */
  readonly reusable: number;
  /** The protocol that it switches to (RFC 9110 section 7.8), in lower case. */
  readonly upgrade: string | undefined;
}

/** Milliseconds for which an idle connection is kept. */
const keptIdle = 30_000;
/** We, not the upstream, should be the one that ends it: else a request may meet the end half-way. */
const endedBefore = 1_000;

/**
 * Reads the head of a reply, strictly (RFC 9112 sections 4 to 6): what two readers could understand differently is no
 * reply, as the rest of it could be taken for the next one.
 * @param bytes with the status line at `from`, and the end of the last field, before its line break, at `end`
 * @param method of the request: a reply to HEAD has no content whatever it says
 * @throws Malformed
 */
export function readReplyHead(bytes: Buffer, from: number, end: number, method: string): ReplyHead {
  const statusEnd = lineEnd(bytes, from, end);
  const status = readStatusLine(bytes, from, statusEnd);
  const minor = bytes[from + 7]!;
  const fields: string[] = [];
  const fieldsAt = statusEnd + 2;
  if (statusEnd < end) {
    if (bytes[statusEnd + 1] !== lf) throw new Malformed('STATUS_LINE');
    readFieldLines(bytes, fieldsAt, end, bytes.toString('latin1', fieldsAt, end), fields);
  }
  let connection: string | undefined;
  let keepAlive: string | undefined;
  let length: string | undefined;
  let coding: string | undefined;
  let upgrade: string | undefined;
  let kept = 0;
  for (let i = 0; i < fields.length; i += 2) {
    const { lower, hopByHop } = fieldName(fields[i]!);
    const value = fields[i + 1]!;
    if (!hopByHop) {
      if (lower === 'content-length') {
        if (length !== undefined) throw new Malformed('FRAMING');
        length = value;
      }
      fields[kept++] = lower;
      fields[kept++] = value;
    } else if (lower === 'connection')
      connection = connection === undefined ? value : `${connection},${value}`;
    else if (lower === 'keep-alive') keepAlive = value;
    else if (lower === 'upgrade') upgrade = value.toLowerCase();
    else if (lower === 'transfer-encoding') {
      if (coding !== undefined) throw new Malformed('TRANSFER_CODING');
      coding = value;
    }
  }
  fields.length = kept;
  // RFC 9112 section 6.1: a length beside a coding is the mark of an attempt to smuggle.
  if (coding !== undefined && length !== undefined) throw new Malformed('FRAMING');
  const options = connection === undefined ? noOptions : connectionOptions(connection);
  if (connection !== undefined) removeNamed(fields, options);
  const content = contentOf(status, method, minor, length, coding);
  const persistent = !options.includes('close') && (minor === one || options.includes('keep-alive'));
  const reusable = persistent && content !== 'until-close' ? idleTime(keepAlive) : 0;
  return { status, fields, content, reusable, upgrade };
}

/** Trailers that go on: none of those that a message is framed or routed by (RFC 9110 section 6.5.1). */
export function keptTrailers(trailers: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (let i = 0; i < trailers.length; i += 2) {
    const { lower, hopByHop, once } = fieldName(trailers[i]!);
    if (!hopByHop && once === 0 && lower !== 'set-cookie') kept.push(lower, trailers[i + 1]!);
  }
  return kept;
}

const lf = 0x0a;
const space = 0x20;
const zero = 0x30;
const one = 0x31;

const start = Buffer.from('HTTP/1.');

/** `HTTP/1.1 200 OK`; the reason may be empty, and some leave out the space before it too. */
function readStatusLine(bytes: Buffer, from: number, end: number): number {
  for (let i = 0; i < start.length; i++) if (bytes[from + i] !== start[i]) throw new Malformed('STATUS_LINE');
  const minor = bytes[from + 7];
  if (end < from + 12 || (minor !== zero && minor !== one) || bytes[from + 8] !== space)
    throw new Malformed('STATUS_LINE');
  const status = digit(bytes, from + 9) * 100 + digit(bytes, from + 10) * 10 + digit(bytes, from + 11);
  if (end > from + 12 && bytes[from + 12] !== space) throw new Malformed('STATUS');
  // RFC 9110 section 15: there are no others, and HTTP/2 has no way to pass them on.
  if (status < 100 || status > 599) throw new Malformed('STATUS');
  if (!isValue(bytes, from + 12, end)) throw new Malformed('STATUS_LINE');
  return status;
}

function digit(bytes: Buffer, at: number): number {
  const value = bytes[at]! - zero;
  if (value < 0 || value > 9) throw new Malformed('STATUS');
  return value;
}

const noOptions: readonly string[] = Object.freeze([]);
const usual: ReadonlyMap<string, readonly string[]> = new Map(
  ['close', 'keep-alive', 'Keep-Alive'].map((text) => [text, [text.toLowerCase()]]),
);

function connectionOptions(value: string): readonly string[] {
  return usual.get(value) ?? value.split(',').map((option) => option.trim().toLowerCase());
}

/** Fields that Connection names were meant for us alone. */
function removeNamed(fields: string[], options: readonly string[]): void {
  if (options.length === 1 && (options[0] === 'close' || options[0] === 'keep-alive')) return;
  let kept = 0;
  for (let i = 0; i < fields.length; i += 2) {
    if (options.includes(fields[i]!) && fields[i] !== 'content-length') continue;
    fields[kept] = fields[i]!;
    fields[kept + 1] = fields[i + 1]!;
    kept += 2;
  }
  fields.length = kept;
}

/** RFC 9112 section 6.3. */
function contentOf(
  status: number,
  method: string,
  minor: number,
  length: string | undefined,
  coding: string | undefined,
): ReplyHead['content'] {
  // We did not offer to read any other (RFC 9110 section 10.1.4), and HTTP/1.0 has none.
  if (coding !== undefined && (coding.toLowerCase() !== 'chunked' || minor !== one))
    throw new Malformed('TRANSFER_CODING');
  const bytes = length === undefined ? undefined : readContentLength(length);
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 0;
  return coding === undefined ? (bytes ?? 'until-close') : 'chunked';
}

/** `Keep-Alive: timeout=5`, which is in no standard but what most servers send. */
function idleTime(keepAlive: string | undefined): number {
  const seconds = keepAlive === undefined ? undefined : /(?:^|[,;\s])timeout=(\d{1,9})/i.exec(keepAlive)?.[1];
  if (seconds === undefined) return keptIdle;
  return Math.max(0, Math.min(keptIdle, Number(seconds) * 1_000 - endedBefore));
}
