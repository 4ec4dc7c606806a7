import type { webcrypto } from 'node:crypto';

export const signingAlgorithms = ['ES256', 'EdDSA', 'RS256'] as const;
export type SigningAlgorithm = (typeof signingAlgorithms)[number];

/** A private key that signs tokens, and from when on. Times are milliseconds since the epoch. */
export interface SigningKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly jwk: webcrypto.JsonWebKey;
  readonly signsFrom: number;
}

export interface KeyRules {
  readonly algorithm: SigningAlgorithm;
  /** For how long a key signs. */
  readonly rotateEvery: number;
  /** For how long a key is published before it signs, so that whoever keeps our key set knows it by then. */
  readonly publishAhead: number;
  /** For how long a key stays published after it signed its last token: as long as the longest of them counts. */
  readonly keepFor: number;
}

/** How long before its turn a key is published: an hour, where keys do not turn faster than that. */
export function publishAheadOf(rotateEvery: number): number {
  return Math.min(3_600_000, Math.floor(rotateEvery / 4));
}

/**
 * Which keys there should be: drops those whose tokens have all ended, and adds one where a key will be needed soon.
 * @param keys as they are kept, in any order
 * @param make a new key that signs from then on
 * @returns the same list when nothing changes; else the keys by the time from which they sign
 */
export function planKeys(
  keys: readonly SigningKey[],
  now: number,
  rules: KeyRules,
  make: (signsFrom: number) => SigningKey,
): readonly SigningKey[] {
  const sorted = [...keys].sort((a, b) => a.signsFrom - b.signsFrom);
  const kept = sorted.filter((_, index) => {
    const signedUntil = sorted[index + 1]?.signsFrom ?? Number.POSITIVE_INFINITY;
    return signedUntil + rules.keepFor > now;
  });
  const last = kept.at(-1);
  // A clock that was set back must not put off the rotation for as long as it was wrong.
  const isAhead = last !== undefined && last.signsFrom > now + rules.rotateEvery + rules.publishAhead;
  if (last === undefined || last.algorithm !== rules.algorithm || isAhead) kept.push(make(now));
  else {
    const turn = last.signsFrom + rules.rotateEvery;
    if (turn - rules.publishAhead <= now) kept.push(make(Math.max(turn, now + rules.publishAhead)));
  }
  const same = kept.length === keys.length && kept.every((key) => keys.includes(key));
  return same ? keys : kept;
}

/** The key that signs: of those whose time has come, the last. */
export function signingKeyAt(keys: readonly SigningKey[], now: number): SigningKey | undefined {
  let found: SigningKey | undefined;
  for (const key of keys) {
    if (key.signsFrom <= now && (found === undefined || key.signsFrom >= found.signsFrom)) found = key;
  }
  return found;
}
