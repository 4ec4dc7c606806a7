import type { PreparedLimit } from '../shared-counters.ts';

/** What a test tells a counter-worker.ts to do. */
export interface CounterWork {
  readonly memory: SharedArrayBuffer;
  /** The clock, which is shared too, and the gate that all threads wait at. */
  readonly gate: Int32Array<SharedArrayBuffer>;
  /** `hammer` takes from the hot keys and inserts fillers, `fill` inserts fillers until it is terminated,
   *  `stop-in-lock` stops for ever where an insertion reads the clock under its lock. */
  readonly kind: 'hammer' | 'fill' | 'stop-in-lock';
  readonly name: string;
  readonly hot: PreparedLimit;
  /** Threads that hammer. They meet before each wave, and each wave has hot keys of its own. */
  readonly threads: number;
  readonly waves: number;
  readonly keysPerWave: number;
  readonly takesPerKey: number;
  /** Takes from hot keys for each filler. */
  readonly fillEvery: number;
  /** Whether each reading of the clock is one microsecond later, so that fillers can be taken over. */
  readonly ticking: boolean;
}

/** The word of `gate` that is the time in microseconds. */
export const TIME = 0;
/** The word of `gate` that counts how often it was opened. */
export const GATE = 1;
/** The word of `gate` that counts arrivals. */
export const ARRIVED = 2;
