import { createSecretKey } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { openOauthDatabase } from '../oauth-database.ts';

interface Owner {
  after(action: () => void): void;
}

/** The cheapest hashes that there are. */
export const cheap = { logN: 1, r: 1, p: 1 };

export const key = createSecretKey(Buffer.alloc(32, 7));

/** A database of the OAuth server in a folder of its own, which goes with its owner. */
export function temporaryDatabase(owner: Owner): DatabaseSync {
  const folder = mkdtempSync(join(tmpdir(), 'oauth-'));
  const database = openOauthDatabase(folder);
  owner.after(() => {
    database.close();
    rmSync(folder, { recursive: true });
  });
  return database;
}
