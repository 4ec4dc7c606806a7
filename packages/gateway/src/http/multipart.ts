import { type DispositionReason, parseDisposition } from './content-disposition.ts';
import { isWhitespace, tokenEnd, whitespaceEnd } from './field-syntax.ts';
import { hasContinuation, type MediaType, parseMediaType } from './media-type.ts';

export interface Part {
  readonly name: string;
  /** Undefined where the part is no file. */
  readonly filename: string | undefined;
  /** Undefined where the part states none, which means text/plain (RFC 7578 section 4.4). */
  readonly type: MediaType | undefined;
  /** As they came, name in lower case and value (latin1) by turns. */
  readonly fields: readonly string[];
  /** A view of the body. */
  readonly content: Buffer;
}

export type MultipartReason =
  | DispositionReason
  /** No boundary, or one with characters that none has (RFC 2046 section 5.1.1). */
  | 'boundary'
  /** The first bytes are not the boundary: what stands before it is for no one, or for a reader that we are not. */
  | 'preamble'
  /** Bytes behind the closing boundary. */
  | 'epilogue'
  /** The boundary inside a part, or with anything behind it but the end of its line. */
  | 'boundary-line'
  /** The closing boundary is missing. */
  | 'unclosed'
  | 'no-parts'
  | 'too-many-parts'
  /** The fields of a part do not end, or are larger than they may be. */
  | 'head-size'
  /** A line of a part's head that is no field; a CR or LF alone, a NUL, a folded line. */
  | 'field'
  /** Twice in one part. */
  | 'duplicate-field'
  | 'no-disposition'
  | 'content-type'
  /** A multipart in a part: readers differ on whether they look into it. */
  | 'nested'
  /** base64, quoted-printable, gzip: some readers decode them and some do not (RFC 7578 section 4.7). */
  | 'part-encoding'
  /** `_charset_` names an encoding other than UTF-8 (RFC 7578 section 4.6). */
  | 'charset';

export interface MultipartFault {
  readonly kind: 'fault';
  readonly reason: MultipartReason;
  /** Byte. */
  readonly offset: number;
  /** Those before. */
  readonly parts: readonly Part[];
}

export interface MultipartLimits {
  readonly parts: number;
  /** Bytes of the fields of one part. */
  readonly head: number;
}

/** Enough for any browser: one Content-Disposition and one Content-Type. */
export const multipartLimits: MultipartLimits = { parts: 1000, head: 4096 };

const mostFields = 16;
const cr = 0x0d;
const lf = 0x0a;
const dash = 0x2d;
const colon = 0x3a;

/**
 * Takes a multipart/form-data body (RFC 7578, RFC 2046) apart, and refuses what readers of it are known to understand
 * differently, whatever the RFC says of it: the list is `MultipartReason`. The boundary may not occur in any part, not
 * even within a line: readers disagree on which line ends come before a delimiter.
 *
 * Linear: one search for the boundary goes through the body once; heads are bounded. Never throws.
 * Tell the outcomes apart with `'kind' in result`.
 */
export function parseMultipart(
  body: Buffer,
  boundary: string | undefined,
  limits = multipartLimits,
): readonly Part[] | MultipartFault {
  const parts: Part[] = [];
  const fault = readParts(body, boundary, limits, parts);
  return fault === undefined ? parts : { kind: 'fault', ...fault, parts };
}

/** Where, and why. */
interface Stop {
  readonly reason: MultipartReason;
  readonly offset: number;
}

/** bcharsnospace, and spaces inside. */
const boundarySyntax = /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/;

function readParts(
  body: Buffer,
  boundary: string | undefined,
  limits: MultipartLimits,
  parts: Part[],
): Stop | undefined {
  if (boundary === undefined || !boundarySyntax.test(boundary)) return { reason: 'boundary', offset: 0 };
  const delimiter = Buffer.from(`--${boundary}`, 'latin1');
  let found = body.indexOf(delimiter);
  if (found !== 0) return { reason: 'preamble', offset: 0 };
  for (;;) {
    const behind = found + delimiter.length;
    if (body[behind] === dash && body[behind + 1] === dash) return atEnd(body, behind + 2, parts);
    if (body[behind] !== cr || body[behind + 1] !== lf) return { reason: 'boundary-line', offset: found };
    if (parts.length === limits.parts) return { reason: 'too-many-parts', offset: found };
    const next = body.indexOf(delimiter, behind + 2);
    if (next < 0) return { reason: 'unclosed', offset: behind };
    // The line end before a boundary belongs to it.
    if (body[next - 1] !== lf || body[next - 2] !== cr || next - 2 < behind + 2)
      return { reason: 'boundary-line', offset: next };
    const part = readPart(body, behind + 2, next - 2, limits.head);
    if ('reason' in part) return part;
    parts.push(part);
    found = next;
  }
}

