import { type Rejected, rejected } from '../authenticator.ts';
import { type ObjectFault, parseObject } from './json-object.ts';

export interface TokenHeader {
  readonly alg: string;
  readonly kid: string | undefined;
  readonly typ: string | undefined;
}

export interface ParsedToken {
  readonly header: TokenHeader;
  /** The whole header, with what nobody here looks at. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** What the signature is over: the first two parts with their dot. */
  readonly signed: string;
  readonly signature: Buffer;
}

/** Longer tokens are refused before anything of them is hashed or decoded. Characters. */
export const longestToken = 16_384;

/** A signed text, whatever it says. */
export interface ParsedJws extends Omit<ParsedToken, 'claims'> {
  /** Base64url, as it came. */
  readonly payload: string;
}

/**
 * Takes a token apart. Nothing in it is believed yet.
 * @returns the reason for the record when it is none: shape, encoding, JSON, a member twice, or an unknown `crit`
 */
export function parseToken(token: string): ParsedToken | Rejected {
  const jws = parseJws(token);
  if ('reason' in jws) return jws;
  const { header, parameters, payload, signed, signature } = jws;
  const claims = decodeObject(payload);
  if (typeof claims === 'string') return rejected(`claims-${claims}`);
  return { header, parameters, claims, signed, signature };
}

/**
 * Takes a JWS in its compact form apart (RFC 7515 section 7.1). Keys that it brings along (`jwk`, `jku`, `x5c`, `x5u`)
 * are not even looked at.
 */
export function parseJws(token: string): ParsedJws | Rejected {
  if (token.length > longestToken) return rejected('too-long');
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  if (first <= 0 || second <= first + 1 || token.indexOf('.', second + 1) !== -1)
    return rejected('not-a-jws');
  const parameters = decodeObject(token.slice(0, first));
  if (typeof parameters === 'string') return rejected(`header-${parameters}`);
  const signature = decodeBase64url(token.slice(second + 1));
  if (signature === undefined) return rejected('signature-base64');
  // An extension that we do not know must not be ignored (RFC 7515 section 4.1.11); we know none. That covers b64.
  if (Object.hasOwn(parameters, 'crit')) return rejected('crit-unknown');
  if (Object.hasOwn(parameters, 'b64')) return rejected('b64-unknown');
  const { alg, kid, typ } = parameters;
  if (typeof alg !== 'string') return rejected('alg-missing');
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > 256)) return rejected('kid-malformed');
  if (typ !== undefined && typeof typ !== 'string') return rejected('typ-malformed');
  return {
    header: { alg, kid, typ },
    parameters,
    payload: token.slice(first + 1, second),
    signed: token.slice(0, second),
    signature,
  };
}

const base64url = /^[A-Za-z0-9_-]+$/;

/** Strict base64url without padding (RFC 7515 section 2): one text for one value, else undefined. */
function decodeBase64url(text: string): Buffer | undefined {
  if (!base64url.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The object in one part of a token, or why there is none that two readers read alike. */
export function decodeObject(text: string): Record<string, unknown> | ObjectFault | 'base64' | 'utf-8' {
  const bytes = decodeBase64url(text);
  if (bytes === undefined) return 'base64';
  let decoded: string;
  try {
    decoded = utf8.decode(bytes);
  } catch {
    return 'utf-8';
  }
  return parseObject(decoded);
}

/**
 * What a token is by its shape alone: base64url of a JSON object, which begins with `e`, in three parts or in five.
 * Whoever made it chose that, so it only decides who is asked.
 */
export function shapeOf(token: string): 'jws' | 'jwe' | 'opaque' {
  if (!token.startsWith('e')) return 'opaque';
  let dots = 0;
  for (let at = token.indexOf('.'); at !== -1; at = token.indexOf('.', at + 1)) dots++;
  return dots === 2 ? 'jws' : dots === 4 ? 'jwe' : 'opaque';
}

/**
 * The `iss` that a token claims, for choosing who judges it and for nothing else.
 * @returns undefined when it names none, or is none
 */
export function claimedIssuer(token: string): string | undefined {
  const first = token.indexOf('.');
  const claims = decodeObject(token.slice(first + 1, token.indexOf('.', first + 1)));
  return typeof claims !== 'string' && typeof claims['iss'] === 'string' ? claims['iss'] : undefined;
}

/** A media type as `typ` may spell it (RFC 7515 section 4.1.9): in any case, with or without `application/`. */
export function plainType(type: string): string {
  const lower = type.toLowerCase();
  return lower.startsWith('application/') && lower.indexOf('/', 12) < 0 ? lower.slice(12) : lower;
}
