import { hash } from 'node:crypto';

/**
 * Verdicts on credentials, so that a signature is verified once. Keyed by the hash of the credential: the memory
 * holds nothing that could be used. Bounded by dropping the older half when full.
 */
export class CredentialCache<T> {
  readonly #limit: number;
  #young = new Map<string, T>();
  #old = new Map<string, T>();

  constructor(limit = 20_000) {
    this.#limit = limit;
  }

  get(key: string): T | undefined {
    const found = this.#young.get(key);
    if (found !== undefined) return found;
    const older = this.#old.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: string, value: T): void {
    if (this.#young.size >= this.#limit / 2) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}

/** The key of a credential in a cache. */
export function cacheKey(credential: string): string {
  return hash('sha256', credential, 'base64');
}
