import type { Bundle } from '../compile.ts';
import { identityKeyRules, identityKeysFile } from '../policies/upstream-identity/key-rules.ts';
import { signsIdentities } from '../policies/upstream-identity/used.ts';
import { maintainKeys, publicKeySet } from '../signing-keys/key-file.ts';
import { stateFolder as safeFolder } from '../stores/state-folder.ts';
import { StartFault } from './start-fault.ts';

const lookAfterEvery = 30_000;

/**
 * The main thread's side of the keys by which data threads sign identities: makes and turns them, in a file that the threads
 * read (policies/upstream-identity/keys.ts).
 */
export class IdentityKeeper {
  readonly #log: (message: string) => void;
  readonly #timer: NodeJS.Timeout;
  #bundle: Bundle | undefined;
  #keySet: string | undefined;
  #failing = false;

  /** @param log one line for the operator */
  constructor(log: (message: string) => void) {
    this.#log = log;
    this.#timer = setInterval(() => this.#lookAfter(), lookAfterEvery);
    this.#timer.unref();
  }

  /** The public keys, for the admin port; undefined where the configuration in force signs nothing. */
  get keySet(): string | undefined {
    return this.#keySet;
  }

  /**
   * Sees to it that the keys are there before a configuration is prepared which needs them.
   * @throws StartFault
   */
  ready(bundle: Bundle): void {
    try {
      keysOf(bundle);
    } catch (error) {
      throw new StartFault(`upstream-identity: ${(error as Error).message}`);
    }
  }

  /** Looks after the keys of this configuration from now on, which is the one in force. */
  follow(bundle: Bundle): void {
    this.#bundle = bundle;
    this.#lookAfter();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #lookAfter(): void {
    if (this.#bundle === undefined) return;
    try {
      this.#keySet = keysOf(this.#bundle);
      this.#failing = false;
    } catch (error) {
      if (!this.#failing)
        this.#log(`upstream-identity: its keys cannot be looked after: ${(error as Error).message}`);
      this.#failing = true;
    }
  }
}

/** Undefined where none are needed. @throws Error when the file holds something else, or cannot be written */
function keysOf({ configuration, stateFolder }: Bundle): string | undefined {
  if (!signsIdentities(configuration)) return undefined;
  const file = identityKeysFile(safeFolder(stateFolder));
  return publicKeySet(maintainKeys(file, Date.now(), identityKeyRules));
}
