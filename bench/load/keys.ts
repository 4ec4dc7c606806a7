import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the benchmark keeps what it makes: its signing key, its key set and the access log. */
export const state = join(tmpdir(), 'portcullis-bench');
export const keySetFile = join(state, 'jwks.json');

/** The key that signs the tokens of the `full` profile, made once. */
function signingKey(): KeyObject {
  const file = join(state, 'key.pem');
  mkdirSync(state, { recursive: true, mode: 0o700 });
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(file, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  }
  return createPrivateKey(readFileSync(file));
}

export function writeKeySet(): void {
  const { kty, crv, x, y } = signingKey().export({ format: 'jwk' });
  writeFileSync(
    keySetFile,
    JSON.stringify({ keys: [{ kty, crv, x, y, kid: 'bench', alg: 'ES256', use: 'sig' }] }),
  );
}

/** A token that the `full` profile accepts, good for a day. */
export function token(): string {
  const now = Math.floor(Date.now() / 1000);
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = { alg: 'ES256', typ: 'at+jwt', kid: 'bench' };
  const claims = {
    iss: 'https://bench.example',
    aud: 'bench',
    sub: 'customer-1',
    client_id: 'load',
    iat: now,
    exp: now + 86_400,
    scope: 'items:read orders:write',
    roles: ['customer'],
  };
  const signed = `${encode(header)}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), { key: signingKey(), dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}
