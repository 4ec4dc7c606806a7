import { type Rejected, rejected } from '../authenticator.ts';
import { parseObject } from './json-object.ts';

export interface TokenHeader {
  readonly alg: string;
  readonly kid: string | undefined;
  readonly typ: string | undefined;
}

export interface ParsedToken {
  readonly header: TokenHeader;
  readonly claims: Readonly<Record<string, unknown>>;
  /** What the signature is over: the first two parts with their dot. */
  readonly signed: string;
  readonly signature: Buffer;
}

/** Longer tokens are refused before anything of them is hashed or decoded. Characters. */
export const longestToken = 16_384;

/**
 * Takes a JWS compact token apart (RFC 7515 section 7.1). Nothing in it is believed yet.
 * Keys that it brings along (`jwk`, `jku`, `x5c`, `x5u`) are not even looked at.
 * @returns the reason for the record when it is none: shape, encoding, JSON, a member twice, or an unknown `crit`
 */
export function parseToken(token: string): ParsedToken | Rejected {
  if (token.length > longestToken) return rejected('too-long');
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  if (first <= 0 || second <= first + 1 || token.indexOf('.', second + 1) !== -1)
    return rejected('not-a-jws');
  const header = decodeObject(token.slice(0, first));
  const claims = decodeObject(token.slice(first + 1, second));
  const signature = decodeBase64url(token.slice(second + 1));
  if (header === undefined || claims === undefined || signature === undefined) return rejected('malformed');
  // An extension that we do not know must not be ignored (RFC 7515 section 4.1.11); we know none. That covers b64.
  if (Object.hasOwn(header, 'crit')) return rejected('crit-unknown');
  if (Object.hasOwn(header, 'b64')) return rejected('b64-unknown');
  const { alg, kid, typ } = header;
  if (typeof alg !== 'string') return rejected('alg-missing');
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > 256)) return rejected('kid-malformed');
  if (typ !== undefined && typeof typ !== 'string') return rejected('typ-malformed');
  return { header: { alg, kid, typ }, claims, signed: token.slice(0, second), signature };
}

const base64url = /^[A-Za-z0-9_-]+$/;

/** Strict base64url without padding (RFC 7515 section 2): one text for one value, else undefined. */
function decodeBase64url(text: string): Buffer | undefined {
  if (!base64url.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeObject(text: string): Record<string, unknown> | undefined {
  const bytes = decodeBase64url(text);
  if (bytes === undefined) return undefined;
  try {
    return parseObject(utf8.decode(bytes));
  } catch {
    // Not UTF-8.
    return undefined;
  }
}
