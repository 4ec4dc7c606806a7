import { join } from 'node:path';
import { type KeyRules, publishAheadOf } from '../../signing-keys/key-plan.ts';

/** Bounds of `jwt.lifetime`. Milliseconds. */
export const shortestLifetime = 10_000;
export const longestLifetime = 600_000;

const rotateEvery = 30 * 86_400_000;

/** ES256 alone: every library for JWTs has it, and it signs in tens of microseconds where RSA takes a millisecond. */
export const identityKeyRules: KeyRules = {
  algorithm: 'ES256',
  rotateEvery,
  publishAhead: publishAheadOf(rotateEvery),
  // Clocks of upstreams may be late.
  keepFor: longestLifetime + 60_000,
};

/** How long an upstream may keep the key set, in seconds: a small part of the hour for which a key is published before it signs. */
export const keySetMaxAge = 300;

/** The private keys, of all APIs together. */
export function identityKeysFile(stateFolder: string): string {
  return join(stateFolder, 'identity-keys.json');
}
