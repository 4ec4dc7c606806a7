import { durationText } from '../../../config/units.ts';
import type { IssuerDocument, Reading } from '../../../documents/documents.ts';
import type { MaybePromise } from '../../../policy.ts';
import { readKeySet, type VerificationKey } from './key-set.ts';
import { RecentNames } from './recent-names.ts';

export type Keys = readonly VerificationKey[];

export interface KeySourceOptions {
  /** What the keys are called in warnings: where they come from. */
  readonly name: string;
  /**
   * Reads the key set, as Documents does: bounded, and one reading at a time.
   * @param youngerThan milliseconds: what was fetched within them is good enough
   */
  readonly read: (youngerThan: number) => Promise<Reading>;
  /** Milliseconds after which the keys are read again at the latest; the issuer may ask for less. */
  readonly refresh: number;
  /** Milliseconds for which the last keys stay in force while nobody can confirm them. */
  readonly outage: number;
  readonly now: () => number;
  readonly warn: (message: string) => void;
  /** Called when other keys are in force than before. */
  readonly onChange: () => void;
}

/** What an issuer may ask for at most: a key set with `max-age=0` must not be fetched for each request. Milliseconds. */
const shortestRefresh = 60_000;
/** Keys are read again when so much of the time has passed for which they may be kept. */
const refreshAhead = 0.8;
/** Whatever is configured, a thread does not ask more often than this by itself. Milliseconds. */
const shortestPause = 100;
/** Keys of a set about which something is said. */
const mostTold = 3;
/** Reading that failed is tried again so soon, where the keys are not read more often anyway. */
const afterFailure = 30_000;
/**
 * A `kid` that was looked for and not found is no reason to look again for so long, so that one client with a bad token
 * does not keep us asking. Short, as somebody may send the name of the next key before the issuer uses it. Milliseconds.
 */
const unknownFor = 60_000;

/**
 * The keys of an issuer, read at the start or when first needed, then again before they are too old. Reading is
 * single-flight. While the issuer cannot be reached the last keys stay in force, for the time of `outage`.
 */
export class KeySource {
  readonly #options: KeySourceOptions;
  readonly #unknown: RecentNames;
  #keys: Keys | undefined;
  #text: string | undefined;
  #reading: Promise<void> | undefined;
  #refresh: number;
  /** Milliseconds since the epoch, as all that follow: when the keys were what they are. */
  #confirmedAt = Number.NEGATIVE_INFINITY;
  #askedAt = Number.NEGATIVE_INFINITY;
  #dueAt = Number.NEGATIVE_INFINITY;
  /** Before it, asking is in vain. */
  #nextAt = Number.NEGATIVE_INFINITY;
  #forceEnds = Number.NEGATIVE_INFINITY;
  /** Nobody looked for so long that the keys must be read before they count. */
  #stale = false;
  #closed = false;
  #failing = false;

  constructor(options: KeySourceOptions) {
    this.#options = options;
    this.#refresh = options.refresh;
    this.#unknown = new RecentNames(unknownFor);
  }

  /**
   * The keys in force, undefined when there are none to be had. Where they are old they are read in the background;
   * where they are older than two refreshes, because no request came, the request waits, as one of them may have been
   * withdrawn meanwhile.
   */
  current(now: number = this.#options.now()): MaybePromise<Keys | undefined> {
    // A clock that was set back must not put off the next reading.
    if (now >= this.#dueAt || now < this.#askedAt) {
      const age = now - this.#confirmedAt;
      this.#stale = age >= 2 * Math.max(this.#refresh, afterFailure) || age < 0;
      void this.#read(this.#refresh / 2);
    }
    if (this.#stale && this.#reading !== undefined) return this.#reading.then(() => this.#inForce());
    return now > this.#forceEnds ? undefined : this.#keys;
  }

  /**
   * Waits for a reading, where an unknown `kid` or the lack of keys asks for one; never more often than the bounds.
   * @param kid the name that was looked for in vain
   */
  async lookAgain(kid?: string): Promise<Keys | undefined> {
    const now = this.#options.now();
    if (kid !== undefined && this.#keys !== undefined && this.#unknown.has(kid, now)) return this.#inForce();
    if (this.#reading !== undefined || now >= this.#nextAt || now < this.#askedAt) {
      await this.#read(0);
      if (kid !== undefined && !this.#failing && this.#keys?.some((key) => key.kid === kid) === false)
        this.#unknown.add(kid, this.#options.now());
    }
    return this.#inForce();
  }

  close(): void {
    this.#closed = true;
  }

  #inForce(): Keys | undefined {
    return this.#options.now() > this.#forceEnds ? undefined : this.#keys;
  }

  #read(youngerThan: number): Promise<void> {
    this.#reading ??= this.#readOnce(youngerThan).finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readOnce(youngerThan: number): Promise<void> {
    const { now, read } = this.#options;
    this.#askedAt = now();
    const { document, failure, next } = await read(youngerThan);
    if (this.#closed) return;
    this.#nextAt = next;
    let fault = failure;
    if (document !== undefined && document.at !== this.#confirmedAt) {
      try {
        this.#take(document);
      } catch (error) {
        fault = (error as Error).message;
      }
    }
    if (fault === undefined) this.#recovered();
    else this.#failed(fault);
    this.#askedAt = now();
    this.#dueAt = this.#nextReading();
  }

  #nextReading(): number {
    if (this.#failing) return this.#askedAt + Math.min(this.#refresh, afterFailure);
    return Math.max(this.#confirmedAt + refreshAhead * this.#refresh, this.#askedAt + shortestPause);
  }

  /** @throws Error when the text is no key set */
  #take({ text, maxAge, at }: IssuerDocument): void {
    const { refresh, outage, onChange } = this.#options;
    if (text !== this.#text) {
      const unusable: string[] = [];
      this.#keys = readKeySet(text, (why) => unusable.push(why.slice(0, 200)));
      if (unusable.length > 0) this.#warn(`leave some out: ${unusable.slice(0, mostTold).join('; ')}`);
      this.#text = text;
      this.#unknown.clear();
      onChange();
      if (this.#keys.length === 0)
        this.#warn('have no public key for signatures: all of its tokens are refused');
    }
    this.#confirmedAt = at;
    this.#refresh = Math.min(refresh, Math.max(maxAge ?? refresh, shortestRefresh));
    this.#forceEnds = at + Math.max(outage, 2 * this.#refresh);
  }

  #recovered(): void {
    if (this.#failing) this.#warn('can be read again');
    this.#failing = false;
  }

  #failed(fault: string): void {
    if (!this.#failing) {
      const kept =
        this.#keys === undefined
          ? 'its tokens are answered with 503 until they can'
          : `the last ones stay in force for ${durationText(this.#options.outage)}`;
      this.#warn(`cannot be read (${fault}); ${kept}`);
    }
    this.#failing = true;
  }

  #warn(message: string): void {
    this.#options.warn(`the keys of ${this.#options.name} ${message}`);
  }
}
