import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import type { Env } from '../config/document-node.ts';
import { maskReferences, substitute, unmaskReferences } from '../config/references.ts';
import { UsageFault, usualFile } from './command.ts';
import { valueAt } from './faults.ts';
import { StartFault } from './start-fault.ts';

/** How commands say where the state folder is. */
export interface StateOptions {
  readonly config?: string | undefined;
  readonly state?: string | undefined;
}

/** What the commands that only need the state folder know of a configuration. */
export interface StateLocation {
  /** Absolute. */
  readonly folder: string;
  /** Where the gateway looks for keys, as `header x-api-key`; undefined when no configuration was asked. */
  readonly keyPlaces: readonly string[] | undefined;
}

/**
 * The state folder that a command is about.
 * @param how `make` where the command may begin the folder
 * @throws StartFault, UsageFault
 */
export function stateOf(
  { config, state }: StateOptions,
  { make = false }: { make?: boolean },
): StateLocation {
  if (state === undefined) return locateState(config ?? usualFile, process.env);
  if (config !== undefined) throw new UsageFault('--state stands in the place of --config; give one of them');
  return { folder: make ? resolve(state) : existingFolder(state), keyPlaces: undefined };
}

/**
 * Reads just `state` and the places for keys of a configuration. Keys are often made on a machine, or at a time, where
 * the variables and definitions of the rest are not there; they must not stand in the way.
 * @throws StartFault when the file cannot be read, or what stands there is no folder name
 */
export function locateState(file: string, env: Env): StateLocation {
  const configuration = readLoosely(file);
  const written = valueAt(configuration, ['state']) ?? '.portcullis';
  if (typeof written !== 'string' || written === '')
    throw new StartFault(`${file}: state is not the name of a folder`);
  const { text, problems } = substitute(written, env);
  if (problems[0] !== undefined) throw new StartFault(`${file}: state: ${problems[0].message}`);
  return { folder: resolve(dirname(resolve(file)), text), keyPlaces: keyPlacesOf(configuration) };
}

/** @throws StartFault when there is no such folder */
function existingFolder(path: string): string {
  const folder = resolve(path);
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) throw new StartFault(`there is no folder ${folder}`);
  if (!stats.isDirectory())
    throw new StartFault(`${folder} is a file; --state names the folder that the gateway keeps its keys in`);
  return folder;
}

/** A configuration as far as it is YAML, references unreplaced. @throws StartFault */
export function readLoosely(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const why = missing ? 'there is no such file' : (error as Error).message;
    throw new StartFault(
      `${file} cannot be read: ${why}; name the configuration with --config, or its state folder with --state`,
    );
  }
  try {
    const tree: unknown = parse(maskReferences(text) ?? text, { maxAliasCount: 100, logLevel: 'error' });
    return JSON.parse(unmaskReferences(JSON.stringify(tree ?? null)));
  } catch {
    throw new StartFault(`${file} is not valid YAML; portcullis check ${file} shows where`);
  }
}

function keyPlacesOf(configuration: unknown): string[] {
  const authenticators = valueAt(configuration, ['authenticators']);
  if (typeof authenticators !== 'object' || authenticators === null) return [];
  return Object.values(authenticators).flatMap((each: unknown) => {
    if (typeof each !== 'object' || each === null || !Object.hasOwn(each, 'apiKey')) return [];
    const header = valueAt(each, ['apiKey', 'header']);
    const query = valueAt(each, ['apiKey', 'query']);
    if (typeof query === 'string') return [`query parameter ${query}`];
    return [`header ${typeof header === 'string' ? header : 'x-api-key'}`];
  });
}

/**
 * What a store threw, as a fault of the command: what it says of a property is about the command, what it says of the
 * folder is about the machine.
 */
export function storeFault(error: unknown): Error {
  if (error instanceof UsageFault || error instanceof StartFault || error instanceof TypeError) return error;
  if (error instanceof RangeError) return new UsageFault(error.message);
  return new StartFault((error as Error).message);
}
