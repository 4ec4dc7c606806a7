import { isSpace } from '../transformations/bytes.ts';
import { charsetFault } from './charset.ts';
import type { MultipartFlag } from './content.ts';
import { type Disposition, readDisposition } from './disposition.ts';
import type { BodyLimits } from './limits.ts';

export interface PartHead {
  /** Whole field lines, those that were folded in one. */
  readonly lines: readonly string[];
  /** Where the content begins; where the head begins if it does not end. */
  readonly end: number;
  readonly flags: readonly MultipartFlag[];
  /** How lines end. */
  readonly hasCrLf: boolean;
  readonly hasLf: boolean;
  readonly fault: string | undefined;
}

/** NUL, a CR alone and other controls, at which some readers end a line or a name. */
const control = /[\x00-\x08\x0a-\x1f\x7f]/;

/** Reads the head of the part that begins at `from` and, as it seems, ends at `to`. */
export function readPartHead(body: string, from: number, to: number, limits: BodyLimits): PartHead {
  const lines: string[] = [];
  const flags = new Set<MultipartFlag>();
  let hasCrLf = false;
  let hasLf = false;
  let fault: string | undefined;
  let at = from;
  for (let count = 0; ; count++) {
    const lineFeed = body.indexOf('\n', at);
    if (lineFeed < 0 || lineFeed >= to) {
      fault ??= 'the head of a part does not end';
      break;
    }
    if (lineFeed - from > limits.partHead || count > limits.partFields) {
      fault ??= 'the head of a part is too long';
      break;
    }
    const isCrLf = lineFeed > at && body[lineFeed - 1] === '\r';
    if (isCrLf) hasCrLf = true;
    else hasLf = true;
    const line = body.slice(at, isCrLf ? lineFeed - 1 : lineFeed);
    at = lineFeed + 1;
    if (line === '') return { lines, end: at, flags: [...flags], hasCrLf, hasLf, fault };
    if (isSpace(line.charCodeAt(0))) {
      flags.add('HEADER_FOLDING');
      if (line[0] !== ' ' && line[0] !== '\t') flags.add('INVALID_HEADER_FOLDING');
      if (lines.length === 0) fault ??= 'the head of a part begins with a folded line';
      lines.push(`${lines.pop() ?? ''} ${line.replace(/^[\t\v\f\r ]+/, '')}`);
    } else lines.push(line);
  }
  flags.add('INVALID_PART');
  return { lines, end: from, flags: [...flags], hasCrLf, hasLf, fault };
}

export interface PartFields extends Disposition {
  readonly fault: string | undefined;
}

/** What readers take differently, whatever RFC 7578 says of it. */
const identity = /^(?:7bit|8bit|binary)$/i;
const fieldName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** What the fields of a head say of the part. */
export function readPartFields(lines: readonly string[]): PartFields {
  const names: string[] = [];
  const fileNames: string[] = [];
  let isSound = true;
  let hasOddQuoting = false;
  let fault: string | undefined;
  const seen = new Set<string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const written = colon < 0 ? line : line.slice(0, colon);
    if (colon < 0) fault ??= 'a line of the head of a part has no colon';
    else if (!fieldName.test(written)) fault ??= 'a field of a part has no proper name';
    if (control.test(line)) {
      fault ??= 'the head of a part has a control character';
      isSound = false;
    }
    // A blank before the colon: some readers take it for the field that it looks like.
    const name = written.trim().toLowerCase();
    const value = withoutBlanks(line.slice(written.length + 1));
    if (seen.has(name)) {
      fault ??= 'a part has a field twice';
      isSound = false;
    }
    seen.add(name);
    if (name === 'content-disposition') {
      const disposition = readDisposition(value);
      names.push(...disposition.names);
      fileNames.push(...disposition.fileNames);
      isSound &&= disposition.isSound;
      hasOddQuoting ||= disposition.hasOddQuoting;
    } else if (name === 'content-type') fault ??= charsetFault(value) ?? typeFault(value);
    else if (name === 'content-transfer-encoding' && !identity.test(value))
      fault ??= 'a part has a Content-Transfer-Encoding that some decode';
    else if (name === 'content-encoding') fault ??= 'a part has a Content-Encoding';
  }
  if (!seen.has('content-disposition')) isSound = false;
  if (!isSound) fault ??= 'the Content-Disposition of a part is missing or not clear';
  return { names, fileNames, isSound, hasOddQuoting, fault };
}

function typeFault(value: string): string | undefined {
  return /^(?:multipart|message)\//i.test(value) ? 'a part has parts or a message in it' : undefined;
}

/** Blanks of RFC 9110 at both ends; what else `trim` takes for one belongs to the value for some readers. */
function withoutBlanks(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && (text[from] === ' ' || text[from] === '\t')) from++;
  while (to > from && (text[to - 1] === ' ' || text[to - 1] === '\t')) to--;
  return text.slice(from, to);
}
