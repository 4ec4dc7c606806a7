import type { Ajv2020 } from 'ajv/dist/2020.js';
import { isOfType, signatureBytes, signaturesOf } from '../http/content-signature.ts';
import { scanJson } from '../http/json-scanner.ts';
import { isJson } from '../http/media-type.ts';

/**
 * `contentEncoding` and `contentMediaType` of strings (JSON Schema 2020-12 validation section 8). They are annotations there,
 * which an implementation may check if it is asked to; a definition is asked for what it allows. JSON in a string is read as
 * strictly as that around it; of other types the first bytes are looked at, where they are encoded.
 */
export function addContentKeywords(ajv: Ajv2020): void {
  ajv.removeKeyword('contentEncoding');
  ajv.addKeyword({
    keyword: 'contentEncoding',
    type: 'string',
    schemaType: 'string',
    error: { message: ({ schema }) => `must be encoded in ${String(schema).slice(0, 32)}` },
    compile: (name: string) => encodingOf(name)?.isIn ?? (() => true),
  });
  ajv.removeKeyword('contentMediaType');
  ajv.addKeyword({
    keyword: 'contentMediaType',
    type: 'string',
    schemaType: 'string',
    error: { message: ({ schema }) => `must be of the type ${String(schema).slice(0, 64)}` },
    compile(name: string, schema) {
      const { contentEncoding } = schema as { contentEncoding?: unknown };
      return isOfMediaType(name, typeof contentEncoding === 'string' ? contentEncoding : undefined);
    },
  });
}

interface Encoding {
  isIn(text: string): boolean;
  /** Undefined for one that is not undone. */
  readonly node: BufferEncoding | undefined;
}

/** RFC 4648, and RFC 2045 section 6; line breaks in base64 are the latter's. */
const encodings: Readonly<Record<string, Encoding>> = {
  base64: { isIn: isBase64, node: 'base64' },
  base64url: {
    isIn: (text) => /^[A-Za-z0-9_-]*={0,2}$/.test(text) && text.replace(/=+$/, '').length % 4 !== 1,
    node: 'base64url',
  },
  base32: { isIn: (text) => text.length % 8 === 0 && /^[A-Z2-7]*={0,6}$/.test(text), node: undefined },
  base16: { isIn: (text) => text.length % 2 === 0 && /^[0-9A-Fa-f]*$/.test(text), node: 'hex' },
  'quoted-printable': {
    isIn: (text) => /^(?:[\t\r\n -<>-~]|=[0-9A-Fa-f]{2}|=\r?\n)*$/.test(text),
    node: undefined,
  },
  '7bit': { isIn: (text) => /^[\x01-\x7f]*$/.test(text), node: undefined },
};

/** Those besides of which nothing can be wrong are of RFC 2045 section 6.2. */
export const knownEncodings: ReadonlySet<string> = new Set([...Object.keys(encodings), '8bit', 'binary']);

/** Whether something of content of this type, in this encoding, is looked at. */
export function isMediaTypeRead(written: string, contentEncoding: string): boolean {
  const type = typeOf(written);
  return (
    encodingOf(contentEncoding)?.node !== undefined && (isJson(type) || signaturesOf(type) !== undefined)
  );
}

function typeOf(written: string): string {
  return written.split(';', 1)[0]!.trim().toLowerCase();
}

function encodingOf(name: string): Encoding | undefined {
  const key = name.toLowerCase();
  return Object.hasOwn(encodings, key) ? encodings[key] : undefined;
}

/** Line ends are gone over here, not taken out first: for as many as there are digits that took 28 ms for a megabyte. */
function isBase64(text: string): boolean {
  if (!text.includes('\n')) return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  let digits = 0;
  let padded = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x0a) continue;
    if (code === 0x0d) {
      if (text.charCodeAt(at + 1) !== 0x0a) return false;
    } else if (code === 0x3d) padded++;
    else if (padded > 0 || code > 0x7f || base64Digits[code] === 0) return false;
    else digits++;
  }
  return padded <= 2 && (digits + padded) % 4 === 0;
}

const base64Digits = new Uint8Array(0x80);
for (const digit of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
  base64Digits[digit.charCodeAt(0)] = 1;

function isOfMediaType(written: string, contentEncoding: string | undefined): (text: string) => boolean {
  const type = typeOf(written);
  const encoding = contentEncoding === undefined ? undefined : encodingOf(contentEncoding);
  if (isJson(type)) {
    if (contentEncoding === undefined) return (text) => scanJson(Buffer.from(text)) === undefined;
    const node = encoding?.node;
    return node === undefined ? () => true : (text) => scanJson(Buffer.from(text, node)) === undefined;
  }
  const node = encoding?.node;
  if (node === undefined || signaturesOf(type) === undefined) return () => true;
  return (text) =>
    isOfType(Buffer.from(text.slice(0, 4 * signatureBytes), node).subarray(0, signatureBytes), type);
}
