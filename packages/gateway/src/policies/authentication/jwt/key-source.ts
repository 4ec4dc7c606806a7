import { readFile } from 'node:fs/promises';
import type { MaybePromise } from '../../../policy.ts';
import { fetchText, withoutQuery } from './key-location.ts';
import { readKeySet, type VerificationKey } from './key-set.ts';

export type Keys = readonly VerificationKey[];

export interface KeySourceOptions {
  /** An https URL (http to loopback only), or the absolute path of a file. */
  readonly location: string;
  /** Milliseconds after which the keys are read again. */
  readonly refresh: number;
  readonly now: () => number;
  readonly warn: (message: string) => void;
  /** Called when other keys are in force than before. */
  readonly onChange: () => void;
}

/** An unknown `kid` makes us look at most this often, whatever a client sends. Milliseconds. */
const lookAgainAfter = 10_000;
/** The same while there are no keys at all. */
const tryAgainAfter = 1_000;
/** Reading that failed is tried again so soon, where the keys are not read more often anyway. */
const afterFailure = 30_000;
/** Keys that nobody could confirm for so long count no more: else who cuts us off from the issuer keeps a stolen one alive. */
const longestUnconfirmed = 86_400_000;

/**
 * The keys of an issuer, read when first needed, then again every `refresh`. Reading is single-flight. While the
 * issuer cannot be reached the last keys stay in force, for a day.
 */
export class KeySource {
  readonly #options: KeySourceOptions;
  #keys: Keys | undefined;
  #text: string | undefined;
  #reading: Promise<void> | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;
  #confirmedAt = Number.NEGATIVE_INFINITY;
  /** Nobody looked for so long that the keys must be read before they count. */
  #stale = false;
  #closed = false;
  #failing = false;

  constructor(options: KeySourceOptions) {
    this.#options = options;
  }

  /**
   * The keys in force, undefined when there are none to be had. Where they are old they are read in the background;
   * where they are older than two refreshes, because no request came, the request waits, as one of them may have been
   * withdrawn meanwhile.
   */
  current(): MaybePromise<Keys | undefined> {
    const { refresh } = this.#options;
    const age = this.#age();
    if (age >= (this.#failing ? Math.min(refresh, afterFailure) : refresh)) {
      this.#stale = age >= 2 * Math.max(refresh, afterFailure);
      void this.#read();
    }
    if (this.#stale && this.#reading !== undefined) return this.#reading.then(() => this.#inForce());
    return this.#inForce();
  }

  /** Waits for a reading, where an unknown `kid` or the lack of keys asks for one; never more often than the bounds. */
  async lookAgain(): Promise<Keys | undefined> {
    const wait = this.#keys === undefined ? tryAgainAfter : lookAgainAfter;
    if (this.#reading !== undefined || this.#age() >= wait) await this.#read();
    return this.#inForce();
  }

  close(): void {
    this.#closed = true;
  }

  /** Milliseconds since the last reading; infinite when the clock was set back, which else would put off the next one. */
  #age(): number {
    const age = this.#options.now() - this.#triedAt;
    return age < 0 ? Number.POSITIVE_INFINITY : age;
  }

  #inForce(): Keys | undefined {
    const { now, refresh } = this.#options;
    const unconfirmed = now() - this.#confirmedAt;
    return unconfirmed > Math.max(longestUnconfirmed, 2 * refresh) ? undefined : this.#keys;
  }

  #read(): Promise<void> {
    this.#reading ??= this.#readOnce().finally(() => {
      // Once more, so that a reading that took long is not followed at once by another.
      this.#triedAt = this.#options.now();
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readOnce(): Promise<void> {
    const { location, now } = this.#options;
    this.#triedAt = now();
    try {
      const text = isUrl(location) ? await fetchText(location) : await readFile(location, 'utf8');
      if (this.#closed) return;
      this.#take(text);
      this.#confirmedAt = now();
      this.#recovered();
    } catch (error) {
      this.#failed(error as Error);
    }
  }

  /** @throws Error when the text is no key set */
  #take(text: string): void {
    if (text === this.#text) return;
    this.#keys = readKeySet(text);
    this.#text = text;
    this.#options.onChange();
    if (this.#keys.length > 0) return;
    this.#warn('have no public key for signatures: all of its tokens are refused');
  }

  #recovered(): void {
    if (this.#failing) this.#warn('can be read again');
    this.#failing = false;
  }

  #failed({ message }: Error): void {
    if (!this.#failing && !this.#closed) {
      const kept =
        this.#keys === undefined
          ? 'its tokens are answered with 503 until they can'
          : 'the last ones stay in force for a day';
      this.#warn(`cannot be read (${message}); ${kept}`);
    }
    this.#failing = true;
  }

  #warn(message: string): void {
    this.#options.warn(`the keys of ${withoutQuery(this.#options.location)} ${message}`);
  }
}

/** Whether a location is a URL, and no file. */
export function isUrl(location: string): boolean {
  return /^https?:\/\//i.test(location);
}
