import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { type OauthSecrets, oauthSecrets } from '../oauth-server/secrets.ts';
import { openOauthDatabase } from '../stores/oauth-database.ts';
import { usualFile } from './command.ts';
import { valueAt } from './faults.ts';
import { StartFault } from './start-fault.ts';
import { readLoosely, type StateOptions, stateOf, storeFault } from './state-location.ts';

export interface OauthState {
  readonly folder: string;
  readonly database: DatabaseSync;
  readonly secrets: OauthSecrets;
}

/**
 * Opens the database of a configuration for one command. A gateway that runs sees each change at once. Users may be there
 * without an OAuth server, for basic authenticators.
 * @param how `make` where the command may begin the database
 * @throws StartFault about the machine, UsageFault about the command
 */
export async function withOauthState<T>(
  options: StateOptions,
  how: { make?: boolean },
  use: (state: OauthState) => T | Promise<T>,
): Promise<T> {
  const { folder } = stateOf(options, how);
  if (how.make !== true && !existsSync(join(folder, 'oauth.db')))
    throw new StartFault(`there are neither clients nor users in ${folder} yet`);
  let database: DatabaseSync | undefined;
  try {
    database = openOauthDatabase(folder);
    return await use({ folder, database, secrets: oauthSecrets(folder, database) });
  } catch (error) {
    throw storeFault(error);
  } finally {
    database?.close();
  }
}

/** Whether users can sign in at all; taken for granted where no configuration is asked. */
export function hasOauthServer({ config, state }: StateOptions): boolean {
  if (state !== undefined) return true;
  return valueAt(readLoosely(config ?? usualFile), ['oauthServer']) !== undefined;
}

/** Those of the scopes that no resource of the configuration has: mistyped, most likely. Empty where it is not asked. */
export function scopesNotThere({ config, state }: StateOptions, scopes: readonly string[]): string[] {
  if (state !== undefined) return [];
  const resources = valueAt(readLoosely(config ?? usualFile), ['oauthServer', 'resources']);
  const known = Object.values(objectOr(resources)).flatMap((each) =>
    Object.keys(objectOr(valueAt(each, ['scopes']))),
  );
  return scopes.filter((scope) => !known.includes(scope));
}

function objectOr(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
