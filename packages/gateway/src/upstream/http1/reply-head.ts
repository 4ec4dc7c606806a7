import { characterTable } from '../../http/characters.ts';
import { fieldName } from '../../http/field-name.ts';
import { isWhitespace, tokenEnd } from '../../http/field-syntax.ts';
import { type ReplyFaultCode, UpstreamFault } from '../client.ts';

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
 * @param text latin1, from the status line to the line break of the last field, without the empty line
 * @param method of the request: a reply to HEAD has no content whatever it says
 * @throws UpstreamFault
 */
export function readReplyHead(text: string, method: string): ReplyHead {
  const lineEnd = endOfLine(text, 0);
  const status = readStatusLine(text, lineEnd);
  const minor = text.charCodeAt(7);
  const fields: string[] = [];
  let connection: string | undefined;
  let keepAlive: string | undefined;
  let length: string | undefined;
  let coding: string | undefined;
  let upgrade: string | undefined;
  let at = lineEnd + 2;
  while (at < text.length) {
    const end = endOfLine(text, at);
    const colon = tokenEnd(text, at);
    if (colon === at || text.charCodeAt(colon) !== 0x3a) throw fault('FIELD');
    const { lower, hopByHop } = fieldName(text.slice(at, colon));
    const value = readValue(text, colon + 1, end);
    at = end + 2;
    if (hopByHop) {
      if (lower === 'connection') connection = connection === undefined ? value : `${connection},${value}`;
      else if (lower === 'keep-alive') keepAlive = value;
      else if (lower === 'upgrade') upgrade = value.toLowerCase();
      else if (lower === 'transfer-encoding') {
        if (coding !== undefined) throw fault('TRANSFER_CODING');
        coding = value;
      }
      continue;
    }
    if (lower === 'content-length') {
      if (length !== undefined) throw fault('FRAMING');
      length = value;
    }
    fields.push(lower, value);
  }
  // RFC 9112 section 6.1: a length beside a coding is the mark of an attempt to smuggle.
  if (coding !== undefined && length !== undefined) throw fault('FRAMING');
  const options = connection === undefined ? noOptions : connectionOptions(connection);
  if (connection !== undefined) removeNamed(fields, options);
  const content = contentOf(status, method, minor, length, coding);
  const persistent = minor === one ? !options.includes('close') : options.includes('keep-alive');
  const reusable = persistent && content !== 'until-close' ? idleTime(keepAlive) : 0;
  return { status, fields, content, reusable, upgrade };
}

/**
 * Fields that come behind chunked content (RFC 9112 section 7.1.2), less those that a message is framed or routed by
 * (RFC 9110 section 6.5.1).
 * @param text as for the head
 */
export function readTrailers(text: string): readonly string[] {
  const fields: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = endOfLine(text, at);
    const colon = tokenEnd(text, at);
    if (colon === at || text.charCodeAt(colon) !== 0x3a) throw fault('FIELD');
    const { lower, hopByHop, once } = fieldName(text.slice(at, colon));
    const value = readValue(text, colon + 1, end);
    if (!hopByHop && once === 0 && lower !== 'set-cookie') fields.push(lower, value);
    at = end + 2;
  }
  return fields;
}

const zero = 0x30;
const one = 0x31;

/** `HTTP/1.1 200 OK`; the reason may be empty, and some leave out the space before it too. */
function readStatusLine(text: string, end: number): number {
  const minor = text.charCodeAt(7);
  if (!text.startsWith('HTTP/1.') || (minor !== zero && minor !== one) || text.charCodeAt(8) !== 0x20)
    throw fault('STATUS_LINE');
  const status =
    (text.charCodeAt(9) - zero) * 100 + (text.charCodeAt(10) - zero) * 10 + text.charCodeAt(11) - zero;
  if (end < 12 || !isDigit(text, 9) || !isDigit(text, 10) || !isDigit(text, 11)) throw fault('STATUS');
  if (end > 12 && text.charCodeAt(12) !== 0x20) throw fault('STATUS');
  // RFC 9110 section 15: there are no others, and HTTP/2 has no way to pass them on.
  if (status < 100 || status > 599) throw fault('STATUS');
  for (let at = 13; at < end; at++) if (valueCharacters[text.charCodeAt(at)] === 0) throw fault('STATUS_LINE');
  return status;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= zero && code <= 0x39;
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\r\n', from);
  return end < 0 ? text.length : end;
}

/** RFC 9110 section 5.5: visible characters, spaces and tabs, and what is above ASCII. No CR, LF or NUL. */
const valueCharacters = characterTable(
  `\t${String.fromCharCode(
    ...Array.from({ length: 0x7f - 0x20 }, (_, i) => 0x20 + i),
    ...Array.from({ length: 0x80 }, (_, i) => 0x80 + i),
  )}`,
);

/** Whether a text can stand in a field as it is. */
export function isFieldValue(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (valueCharacters[text.charCodeAt(at)] === 0) return false;
  return true;
}

function readValue(text: string, from: number, end: number): string {
  let first = from;
  let last = end;
  while (first < last && isWhitespace(text.charCodeAt(first))) first++;
  while (last > first && isWhitespace(text.charCodeAt(last - 1))) last--;
  for (let at = first; at < last; at++)
    if (valueCharacters[text.charCodeAt(at)] === 0) throw fault('FIELD');
  return text.slice(first, last);
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
    throw fault('TRANSFER_CODING');
  const bytes = length === undefined ? undefined : readLength(length);
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 0;
  return coding === undefined ? (bytes ?? 'until-close') : 'chunked';
}

/** Fifteen digits are more than any file has, and still exact as a number. */
function readLength(text: string): number {
  if (text.length === 0 || text.length > 15) throw fault('FRAMING');
  for (let at = 0; at < text.length; at++) if (!isDigit(text, at)) throw fault('FRAMING');
  return Number(text);
}

/** `Keep-Alive: timeout=5`, which is in no standard but what most servers send. */
function idleTime(keepAlive: string | undefined): number {
  const seconds = keepAlive === undefined ? undefined : /(?:^|[,;\s])timeout=(\d{1,9})/i.exec(keepAlive)?.[1];
  if (seconds === undefined) return keptIdle;
  return Math.max(0, Math.min(keptIdle, Number(seconds) * 1_000 - endedBefore));
}

export function fault(code: ReplyFaultCode): UpstreamFault {
  return new UpstreamFault(code);
}
