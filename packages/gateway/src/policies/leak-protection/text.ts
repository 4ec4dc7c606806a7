import type { Fields } from '../../http/fields.ts';
import { isJson, mediaTypeOf } from '../../http/media-type.ts';

/** What the content of a reply is, as its fields say. */
export type TextKind =
  /** Images, archives, calls of gRPC: there is no text to look through. */
  | 'binary'
  | 'json'
  | 'text'
  /** Goes on for as long as somebody listens. */
  | 'stream'
  /** In characters that are not those of ASCII, in which nothing would be found. */
  | 'unreadable';

const textTypes: ReadonlySet<string> = new Set([
  'application/xml',
  'application/x-www-form-urlencoded',
  'application/javascript',
  'application/x-javascript',
  'application/ecmascript',
  'application/yaml',
  'application/x-yaml',
  'application/toml',
  'application/graphql',
  'application/sql',
  'application/x-sh',
  'application/x-pem-file',
  'application/pgp-keys',
  'application/pkcs8',
  'message/http',
]);
const streamTypes: ReadonlySet<string> = new Set([
  'text/event-stream',
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/x-json-stream',
  'application/json-seq',
]);

/** Charsets in which bytes up to 0x7f are ASCII. */
const readable = /^(utf-?8|us-ascii|ascii|iso-8859-\d{1,2}|latin-?1|windows-125\d|koi8-[ru])$/i;

/** Content that nothing is said of, or that is said to be two things, may be anything, text included. */
export function kindOf(fields: Fields): TextKind {
  const mediaType = mediaTypeOf(fields);
  if (mediaType === undefined) return 'text';
  const { type, parameters } = mediaType;
  if (streamTypes.has(type)) return 'stream';
  const json = isJson(type);
  if (!json && !type.startsWith('text/') && !type.endsWith('+xml') && !textTypes.has(type)) return 'binary';
  const charset = parameters.get('charset');
  if (charset !== undefined && !readable.test(charset)) return 'unreadable';
  return json ? 'json' : 'text';
}

/** UTF-16 and UTF-32, by their byte order mark or by the zeros that ASCII has in them. */
export function isWide(bytes: Buffer): boolean {
  if (bytes.length < 2) return false;
  const first = bytes.readUInt16BE(0);
  return first === 0xfeff || first === 0xfffe || bytes[0] === 0 || bytes[1] === 0;
}
