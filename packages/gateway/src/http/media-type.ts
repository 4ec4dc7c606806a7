import { quotedStringEnd, tokenEnd, unquote, whitespaceEnd } from './field-syntax.ts';
import type { Fields } from './fields.ts';

/** A media type as in a Content-Type field. */
export interface MediaType {
  /** Type and subtype, lower-case: "application/json". */
  readonly type: string;
  /** By lower-case name; values unquoted, otherwise as sent. */
  readonly parameters: ReadonlyMap<string, string>;
}

const maxLength = 256;
const maxParameters = 8;
const noParameters: ReadonlyMap<string, string> = new Map();

const slash = 0x2f;
const semicolon = 0x3b;
const equals = 0x3d;
const quote = 0x22;

const cacheSize = 1024;
const cache = new Map<string, MediaType>();

/**
 * Parses a media type (RFC 9110 8.3.1). Undefined if it is malformed, longer than 256 characters, has more than
 * 8 parameters or one of them twice: readers disagree which `charset` or `boundary` counts.
 *
 * Media types repeat, so the last 1024 good ones are remembered; the table is emptied when it is full.
 */
export function parseMediaType(value: string): MediaType | undefined {
  const known = cache.get(value);
  if (known !== undefined) return known;
  const mediaType = readMediaType(value);
  if (mediaType !== undefined) {
    if (cache.size === cacheSize) cache.clear();
    cache.set(value, mediaType);
  }
  return mediaType;
}

/** Of the one Content-Type; undefined where there is none, or several, or one that is malformed. */
export function mediaTypeOf(fields: Fields): MediaType | undefined {
  const types = fields.getAll('content-type');
  return types.length === 1 ? parseMediaType(types[0]!) : undefined;
}

/** Whether it says that it is in UTF-8, or says nothing, as JSON does (RFC 8259 section 8.1). */
export function isInUtf8({ parameters }: MediaType): boolean {
  return (parameters.get('charset')?.toLowerCase() ?? 'utf-8') === 'utf-8';
}

/** Whether a lower-case type is JSON: application/json, or any with the suffix +json (RFC 6839 3.1). */
export function isJson(type: string): boolean {
  return type === 'application/json' || type.endsWith('+json');
}

/**
 * Whether a parameter is written as RFC 2231 has it for mail: `boundary*0=a; boundary*1=b`, `charset*=…`. HTTP knows no
 * such thing (RFC 9110 section 5.6.6); readers that do prefer it to the plain one.
 */
export function hasContinuation({ parameters }: MediaType): boolean {
  for (const name of parameters.keys()) if (name.includes('*')) return true;
  return false;
}

function readMediaType(value: string): MediaType | undefined {
  if (value.length > maxLength) return undefined;
  const typeEnd = tokenEnd(value, 0);
  if (typeEnd === 0 || value.charCodeAt(typeEnd) !== slash) return undefined;
  const subtypeEnd = tokenEnd(value, typeEnd + 1);
  if (subtypeEnd === typeEnd + 1) return undefined;
  const parameters = subtypeEnd === value.length ? noParameters : readParameters(value, subtypeEnd);
  return parameters && { type: value.slice(0, subtypeEnd).toLowerCase(), parameters };
}

/** parameters = *( OWS ";" OWS [ parameter ] ), to the end of the value. */
function readParameters(value: string, from: number): ReadonlyMap<string, string> | undefined {
  const parameters = new Map<string, string>();
  let at = from;
  while (at < value.length) {
    at = whitespaceEnd(value, at);
    if (value.charCodeAt(at) !== semicolon) return undefined;
    const nameAt = whitespaceEnd(value, at + 1);
    const nameEnd = tokenEnd(value, nameAt);
    if (nameEnd === nameAt) {
      at = nameAt;
      continue;
    }
    if (value.charCodeAt(nameEnd) !== equals) return undefined;
    const valueAt = nameEnd + 1;
    const quoted = value.charCodeAt(valueAt) === quote;
    at = quoted ? quotedStringEnd(value, valueAt) : tokenEnd(value, valueAt);
    if (at <= valueAt) return undefined;
    const name = value.slice(nameAt, nameEnd).toLowerCase();
    if (parameters.has(name) || parameters.size === maxParameters) return undefined;
    parameters.set(name, quoted ? unquote(value, valueAt, at) : value.slice(valueAt, at));
  }
  return parameters;
}
