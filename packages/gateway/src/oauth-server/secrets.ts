import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { makeSecretFile, readSecretFile } from '../stores/secret-file.ts';

/** Keys of the OAuth server that never leave it, all derived from one file of the state folder. */
export interface OauthSecrets {
  /** Under which ids of codes, tokens and sessions are kept. */
  readonly artifacts: KeyObject;
  /** Under which the secrets of clients are kept. */
  readonly clientSecrets: KeyObject;
  /** Of the tokens that forms carry. */
  readonly forms: KeyObject;
  /** Signs cookies. */
  readonly cookies: string;
}

/**
 * Reads `oauth-secret`, or makes it as long as nothing depends on it.
 * @throws Error when it is missing although there are clients, which a new one would quietly lock out
 */
export function oauthSecrets(stateFolder: string, database: DatabaseSync): OauthSecrets {
  const file = join(stateFolder, 'oauth-secret');
  const known = readSecretFile(file);
  if (known === undefined && database.prepare('SELECT 1 FROM clients LIMIT 1').get() !== undefined) {
    throw new Error(
      `${JSON.stringify(file)} is missing, without which no client's secret can be checked; restore it from a backup`,
    );
  }
  const root = known ?? makeSecretFile(file);
  const derive = (purpose: string): KeyObject =>
    createSecretKey(Buffer.from(hkdfSync('sha256', root, '', `portcullis oauth ${purpose}`, 32)));
  return {
    artifacts: derive('artifacts'),
    clientSecrets: derive('client secrets'),
    forms: derive('forms'),
    cookies: derive('cookies').export().toString('base64url'),
  };
}
