import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Names the shop as an issuer; it is compared as a string and never fetched. */
const issuer = 'https://bookshop.example';
const audience = 'bookshop';
export const lifetimeSeconds = 3600;

const customerScopes = [
  'books:read',
  'orders:read',
  'orders:write',
  'customers:read',
  'customers:write',
  'reviews:write',
];
const adminScopes = [...customerScopes, 'books:write'];

export interface SigningKey {
  readonly privateKey: KeyObject;
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string;
  /** The published key set (RFC 7517 section 5). */
  readonly jwks: { readonly keys: readonly object[] };
}

/** The ES256 key kept in the state folder; made there, readable by its owner only, at the first start. */
export function loadSigningKey(stateFolder: string): SigningKey {
  const file = join(stateFolder, 'signing-key.pem');
  const pem = readIfPresent(file) ?? createKeyFile(stateFolder, file);
  const privateKey = createPrivateKey(pem);
  const { kty, crv, x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
  if (kty !== 'EC' || crv !== 'P-256') throw new Error(`${file} does not hold a P-256 key`);
  // RFC 7638 section 3.2: the required members only, in this order, without white space.
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
  return { privateKey, kid, jwks: { keys: [{ kty, crv, x, y, kid, alg: 'ES256', use: 'sig' }] } };
}

function readIfPresent(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Two shops starting at once must end with one key: each writes its own, the first to link it wins. */
function createKeyFile(folder: string, file: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(file, 'utf8');
}

/** An access token in the profile of RFC 9068, signed ES256 (RFC 7518 section 3.4). `now` in milliseconds. */
export function issueToken(
  key: SigningKey,
  customer: { readonly id: string; readonly role: string },
  now: number,
): { token: string; scope: string } {
  const iat = Math.floor(now / 1000);
  const scope = (customer.role === 'admin' ? adminScopes : customerScopes).join(' ');
  const claims = {
    iss: issuer,
    aud: audience,
    sub: customer.id,
    client_id: 'bookshop-web',
    iat,
    exp: iat + lifetimeSeconds,
    jti: randomUUID(),
    scope,
    roles: [customer.role],
  };
  const input = `${encode({ alg: 'ES256', typ: 'at+jwt', kid: key.kid })}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(input), { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
  return { token: `${input}.${signature.toString('base64url')}`, scope };
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
