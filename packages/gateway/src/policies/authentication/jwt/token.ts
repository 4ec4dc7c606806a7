import { rejected, type Rejected } from '../authenticator.ts';

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

/** Longer tokens are refused before anything of them is decoded. */
const longest = 16_384;

/**
 * Takes a JWS compact token apart (RFC 7515 section 7.1). Nothing in it is believed yet.
 * @returns the reason for the record when it is none: shape, encoding, JSON, or an unknown `crit`
 */
export function parseToken(token: string): ParsedToken | Rejected {
  if (token.length > longest) return rejected('too-long');
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  if (first <= 0 || second <= first + 1 || token.indexOf('.', second + 1) !== -1) return rejected('not-a-jws');
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

/** Strict base64url without padding (RFC 7515 section 2): one text for one value, else undefined. */
function decodeBase64url(text: string): Buffer | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}

function decodeObject(text: string): Record<string, unknown> | undefined {
  const bytes = decodeBase64url(text);
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return value as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
