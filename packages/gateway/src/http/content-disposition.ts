import { isUtf8 } from 'node:buffer';
import { tokenEnd, whitespaceEnd } from './field-syntax.ts';

/** Of a part of multipart/form-data (RFC 7578 section 4.2). */
export interface Disposition {
  readonly name: string;
  /** Undefined where the part is no file; as it was sent but for `%22`, which browsers write for a quote. */
  readonly filename: string | undefined;
}

export type DispositionReason =
  /** Not `form-data` with parameters in the one usual spelling. */
  | 'disposition-syntax'
  /** No name, or none that can be told from others: empty, with an encoded line end or quote. */
  | 'disposition-name'
  /** A parameter twice, or one that has no meaning here. */
  | 'disposition-parameter'
  /** `filename*` says something else than `filename`, of which some readers take one and some the other. */
  | 'disposition-filename'
  | 'disposition-encoding';

const semicolon = 0x3b;
const equals = 0x3d;
const quote = 0x22;
const star = 0x2a;

/**
 * Reads the value of a Content-Disposition strictly. Backslashes are refused within quotes: the RFC has them escape, and
 * browsers (WHATWG HTML, multipart/form-data encoding) send them as they are, so that `"a\"; name="b"` is one name to
 * some readers and two to others. Browsers write `%22`, `%0D` and `%0A` for quotes and line ends.
 *
 * `filename*` (RFC 5987), which RFC 7578 forbids but some clients send, may only repeat the `filename` beside it.
 * @param value bytes as latin1
 */
export function parseDisposition(value: string): Disposition | DispositionReason {
  let at = tokenEnd(value, 0);
  if (value.slice(0, at).toLowerCase() !== 'form-data') return 'disposition-syntax';
  let name: string | undefined;
  let filename: string | undefined;
  let extended: string | undefined;
  while (at < value.length) {
    at = whitespaceEnd(value, at);
    if (value.charCodeAt(at) !== semicolon) return 'disposition-syntax';
    const nameAt = whitespaceEnd(value, at + 1);
    const nameEnd = tokenEnd(value, nameAt);
    if (nameEnd === nameAt || value.charCodeAt(nameEnd) !== equals) return 'disposition-syntax';
    const parameter = value.slice(nameAt, nameEnd).toLowerCase();
    const from = nameEnd + 1;
    let text: string;
    if (value.charCodeAt(from) === quote && parameter.charCodeAt(parameter.length - 1) !== star) {
      const end = value.indexOf('"', from + 1);
      if (end < 0) return 'disposition-syntax';
      text = value.slice(from + 1, end);
      at = end + 1;
    } else {
      at = tokenEnd(value, from);
      if (at === from) return 'disposition-syntax';
      text = value.slice(from, at);
    }
    if (text.includes('\\')) return 'disposition-syntax';
    const decoded = fromUtf8(text);
    if (decoded === undefined) return 'disposition-encoding';
    if (parameter === 'name' && name === undefined) name = decoded;
    else if (parameter === 'filename' && filename === undefined) filename = decoded;
    else if (parameter === 'filename*' && extended === undefined) extended = decoded;
    else return 'disposition-parameter';
  }
  if (name === undefined || name === '' || /%(?:22|0[ad])/i.test(name)) return 'disposition-name';
  if (extended !== undefined && (filename === undefined || decodeExtended(extended) !== filename))
    return 'disposition-filename';
  return { name, filename: filename?.replaceAll('%22', '"') };
}

/** RFC 5987 section 3.2, in UTF-8: `utf-8''na%C3%AFve.txt`. */
function decodeExtended(value: string): string | undefined {
  const match = /^utf-8'[a-z0-9-]*'((?:[a-z0-9!#$&+.^_`|~-]|%[0-9a-f]{2})*)$/i.exec(value);
  if (match === null) return undefined;
  try {
    return decodeURIComponent(match[1]!);
  } catch {
    return undefined;
  }
}

function fromUtf8(text: string): string | undefined {
  if (!/[\x80-\xff]/.test(text)) return text;
  const bytes = Buffer.from(text, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : undefined;
}
