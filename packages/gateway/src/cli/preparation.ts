import { statSync } from 'node:fs';
import { Intermediates } from '../certificates/intermediates.ts';
import { compile } from '../compile.ts';
import { ConfigurationError, type Loaded, loadConfiguration } from '../config/load.ts';
import { createCounterMemory } from '../counters/counter-memory.ts';
import { SharedCounters } from '../counters/shared-counters.ts';
import type { Documents } from '../documents/documents.ts';
import type { Environment } from '../environment.ts';
import type { Gateway, ThreadParts } from '../gateway.ts';
import { StallWatch } from '../listener/stall-watch.ts';
import { authentication } from '../policies/authentication/policy.ts';
import { compileRoles } from '../policies/authorization/roles.ts';
import { PlacedFault } from '../policy.ts';
import { stateFolder } from '../stores/state-folder.ts';
import { unknownNames } from './accepted-names.ts';
import { type Misfit, misfitsOf, placeFaults } from './faults.ts';
import { boundRegularExpressions } from './process.ts';

/** A configuration prepared as a data thread prepares it, but with nothing opened to the outside. */
export interface Preparation {
  /** Undefined when there are misfits. */
  readonly gateway: Gateway | undefined;
  readonly misfits: readonly Misfit[];
  /** Where access logs would go: `stdout`, or `file:` and an absolute path. */
  readonly logs: ReadonlySet<string>;
  /** Lets go of all that preparing opened. */
  readonly close: () => void;
}

/**
 * Loads and prepares a configuration for a command that only looks at it.
 * @throws ConfigurationError with all faults
 */
export async function prepareToLook(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ loaded: Loaded; gateway: Gateway; close: () => void }> {
  const loaded = await loadConfiguration(file, env);
  const { gateway, misfits, close } = await prepare(loaded);
  if (gateway === undefined) throw new ConfigurationError(placeFaults(loaded, misfits));
  return { loaded, gateway, close };
}

/** Prepares all that the configuration says; writes nothing, and listens nowhere. */
export async function prepare(loaded: Loaded): Promise<Preparation> {
  // Or it would take patterns that cannot run.
  boundRegularExpressions();
  const misfits: Misfit[] = [];
  const logs = new Set<string>();
  const parts = threadParts(countersOf(loaded, misfits), logs);
  tryOut(misfits, ['state'], () => openStateFolder(loaded.bundle.stateFolder));
  const known = await tryAuthenticators(loaded, parts, misfits);
  misfits.push(...unknownNames(loaded.bundle.configuration));
  let gateway: Gateway | undefined;
  try {
    gateway = await compile(loaded.bundle, loaded.policies, parts);
  } catch (error) {
    // Each API that accepts an authenticator tells of its fault again, as of a name that it does not find.
    misfits.push(
      ...misfitsOf(error).filter(
        ({ message }) => !known.has(message) && !/: there is no authenticator "/.test(message),
      ),
    );
  }
  const close = (): void => gateway?.close();
  if (misfits.length === 0) return { gateway, misfits, logs, close };
  close();
  return { gateway: undefined, misfits, logs, close };
}

/** As large as it would be, since its size may be the fault; memory that is not touched costs nothing. */
function countersOf({ bundle }: Loaded, misfits: Misfit[]): SharedCounters {
  const size = bundle.configuration.counters?.memory ?? smallest;
  const made = tryOut(misfits, ['counters', 'memory'], () => createCounterMemory(size));
  return new SharedCounters(made ?? createCounterMemory(smallest));
}

const smallest = 8192;

function threadParts(counters: SharedCounters, logs: Set<string>): ThreadParts {
  return {
    counters,
    documents: nothingRead,
    intermediates: new Intermediates(),
    secret: Buffer.alloc(32),
    stalls: new StallWatch(),
    load: { inProgress: 0, connections: 0 },
    openLog: (destination) => {
      logs.add(destination);
      return () => {};
    },
    warn: () => {},
    keyUsed: () => {},
    kept: new Map(),
  };
}

/** Whoever only looks at a configuration asks no issuer for anything. */
export const nothingRead: Documents = {
  read: () => Promise.resolve({ document: undefined, failure: 'nothing is read here', next: 0 }),
};

/** A folder that is not there yet is made at the first start. */
function openStateFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false }) !== undefined) stateFolder(folder);
}

/** Each for itself, so that a fault is told at the authenticator, and of one that no API accepts as well. */
async function tryAuthenticators(
  { bundle }: Loaded,
  parts: ThreadParts,
  misfits: Misfit[],
): Promise<ReadonlySet<string>> {
  const told = new Set<string>();
  const closers: (() => void)[] = [];
  const environment: Environment = {
    folder: bundle.folder,
    stateFolder: bundle.stateFolder,
    api: undefined,
    counters: parts.counters,
    documents: parts.documents,
    intermediates: parts.intermediates,
    secret: parts.secret,
    now: Date.now,
    warn: parts.warn,
    openLog: parts.openLog,
    share: (_, make) => make(),
    keep: (_, make) => make(),
    onStart: () => {},
    onClose: (close) => closers.push(close),
    credentialParameters: [],
    keyUsed: parts.keyUsed,
    authenticators: bundle.configuration.authenticators ?? {},
    roles: compileRoles(undefined),
    trustedProxies: [],
  };
  for (const name of Object.keys(environment.authenticators)) {
    try {
      await authentication.prepare({ anyOf: [name] }, environment);
    } catch (error) {
      for (const each of error instanceof AggregateError ? (error.errors as Error[]) : [error as Error]) {
        told.add(each.message);
        const place = each instanceof PlacedFault ? each.place : ['authenticators', name];
        misfits.push({ place, message: each.message });
      }
    }
  }
  for (const close of closers) close();
  return told;
}

function tryOut<T>(misfits: Misfit[], place: readonly string[], action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    misfits.push({ place, message: (error as Error).message });
    return undefined;
  }
}
