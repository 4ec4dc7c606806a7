import { createPrivateKey, type KeyObject } from 'node:crypto';
import { type Mark, markOf } from '../../config/source-files.ts';
import type { Environment } from '../../environment.ts';
import { publicKeySet, readKeys, signingFirst } from '../../signing-keys/key-file.ts';
import type { SigningKey } from '../../signing-keys/key-plan.ts';
import { identityKeysFile } from './key-rules.ts';

/** How often a thread looks whether the file has changed: far more often than a key is published ahead. Milliseconds. */
const lookEvery = 5_000;

export interface Signer {
  readonly kid: string;
  readonly key: KeyObject;
}

type Parts = Pick<Environment, 'stateFolder' | 'now' | 'warn'>;

/**
 * The keys by which this thread signs, and those that it publishes: what stands in the file of the main thread, which makes
 * and turns them. Each thread reads it by itself, so that a key reaches it whether or not a reload would succeed, and
 * switches to the next one by the clock; that one was published an hour before.
 */
export class IdentityKeys {
  readonly #file: string;
  readonly #parts: Parts;
  /** By `kid`. */
  #private: ReadonlyMap<string, KeyObject> = new Map();
  #keys: readonly SigningKey[] = [];
  #keySet = publicKeySet([]);
  #mark: Mark = undefined;
  #generation = 0;
  #failing = false;

  /** @throws Error when the file holds something else. One that is not there yet is no fault. */
  constructor(parts: Parts) {
    this.#parts = parts;
    this.#file = identityKeysFile(parts.stateFolder);
    this.#read();
  }

  /** Reads the file again where it has changed. Never throws: the last keys stay in force. */
  look(): void {
    if (markOf(this.#file) === this.#mark) return;
    try {
      this.#read();
      this.#failing = false;
    } catch (error) {
      if (!this.#failing)
        this.#parts.warn(`upstream-identity: ${(error as Error).message}; the last keys stay in force`);
      this.#failing = true;
    }
  }

  /** JSON (RFC 7517 section 5): all that sign, will sign or have signed what still counts. */
  get keySet(): string {
    return this.#keySet;
  }

  /** Another one when other keys are there than before: what was signed until then may be worth nothing. */
  get generation(): number {
    return this.#generation;
  }

  /** Undefined while there are no keys. */
  signer(): Signer | undefined {
    if (this.#keys.length === 0) return undefined;
    const [{ kid }] = signingFirst(this.#keys, this.#parts.now()) as [SigningKey];
    return { kid, key: this.#private.get(kid)! };
  }

  #read(): void {
    const mark = markOf(this.#file);
    const keys = readKeys(this.#file)?.filter(({ algorithm }) => algorithm === 'ES256');
    // Somebody took them away to have new ones; until those are there the last ones do.
    if (keys === undefined || keys.length === 0) return;
    this.#private = new Map(
      keys.map(({ kid, jwk }) => [kid, createPrivateKey({ key: jwk, format: 'jwk' })] as const),
    );
    this.#keys = keys;
    this.#keySet = publicKeySet(keys);
    this.#mark = mark;
    this.#generation++;
  }
}

/** The keys for a configuration, which are looked after while it is in force. */
export function identityKeys(environment: Environment): IdentityKeys {
  return environment.share('upstream-identity keys', () => {
    const keys = new IdentityKeys(environment);
    let looking: NodeJS.Timeout | undefined;
    environment.onStart(() => {
      keys.look();
      looking = setInterval(() => keys.look(), lookEvery).unref();
    });
    environment.onClose(() => clearInterval(looking));
    return keys;
  });
}
