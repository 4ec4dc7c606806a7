import { FIRST_LOCK, HEADER, STRIPES } from './counter-memory.ts';

/**
 * About 0.1 ms of waiting; a holder needs about 1 µs, so only one that was descheduled or has died is
 * waited for that long. Counted in spins and not by a clock, so the bound holds whatever the clock does.
 */
const SPIN_LIMIT = 2000;

/**
 * Locks that may be stolen. The holder of a lock can die at any instruction (`worker.terminate()`), so a
 * waiter takes the lock over after a bounded wait, without knowing whether the holder is dead or slow. Hence a
 * lock alone protects nothing: the holder must act so that a theft makes it fail (see slot-table.ts).
 */
export class StripeLocks {
  readonly #words: Int32Array<SharedArrayBuffer>;

  constructor(words: Int32Array<SharedArrayBuffer>) {
    this.#words = words;
  }

  /** Takes the lock of a stripe, at the latest after SPIN_LIMIT spins. Returns a token, never used before. */
  acquire(stripe: number): number {
    const words = this.#words;
    const at = FIRST_LOCK + stripe;
    const token = this.#ticket();
    for (let spin = 0; spin < SPIN_LIMIT; spin++) {
      if (Atomics.load(words, at) === 0 && Atomics.compareExchange(words, at, 0, token) === 0) return token;
      Atomics.pause();
    }
    Atomics.store(words, at, token);
    Atomics.add(words, HEADER.steals, 1);
    return token;
  }

  /** Whether nobody has stolen it. The answer may be out of date at once, unless it is no. */
  holds(stripe: number, token: number): boolean {
    return Atomics.load(this.#words, FIRST_LOCK + stripe) === token;
  }

  /** Frees the lock, unless it was stolen. */
  release(stripe: number, token: number): void {
    Atomics.compareExchange(this.#words, FIRST_LOCK + stripe, token, 0);
  }

  #ticket(): number {
    // 0 means free, and the count wraps.
    return (Atomics.add(this.#words, HEADER.ticket, 1) + 1) | 0 || this.#ticket();
  }
}

/** The stripe of a key hash. All insertions of one key use the same lock. */
export function stripeOf(high: number): number {
  return high & (STRIPES - 1);
}
