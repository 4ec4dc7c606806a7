import { join } from 'node:path';
import { maintainKeys, writePublicKeys } from '../signing-keys/key-file.ts';
import type { KeyRules, SigningKey } from '../signing-keys/key-plan.ts';

/** The public keys, as a file that the gateway's own authenticators can name. */
export function publicKeysFile(stateFolder: string): string {
  return join(stateFolder, 'oauth-jwks.json');
}

export function privateKeysFile(stateFolder: string): string {
  return join(stateFolder, 'oauth-keys.json');
}

/**
 * Brings both files to where the rules want them now.
 * @returns all keys, the one that signs first
 * @throws Error when there is something else in them, or they cannot be written
 */
export function maintainOauthKeys(stateFolder: string, now: number, rules: KeyRules): readonly SigningKey[] {
  const keys = maintainKeys(privateKeysFile(stateFolder), now, rules);
  writePublicKeys(publicKeysFile(stateFolder), keys);
  return keys;
}
