import { randomBytes } from 'node:crypto';

/**
 * The layout of the memory that all threads share. In 32-bit words:
 *
 *   header     0..63                    magic, layout version, size, hash key, tallies
 *   locks      64..1087                 one word a stripe, 0 when free
 *   padding    1088..1099
 *   buckets    1100..                   of 32 words, 8 slots:
 *                 0..15                   8 key hashes of 64 bits, as two int32 each
 *                 16..31                  8 TATs, as int64
 *
 * A lookup reads the 64 octets of hashes and one TAT of the 64 octets beside them: two cache lines, fetched
 * as a pair. The padding is for that: allocators put 16 octets of their own in front of large blocks (the
 * address was 16 modulo 4096 in each trial with Node 26 on glibc), so 48 more octets put buckets on lines.
 */
export const SLOTS_PER_BUCKET = 8;
export const WORDS_PER_BUCKET = 32;
export const STRIPES = 1024;
export const FIRST_LOCK = 64;
export const FIRST_BUCKET = FIRST_LOCK + STRIPES + 12;

const MAGIC = 0x506f7274;
const VERSION = 1;

export const HEADER = {
  magic: 0,
  version: 1,
  buckets: 2,
  key0: 3,
  key1: 4,
  // Changed on every insertion, so on a line apart from what every lookup reads.
  ticket: 16,
  evictions: 32,
  steals: 33,
  exhausted: 34,
} as const;

const MIN_BYTES = 8192;
/** Keeps word indices in 31 bits: 4 GiB is 268 million counters. */
const MAX_BYTES = 2 ** 32;

/** Views of the memory, one set a thread. `words` and `tats` cover the same octets. */
export interface CounterViews {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly tats: BigInt64Array<SharedArrayBuffer>;
  readonly buckets: number;
}

/**
 * Creates the memory, in the main thread, once; data threads get it by `workerData`. 16 octets hold a
 * counter; 64 MiB hold a million live ones at a quarter full. The key of the hash is random each time.
 * @param bytes 8 KiB to 4 GiB
 * @throws RangeError when out of these bounds
 */
export function createCounterMemory(bytes: number): SharedArrayBuffer {
  if (!Number.isSafeInteger(bytes) || bytes < MIN_BYTES || bytes > MAX_BYTES) {
    throw new RangeError(`counter memory must be ${MIN_BYTES} to ${MAX_BYTES} bytes, got ${bytes}`);
  }
  const memory = new SharedArrayBuffer(bytes - (bytes % 8));
  const words = new Int32Array(memory);
  const key = randomBytes(8);
  words[HEADER.version] = VERSION;
  words[HEADER.buckets] = Math.floor((words.length - FIRST_BUCKET) / WORDS_PER_BUCKET);
  words[HEADER.key0] = key.readInt32LE(0);
  words[HEADER.key1] = key.readInt32LE(4);
  Atomics.store(words, HEADER.magic, MAGIC);
  return memory;
}

/**
 * Opens memory made by `createCounterMemory`.
 * @throws TypeError when it is something else, or of another layout
 */
export function openCounterMemory(memory: SharedArrayBuffer): CounterViews {
  const words = new Int32Array(memory);
  const buckets = words[HEADER.buckets] ?? 0;
  const known = words[HEADER.magic] === MAGIC && words[HEADER.version] === VERSION;
  if (!known || FIRST_BUCKET + buckets * WORDS_PER_BUCKET > words.length) {
    throw new TypeError('not a counter memory of this version');
  }
  return { words, tats: new BigInt64Array(memory), buckets };
}
