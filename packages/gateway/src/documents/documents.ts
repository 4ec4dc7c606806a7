import type { Fetched } from './fetch-json.ts';

/** A document as it was when it was asked for. Plain data: it goes from thread to thread. */
export interface IssuerDocument extends Fetched {
  /** Milliseconds since the epoch at which it was asked for: what it says was true then. */
  readonly at: number;
}

/** What comes of wanting to read a document. */
export interface Reading {
  /** The newest that there is, whenever and for whomever it was fetched. */
  readonly document: IssuerDocument | undefined;
  /** Why the last attempt failed; undefined when it did not. */
  readonly failure: string | undefined;
  /** Milliseconds since the epoch from which on it may be fetched again. */
  readonly next: number;
}

/** The documents of issuers, key sets above all, for every policy of every data thread. */
export interface Documents {
  /**
   * Never rejects.
   * @param youngerThan milliseconds: a document that was fetched within them costs no request. What clients set off asks
   *   with 0, and is bounded by `fetchPause`; whoever reads regularly may do so more often.
   */
  read(location: string, youngerThan: number): Promise<Reading>;
}

/**
 * One document is fetched at most this often, whoever wants it: every unknown `kid` is a reason to look, and clients
 * choose those. Milliseconds.
 */
export const fetchPause = 10_000;
/** The same while there is no such document at all. */
export const firstFetchPause = 1_000;

/** Locations come from configurations and from documents of issuers; old ones are let go. */
const mostLocations = 256;

interface Entry {
  document: IssuerDocument | undefined;
  failure: string | undefined;
  triedAt: number;
  fetching: Promise<void> | undefined;
}

/**
 * Fetches documents: each one once at a time, and no more often than `fetchPause` allows. The main thread has the one
 * for all data threads, so that these bounds are those of the gateway as a whole, and so that what was fetched last
 * outlives a reload and the thread that wanted it.
 */
export class DocumentReader implements Documents {
  readonly #fetch: (location: string) => Promise<Fetched>;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();

  constructor(fetch: (location: string) => Promise<Fetched>, now: () => number = Date.now) {
    this.#fetch = fetch;
    this.#now = now;
  }

  async read(location: string, youngerThan: number): Promise<Reading> {
    const entry = this.#entryOf(location);
    if (entry.fetching !== undefined || this.#mayFetch(entry, youngerThan)) {
      entry.fetching ??= this.#fetchInto(entry, location).finally(() => {
        // Once more, so that a fetch that took long is not followed at once by another.
        entry.triedAt = this.#now();
        entry.fetching = undefined;
      });
      await entry.fetching;
    }
    const { document, failure } = entry;
    return { document, failure, next: entry.triedAt + pauseOf(entry) };
  }

  #mayFetch(entry: Entry, youngerThan: number): boolean {
    const now = this.#now();
    // A clock that was set back puts nothing off.
    if (now < entry.triedAt) return true;
    const { document } = entry;
    const isYoung = document !== undefined && entry.failure === undefined && now - document.at < youngerThan;
    const pause = youngerThan > 0 ? Math.min(youngerThan, pauseOf(entry)) : pauseOf(entry);
    return !isYoung && now - entry.triedAt >= pause;
  }

  async #fetchInto(entry: Entry, location: string): Promise<void> {
    const at = this.#now();
    entry.triedAt = at;
    try {
      const { text, maxAge } = await this.#fetch(location);
      entry.document = { text, maxAge, at };
      entry.failure = undefined;
    } catch (error) {
      entry.failure = (error as Error).message;
    }
  }

  #entryOf(location: string): Entry {
    const found = this.#entries.get(location);
    // Taken out and put back: the first of the map is the one that nobody asked for the longest.
    this.#entries.delete(location);
    const entry = found ?? {
      document: undefined,
      failure: undefined,
      triedAt: Number.NEGATIVE_INFINITY,
      fetching: undefined,
    };
    if (this.#entries.size >= mostLocations) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    this.#entries.set(location, entry);
    return entry;
  }
}

function pauseOf({ document }: Entry): number {
  return document === undefined ? firstFetchPause : fetchPause;
}
