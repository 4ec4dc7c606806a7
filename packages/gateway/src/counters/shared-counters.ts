import { HEADER, openCounterMemory, SLOTS_PER_BUCKET } from './counter-memory.ts';
import type { Decision, Rate } from './gcra.ts';
import { describe, gcra, prepareRate, REFUSED, refund, TICKS_PER_MICROSECOND } from './gcra.ts';
import { SipHash } from './sip-hash.ts';
import { SlotTable } from './slot-table.ts';

/** A limit as configured. `id` keeps its counters apart; a reload that keeps the id keeps the counters. */
export interface LimitOptions {
  readonly id: string;
  readonly quota: number;
  readonly windowSeconds: number;
}

export interface PreparedLimit extends Rate {
  readonly id: string;
  readonly windowSeconds: number;
  /** The digest of the id, the prefix of what is hashed for each key. */
  readonly prefix0: number;
  readonly prefix1: number;
}

export interface CounterTallies {
  /** Counters that fit. */
  readonly slots: number;
  /** Live counters that were given up for others; above 0, the memory is too small for the traffic. */
  readonly evictions: number;
  /** Locks taken over from a thread that had died, or did not run for 0.1 ms. */
  readonly steals: number;
  /** Requests refused because MAX_ATTEMPTS races in a row were lost. Expected to be 0 for ever. */
  readonly exhausted: number;
}

/** Microseconds, above 0, never falling, the same in all threads of the process. Fractions count. */
export type MonotonicClock = () => number;

/** Bounds a take at about 0.1 ms, or 10 ms if each attempt meets the lock of another dead thread. A lost race
 *  means that another thread won it, so this many in a row do not happen by chance. */
const MAX_ATTEMPTS = 100;

/**
 * Prepares a limit. Ids come from the configuration, not from clients, so that their digest needs no secret.
 * @throws RangeError when quota or window are out of bounds (see `prepareRate`)
 */
export function prepareLimit({ id, quota, windowSeconds }: LimitOptions): PreparedLimit {
  const hash = new SipHash(0, 0);
  hash.digest(0, 0, id);
  return { id, windowSeconds, prefix0: hash.low, prefix1: hash.high, ...prepareRate(quota, windowSeconds) };
}

/** CLOCK_MONOTONIC, which unlike `performance.now()` has one origin for all threads. */
export function monotonicMicroseconds(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + nanoseconds / 1e3;
}

/**
 * Rate counters shared by all threads, exact across them: of requests that arrive together, exactly as many are
 * allowed as the quota says, whichever threads they arrive at. One instance a thread, over one memory.
 */
export class SharedCounters {
  readonly #table: SlotTable;
  readonly #hash: SipHash;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #slots: number;
  readonly #clock: MonotonicClock;
  readonly #ticks: () => number;

  /**
   * @param memory from `createCounterMemory`, in this or another thread
   * @throws TypeError when it is not
   */
  constructor(memory: SharedArrayBuffer, clock: MonotonicClock = monotonicMicroseconds) {
    const views = openCounterMemory(memory);
    this.#table = new SlotTable(views);
    this.#words = views.words;
    this.#slots = views.buckets * SLOTS_PER_BUCKET;
    this.#hash = new SipHash(views.words[HEADER.key0]!, views.words[HEADER.key1]!);
    this.#clock = clock;
    this.#ticks = () => toTicks(clock());
  }

  /** A reading of the clock, for a request that takes from several limits. Microseconds. */
  now(): number {
    return this.#clock();
  }

  /**
   * Takes `cost` requests from the counter of `key` under `limit`, all or nothing. Cost 0 only looks.
   * @param now a reading of `now()`, of this request
   * @throws RangeError when the cost is not a whole number of at least 0
   */
  take(limit: PreparedLimit, key: string, cost: number, now: number = this.#clock()): Decision {
    if (!Number.isSafeInteger(cost) || cost < 0) throw new RangeError(`cost must be whole, got ${cost}`);
    const table = this.#table;
    const hash = this.#hash;
    hash.digest(limit.prefix0, limit.prefix1, key);
    let ticks = toTicks(now);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const slot = table.find(hash.low, hash.high);
      if (slot < 0) {
        const next = gcra(limit, 0, ticks, cost);
        if (next === REFUSED || cost === 0) return describe(limit, 0, ticks, cost, next !== REFUSED);
        const increment = cost * limit.emission;
        const inserted = table.insert(hash.low, hash.high, this.#ticks, increment);
        if (inserted >= 0) return describe(limit, inserted + increment, inserted, cost, true);
        continue;
      }
      const tat = table.tat;
      // Left by another quota, or by a thread that read its clock after this one did: a new reading tells.
      if (tat > ticks + limit.burst) ticks = Math.max(ticks, this.#ticks());
      const next = gcra(limit, tat, ticks, cost);
      if (next === REFUSED) {
        // The bound must be stored, or it would move along with the clock and refuse until the old TAT is reached.
        const bounded = Math.min(tat, ticks + limit.burst);
        if (bounded < tat && !table.update(slot, tat, bounded)) continue;
        return describe(limit, bounded, ticks, cost, false);
      }
      if (cost === 0 || table.update(slot, tat, next)) return describe(limit, next, ticks, cost, true);
    }
    Atomics.add(this.#words, HEADER.exhausted, 1);
    return { allowed: false, remaining: 0, resetSeconds: 1, retryAfterSeconds: 1 };
  }

  /**
   * Gives back an allowed take that a later limit made void. What has been refilled since is kept, so the
   * counter never has more than it would have had without the take.
   * @param takenAt the `now` that was given to the take
   */
  refund(limit: PreparedLimit, key: string, cost: number, takenAt: number): void {
    const table = this.#table;
    const hash = this.#hash;
    hash.digest(limit.prefix0, limit.prefix1, key);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const slot = table.find(hash.low, hash.high);
      // Taken over or evicted since: nothing is held against the key any more.
      if (slot < 0) return;
      const tat = table.tat;
      const next = refund(limit, tat, this.#ticks(), cost, toTicks(takenAt));
      if (next === tat || table.update(slot, tat, next)) return;
    }
    Atomics.add(this.#words, HEADER.exhausted, 1);
  }

  /** For metrics. Of all threads together; the tallies wrap at 2^32. */
  tallies(): CounterTallies {
    return {
      slots: this.#slots,
      evictions: Atomics.load(this.#words, HEADER.evictions) >>> 0,
      steals: Atomics.load(this.#words, HEADER.steals) >>> 0,
      exhausted: Atomics.load(this.#words, HEADER.exhausted) >>> 0,
    };
  }
}

function toTicks(microseconds: number): number {
  return Math.floor(microseconds * TICKS_PER_MICROSECOND);
}