function atEnd(body: Buffer, end: number, parts: readonly Part[]): Stop | undefined {
  if (parts.length === 0) return { reason: 'no-parts', offset: 0 };
  const isOver = end === body.length || (end + 2 === body.length && body[end] === cr && body[end + 1] === lf);
  return isOver ? undefined : { reason: 'epilogue', offset: end };
}

function readPart(body: Buffer, from: number, to: number, most: number): Part | Stop {
  // The last line of the head ends with a line end of its own, and an empty line follows.
  const window = body.subarray(from, Math.min(to, from + most));
  const length = window.indexOf('\r\n\r\n', 0, 'latin1');
  if (length < 0) return { reason: 'head-size', offset: from };
  const fields: string[] = [];
  const reason = readFields(window.toString('latin1', 0, length), fields);
  if (reason !== undefined) return { reason, offset: from };
  return describe(fields, body.subarray(from + length + 4, to), from);
}

/** All but visible characters, spaces, tabs and what is above ASCII. */
const notInLine = /[^\t\x20-\x7e\x80-\xff]/;

function readFields(head: string, fields: string[]): MultipartReason | undefined {
  for (const line of head.split('\r\n')) {
    const nameEnd = tokenEnd(line, 0);
    if (nameEnd === 0 || line.charCodeAt(nameEnd) !== colon || notInLine.test(line)) return 'field';
    if (fields.length === 2 * mostFields) return 'head-size';
    const name = line.slice(0, nameEnd).toLowerCase();
    for (let i = 0; i < fields.length; i += 2) if (fields[i] === name) return 'duplicate-field';
    fields.push(name, line.slice(whitespaceEnd(line, nameEnd + 1), contentEnd(line)));
  }
  return undefined;
}

/** A pattern would take quadratic time where a line is all spaces. */
function contentEnd(line: string): number {
  let end = line.length;
  while (isWhitespace(line.charCodeAt(end - 1))) end--;
  return end;
}

function describe(fields: readonly string[], content: Buffer, offset: number): Part | Stop {
  const disposition = partField(fields, 'content-disposition');
  if (disposition === undefined) return { reason: 'no-disposition', offset };
  const read = parseDisposition(disposition);
  if (typeof read === 'string') return { reason: read, offset };
  const stated = partField(fields, 'content-type');
  const type = stated === undefined ? undefined : parseMediaType(stated);
  if (stated !== undefined && (type === undefined || hasContinuation(type)))
    return { reason: 'content-type', offset };
  if (type?.type.startsWith('multipart/') === true || type?.type.startsWith('message/') === true)
    return { reason: 'nested', offset };
  const transfer = partField(fields, 'content-transfer-encoding')?.toLowerCase();
  if (transfer !== undefined && !/^(?:7bit|8bit|binary)$/.test(transfer))
    return { reason: 'part-encoding', offset };
  const coding = partField(fields, 'content-encoding')?.toLowerCase();
  if (coding !== undefined && coding !== 'identity') return { reason: 'part-encoding', offset };
  if (read.name.toLowerCase() === '_charset_' && content.toString('latin1').toLowerCase() !== 'utf-8')
    return { reason: 'charset', offset };
  return { ...read, type, fields, content };
}

/** The value of a field of a part, by its name in lower case. */
export function partField(fields: readonly string[], name: string): string | undefined {
  for (let i = 0; i < fields.length; i += 2) if (fields[i] === name) return fields[i + 1];
  return undefined;
}

/** For each reason, what the caller has to change. */
export const multipartReasons: Readonly<Record<MultipartReason, string>> = {
  boundary: 'Content-Type must state a boundary of 1 to 70 characters of RFC 2046.',
  preamble: 'The body must begin with its boundary.',
  epilogue: 'The body must end with its closing boundary.',
  'boundary-line': 'The boundary must stand alone on lines that end with CRLF, and nowhere else.',
  unclosed: 'The closing boundary is missing.',
  'no-parts': 'The body has no parts.',
  'too-many-parts': 'The body has too many parts.',
  'head-size': 'The fields of a part must end with an empty line, and be short.',
  field: 'Each line in the head of a part must be one field.',
  'duplicate-field': 'A part has a field twice.',
  'no-disposition': 'A part has no Content-Disposition.',
  'content-type': 'The Content-Type of a part is not well-formed.',
  nested: 'A part must not be a multipart or a message itself.',
  'part-encoding': 'Parts must be sent as they are, without an encoding.',
  charset: 'Parts must be sent in UTF-8.',
  'disposition-syntax':
    'A Content-Disposition must be form-data with quoted parameters, without backslashes.',
  'disposition-name': 'A Content-Disposition must have a name.',
  'disposition-parameter': 'A Content-Disposition has name and filename, each once, and nothing else.',
  'disposition-filename': 'filename* must say the same as filename.',
  'disposition-encoding': 'Names in a Content-Disposition must be valid UTF-8.',
};
