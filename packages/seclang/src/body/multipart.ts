import { ArgumentList } from './argument-list.ts';
import { readBoundary } from './boundary.ts';
import { charsetFault, isReadableCharset } from './charset.ts';
import {
  type BodyContent,
  fileHeadLength,
  type MultipartFlag,
  type NamedValue,
  type UploadedFile,
} from './content.ts';
import type { BodyLimits } from './limits.ts';
import { readPartFields, readPartHead } from './part-head.ts';

/**
 * Reads a multipart/form-data body (RFC 7578, RFC 2046) and sets ModSecurity's flags. It looks for the boundary as lenient
 * readers do, and says with a flag or a fault what not all of them see alike. Whatever is not the content of a file can be
 * seen: what stands before, behind and between parts is an argument without a name.
 *
 * Linear: one search goes through the body, no line is read twice, heads are bounded.
 */
export function readMultipart(body: string, contentType: string, limits: BodyLimits): BodyContent {
  const { value: boundary, flags, fault } = readBoundary(contentType);
  const reader = new Reader(body, limits);
  for (const flag of flags) reader.flags.add(flag);
  reader.fault = fault ?? charsetFault(contentType);
  if (body !== '') reader.read(boundary);
  return reader.content();
}

/** Those that ModSecurity's recommended rule 200003 looks at. */
const strict: readonly MultipartFlag[] = [
  'BOUNDARY_QUOTED',
  'BOUNDARY_WHITESPACE',
  'DATA_BEFORE',
  'DATA_AFTER',
  'HEADER_FOLDING',
  'LF_LINE',
  'MISSING_SEMICOLON',
  'INVALID_QUOTING',
  'INVALID_PART',
  'INVALID_HEADER_FOLDING',
  'FILE_LIMIT_EXCEEDED',
];

/** What a line that begins with the boundary is. */
interface Delimiter {
  readonly kind: 'open' | 'close' | 'none';
  /** Where what follows it begins. */
  readonly end: number;
}

class Reader {
  readonly flags = new Set<MultipartFlag>();
  /** The first. */
  fault: string | undefined;
  readonly #body: string;
  readonly #limits: BodyLimits;
  readonly #list: ArgumentList;
  readonly #files: UploadedFile[] = [];
  readonly #partHeaders: NamedValue[] = [];
  #parts = 0;
  #hasCrLf = false;
  #hasLf = false;

  constructor(body: string, limits: BodyLimits) {
    this.#body = body;
    this.#limits = limits;
    this.#list = new ArgumentList(limits);
  }

  content(): BodyContent {
    if (this.#hasLf) this.flags.add('LF_LINE');
    if (this.#hasLf && this.#hasCrLf) this.flags.add('CRLF_LF_LINES');
    if (this.fault !== undefined || strict.some((flag) => this.flags.has(flag)))
      this.flags.add('STRICT_ERROR');
    return {
      arguments: this.#list.values,
      files: this.#files,
      partHeaders: this.#partHeaders,
      flags: this.flags,
      xml: undefined,
      fault: this.fault,
    };
  }

  read(boundary: string | undefined): void {
    const body = this.#body;
    if (boundary === undefined) return this.#list.addUnread('', body);
    const delimiter = `--${boundary}`;
    /** Where the part begins that was opened last. */
    let part = -1;
    for (let from = 0; ; ) {
      const found = body.indexOf(delimiter, from);
      if (found < 0) break;
      // No delimiter can begin within one, as there is no line end in it.
      from = found + delimiter.length;
      const { kind, end } = this.#delimiter(found, from);
      if (kind === 'none') continue;
      if (part < 0) this.#preamble(found);
      else {
        const stopped = this.#part(part, this.#lineEnd(found));
        if (stopped !== undefined) return this.#stop(stopped, part);
      }
      if (kind === 'close') return this.#epilogue(end);
      part = end;
      from = end;
    }
    if (part < 0) {
      this.flags.add('UNMATCHED_BOUNDARY').add('DATA_BEFORE');
      return this.#stop('the boundary is not in the body', 0);
    }
    // As far as it goes.
    const stopped = this.#part(part, body.length);
    if (stopped !== undefined) return this.#stop(stopped, part);
    this.fault ??= 'the last boundary is missing';
  }

  #stop(fault: string, at: number): void {
    this.fault ??= fault;
    this.#list.addUnread('', this.#body.slice(at));
  }

  /** The boundary was found at `at` and ends at `end`. */
  #delimiter(at: number, end: number): Delimiter {
    const body = this.#body;
    if (at > 0 && body[at - 1] !== '\n') {
      // Some readers end lines at a CR, and some cut the body at the boundary wherever it is.
      this.flags.add('UNMATCHED_BOUNDARY');
      if (body[at - 1] === '\r') this.fault ??= 'the boundary stands behind a carriage return alone';
      return { kind: 'none', end };
    }
    if (body.startsWith('--', end)) return { kind: 'close', end: end + 2 };
    let lineEnd = end;
    // RFC 2046 section 5.1.1 lets blanks follow, which not all readers expect.
    while (body[lineEnd] === ' ' || body[lineEnd] === '\t') lineEnd++;
    const isCrLf = body.startsWith('\r\n', lineEnd);
    if (isCrLf || body[lineEnd] === '\n') {
      if (lineEnd > end) {
        this.flags.add('UNMATCHED_BOUNDARY');
        this.fault ??= 'blanks stand behind a boundary';
      }
      if (isCrLf) this.#hasCrLf = true;
      else this.#hasLf = true;
      return { kind: 'open', end: lineEnd + (isCrLf ? 2 : 1) };
    }
    // Cut off: the last boundary is missing.
    if (lineEnd === body.length) return { kind: 'none', end };
    // Another boundary, which this one is the beginning of, or none; the section has readers compare the beginning only.
    this.flags.add('UNMATCHED_BOUNDARY');
    this.fault ??= 'a line goes on behind the boundary';
    return { kind: 'none', end };
  }

