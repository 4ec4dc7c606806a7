import { createHash, generateKeyPairSync, randomBytes, type webcrypto } from 'node:crypto';
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createOnce } from '../stores/secret-file.ts';
import { type KeyRules, planKeys, type SigningAlgorithm, type SigningKey, signingKeyAt } from './key-plan.ts';

/** A lock that is older was left behind by a process that died. Milliseconds. */
const staleLock = 30_000;

/**
 * Brings the keys of a file to where the rules want them now: makes the first one, the next one ahead of its turn, and
 * drops those whose tokens have ended. Safe when several processes do it at once.
 * @param file of the private keys, which their owner alone can read
 * @returns all keys, the one that signs first
 * @throws Error when the file is no key file, or cannot be written
 */
export function maintainKeys(file: string, now: number, rules: KeyRules): readonly SigningKey[] {
  if (readKeys(file) === undefined) createOnce(file, encode([makeKey(rules.algorithm, now)]));
  const keys = existing(file);
  if (planKeys(keys, now, rules, (from) => ({ ...keys[0]!, signsFrom: from })) !== keys) {
    whileLocked(`${file}.lock`, () => {
      const fresh = existing(file);
      const next = planKeys(fresh, now, rules, (from) => makeKey(rules.algorithm, from));
      if (next !== fresh) replace(file, encode(next));
    });
  }
  return signingFirst(existing(file), now);
}

/** @param keys at least one */
export function signingFirst(keys: readonly SigningKey[], now: number): readonly SigningKey[] {
  const signing = signingKeyAt(keys, now) ?? keys[0]!;
  return [signing, ...keys.filter((key) => key !== signing)];
}

/** @throws Error when there are no keys or the file holds something else */
function existing(file: string): readonly SigningKey[] {
  const keys = readKeys(file);
  if (keys === undefined || keys.length === 0) throw new Error(`${JSON.stringify(file)} holds no keys`);
  return keys;
}

/**
 * The keys of a file, in the order in which they stand there; undefined when it is not there.
 * @throws Error when it holds something else; the message tells nothing of what
 */
export function readKeys(file: string): readonly SigningKey[] | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { keys } = JSON.parse(text) as { keys: SigningKey[] };
    if (keys.every(isSigningKey)) return keys;
  } catch {
    // Said below, without what stands in it.
  }
  throw new Error(`${JSON.stringify(file)} is no file of signing keys; restore it from a backup`);
}

function isSigningKey({ kid, algorithm, jwk, signsFrom }: SigningKey): boolean {
  return (
    typeof kid === 'string' &&
    typeof algorithm === 'string' &&
    typeof jwk === 'object' &&
    Number.isSafeInteger(signsFrom)
  );
}

function makeKey(algorithm: SigningAlgorithm, signsFrom: number): SigningKey {
  const jwk = generate(algorithm);
  return { kid: thumbprint(jwk), algorithm, jwk, signsFrom };
}

function generate(algorithm: SigningAlgorithm): webcrypto.JsonWebKey {
  switch (algorithm) {
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
    case 'EdDSA':
      return generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
    case 'RS256':
      return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
  }
}

/** RFC 7638 section 3.2: the required members only, in this order, without white space. */
function thumbprint({ crv, e, kty, n, x, y }: webcrypto.JsonWebKey): string {
  const required = kty === 'RSA' ? { e, kty, n } : kty === 'OKP' ? { crv, kty, x } : { crv, kty, x, y };
  return createHash('sha256').update(JSON.stringify(required)).digest('base64url');
}

/** The public half, as the key set shows it (RFC 7517). */
function publicJwk({ kid, algorithm, jwk }: SigningKey): webcrypto.JsonWebKey {
  const { crv, e, kty, n, x, y } = jwk;
  const all = { kty, kid, use: 'sig', alg: algorithm, crv, x, y, n, e };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** The key set that whoever verifies gets to see (RFC 7517 section 5). */
export function publicKeySet(keys: readonly SigningKey[]): string {
  return `${JSON.stringify({ keys: keys.map(publicJwk) }, null, 2)}\n`;
}

/** Keeps the public keys beside the private ones, for those who read a file. */
export function writePublicKeys(file: string, keys: readonly SigningKey[]): void {
  const text = publicKeySet(keys);
  // Only a change touches the file: the gateway watches it.
  if (readText(file) !== text) replace(file, Buffer.from(text));
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function encode(keys: readonly SigningKey[]): Buffer {
  return Buffer.from(`${JSON.stringify({ keys }, null, 2)}\n`);
}

function replace(file: string, content: Uint8Array): void {
  const draft = `${file}.${randomBytes(8).toString('hex')}`;
  writeFileSync(draft, content, { mode: 0o600, flag: 'wx', flush: true });
  renameSync(draft, file);
}

/** Leaves the work to whoever holds the lock already. */
function whileLocked(lock: string, action: () => void): void {
  const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
  if (since !== undefined && since < Date.now() - staleLock) rmSync(lock, { force: true });
  let descriptor: number;
  try {
    descriptor = openSync(lock, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error;
  }
  try {
    action();
  } finally {
    closeSync(descriptor);
    rmSync(lock, { force: true });
  }
}
