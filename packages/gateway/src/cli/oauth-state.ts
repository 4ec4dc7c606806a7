import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { type OauthSecrets, oauthSecrets } from '../oauth-server/secrets.ts';
import { openOauthDatabase } from '../stores/oauth-database.ts';
import { UsageFault } from './command.ts';
import { valueAt } from './faults.ts';
import { StartFault } from './start-fault.ts';
import { existingFolder, locateState, readLoosely } from './state-location.ts';

/** How commands say where clients and users are. Users may be there without an OAuth server, for basic authenticators. */
export interface StateOptions {
  readonly config?: string | undefined;
  readonly state?: string | undefined;
}

export interface OauthState {
  readonly folder: string;
  readonly database: DatabaseSync;
  readonly secrets: OauthSecrets;
}

/**
 * Opens the database of a configuration for one command. A gateway that runs sees each change at once.
 * @param how `make` where the command may begin the database
 * @throws StartFault about the machine, UsageFault about the command; what the stores say of a property is about the command
 */
export async function withOauthState<T>(
  { config, state }: StateOptions,
  { make = false }: { make?: boolean },
  use: (state: OauthState) => T | Promise<T>,
): Promise<T> {
  if (config !== undefined && state !== undefined)
    throw new UsageFault('--state stands in the place of --config; give one of them');
  const { folder } =
    state === undefined
      ? locateState(config ?? 'portcullis.yaml', process.env)
      : make
        ? { folder: resolve(state) }
        : existingFolder(state);
  if (!make && !existsSync(join(folder, 'oauth.db')))
    throw new StartFault(`there are neither clients nor users in ${folder} yet`);
  let database: DatabaseSync | undefined;
  try {
    database = openOauthDatabase(folder);
    return await use({ folder, database, secrets: oauthSecrets(folder, database) });
  } catch (error) {
    if (error instanceof UsageFault || error instanceof StartFault || error instanceof TypeError) throw error;
    if (error instanceof RangeError) throw new UsageFault(error.message);
    throw new StartFault((error as Error).message);
  } finally {
    database?.close();
  }
}

/** Whether users can sign in at all; taken for granted where no configuration is asked. */
export function hasOauthServer({ config, state }: StateOptions): boolean {
  if (state !== undefined) return true;
  return valueAt(readLoosely(config ?? 'portcullis.yaml'), ['oauthServer']) !== undefined;
}

/** Those of the scopes that no resource of the configuration has: mistyped, most likely. Empty where it is not asked. */
export function scopesNotThere({ config, state }: StateOptions, scopes: readonly string[]): string[] {
  if (state !== undefined) return [];
  const resources = valueAt(readLoosely(config ?? 'portcullis.yaml'), ['oauthServer', 'resources']);
  const known = Object.values(objectOr(resources)).flatMap((each) =>
    Object.keys(objectOr(valueAt(each, ['scopes']))),
  );
  return scopes.filter((scope) => !known.includes(scope));
}

function objectOr(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