  /** The line end before a delimiter belongs to it. @returns where it begins */
  #lineEnd(delimiter: number): number {
    if (this.#body[delimiter - 2] === '\r') {
      this.#hasCrLf = true;
      return delimiter - 2;
    }
    this.#hasLf = true;
    return delimiter - 1;
  }

  #preamble(end: number): void {
    if (end === 0) return;
    this.flags.add('DATA_BEFORE');
    this.#list.addUnread('', this.#body.slice(0, end));
  }

  #epilogue(at: number): void {
    const body = this.#body;
    const isCrLf = body.startsWith('\r\n', at);
    if (isCrLf) this.#hasCrLf = true;
    else if (body[at] === '\n') this.#hasLf = true;
    const end = isCrLf ? at + 2 : body[at] === '\n' ? at + 1 : at;
    if (end === body.length) return;
    this.flags.add('DATA_AFTER');
    this.#list.addUnread('', body.slice(end));
  }

  /** @returns why no more can be taken */
  #part(from: number, end: number): string | undefined {
    if (++this.#parts > this.#limits.parts) return 'there are too many parts';
    // The line end of its last line is that of the next delimiter if there is no content, not even an empty one.
    const to = Math.max(from, end);
    const head = readPartHead(this.#body, from, to, this.#limits);
    for (const flag of head.flags) this.flags.add(flag);
    this.#hasCrLf ||= head.hasCrLf;
    this.#hasLf ||= head.hasLf;
    const fields = readPartFields(head.lines);
    this.fault ??= head.fault ?? fields.fault;
    if (!fields.isSound) this.flags.add('INVALID_PART');
    if (fields.hasOddQuoting) this.flags.add('INVALID_QUOTING');
    const [name = '', ...others] = fields.names;
    for (const value of head.lines) this.#partHeaders.push({ name, value });
    const content = this.#body.slice(head.end, to);
    if (name === '_charset_' && !isReadableCharset(content))
      this.fault ??= 'the charset is not one that can be looked into';
    const fileNames = fields.fileNames.filter((fileName) => fileName !== '');
    for (const fileName of fileNames) {
      if (this.#files.length >= this.#limits.files) {
        this.flags.add('FILE_LIMIT_EXCEEDED');
        return 'there are too many files';
      }
      this.#files.push({ name, fileName, size: content.length, head: content.slice(0, fileHeadLength) });
    }
    // Where readers may differ on whether it is a file, its content is looked at too.
    const isFile = fileNames.length > 0 && fields.isSound && !fields.hasOddQuoting && head.end > from;
    let full = isFile ? undefined : this.#list.add(name, content);
    for (const other of others) full ??= this.#list.add(other, '');
    return full;
  }
}
