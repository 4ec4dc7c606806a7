import { endianness } from 'node:os';
import type { CounterViews } from './counter-memory.ts';
import { FIRST_BUCKET, HEADER, SLOTS_PER_BUCKET, STRIPES, WORDS_PER_BUCKET } from './counter-memory.ts';
import { TICKS_PER_SECOND } from './gcra.ts';
import { StripeLocks, stripeOf } from './stripe-locks.ts';

/**
 * A hash table of 64-bit key hash -> TAT in memory shared by threads. Each key has two candidate buckets and
 * sits in one slot of either. There is no deletion: a TAT in the past says what absence says (a full quota),
 * so an insertion simply takes over such a slot.
 *
 * What a TAT word holds
 *   >= 0   a committed entry (0 in a slot never used)
 *   <  0   a claim: -(second * 2048 + owner + 1); the owner is the stripe whose lock the claimer holds, or
 *          QUARANTINE for a claim that was revoked
 *
 * The rules
 *   lookup   hash matches -> TAT >= 0 -> hash still matches. A claimed slot is no match.
 *   update   compare-and-swap of the TAT word, from the value that the lookup saw.
 *   insert   under the lock of the key's stripe:
 *            1. revoke every claim of this stripe in both buckets (swap it for a quarantine)
 *            2. look the key up again; found -> done, let the caller update it
 *            3. read the clock, choose a slot, claim it by compare-and-swap of its TAT word
 *            4. if the lock has been stolen: quarantine the slot and start again
 *            5. write the hash; commit by compare-and-swap from the claim to the new TAT; if that fails, the
 *               claim was revoked: start again
 *   take over only a slot whose TAT is strictly in the past by a clock read under the lock, or, when both
 *            buckets are full of others, the one nearest to the past (an eviction, counted)
 *
 * Why no update reaches a wrong key. Say a lookup saw TAT t, then hash K, and its swap from t succeeds. If the
 * slot had been taken over in between, its word would have gone t -> claim -> t' > now > t, and everything
 * stored later is also at least that `now` (a refund and the bound after a reload read the clock afresh), so
 * the word could not be t again. An eviction replaces a live t; it avoids t' = t by one tick.
 *
 * Why a key has one entry. Two insertions of K are excluded by the lock while nobody steals. After a theft, the
 * old holder A and the thief B both insert K. A's claim comes before B's scan (1): B revokes it, and A's commit
 * fails, or A committed first and B finds K in (2). Or it comes after: then A reads the lock (4) after B took it
 * and sees the theft. Either way one of them commits. The same holds for any later holder of the stripe, since (1)
 * is done at every insertion.
 *
 * Why nothing is lost when an old entry of K is taken over while another thread inserts K anew: the taker read a
 * clock n > t before its claim; the new insertion did not find K, so it reads its clock after that claim and
 * starts from n' >= n > t, which is what updating the old entry would have given.
 *
 * Why plain reads may scan. `Atomics.load` is a call of 20 ns on Node 26, a plain read takes 1, and an insertion makes
 * 50. A plain read can be early (other than on x86), so each scan follows an atomic load, which later reads do
 * not pass; and what it found counts only when an atomic load or a compare-and-swap confirms it. A miss
 * by a lookup means nothing: it leads to the insertion, which looks again under the lock.
 *
 * Why a dead thread harms nobody. Its lock is stolen after a bounded wait; its claim is revoked by the next
 * insertion of its stripe there, or expires. A quarantined slot is not used for QUARANTINE_SECONDS, because its
 * claimer may be alive and still write its hash words (5); after that it is free. Only a thread stopped
 * for a minute between two instructions while its siblings run could overwrite a hash then, and cost that one
 * counter its state.
 */
const OWNER_RANGE = 2048;
const QUARANTINE = STRIPES;
const QUARANTINE_SECONDS = 60;

/** The first candidate bucket is preferred up to this fill, so that most lookups read one bucket; beyond it, the
 *  emptier one. In simulations with 4 million slots the first eviction came when 60% were live. */
const PREFERRED_FILL = 6;

const HIGH_HALF = endianness() === 'LE' ? 1 : 0;
const CANDIDATES = 2 * SLOTS_PER_BUCKET;

export class SlotTable {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #tats: BigInt64Array<SharedArrayBuffer>;
  readonly #buckets: number;
  readonly #locks: StripeLocks;
  /** Copies of the candidates' TAT words during an insertion. */
  readonly #seen = new Float64Array(CANDIDATES);

  /** The TAT that the last successful `find` saw. */
  tat = 0;

  constructor(views: CounterViews) {
    this.#words = views.words;
    this.#tats = views.tats;
    this.#buckets = views.buckets;
    this.#locks = new StripeLocks(views.words);
  }

  /** The slot of a key (its index among the TAT words), or -1. Leaves its TAT in `tat`. */
  find(low: number, high: number): number {
    const slot = this.#findIn(this.#firstBucket(low), low, high);
    return slot >= 0 ? slot : this.#findIn(this.#secondBucket(low, high), low, high);
  }

  /** Changes the TAT of a slot, if it is still what `find` saw. */
  update(slot: number, seen: number, next: number): boolean {
    const expected = BigInt(seen);
    return Atomics.compareExchange(this.#tats, slot, expected, BigInt(next)) === expected;
  }

  /**
   * Inserts a key with the TAT `clock() + increment`; the clock (ticks) is read under the lock.
   * @returns the reading of the clock, or -1: the key is there by now, or a race was lost; look it up again
   */
  insert(low: number, high: number, clock: () => number, increment: number): number {
    const stripe = stripeOf(high);
    const locks = this.#locks;
    const token = locks.acquire(stripe);
    // `holds` is also the atomic load that orders the plain reads after it.
    if (!locks.holds(stripe, token)) return -1;
    this.#readCandidates(low, high, stripe);
    if (!locks.holds(stripe, token)) return -1;
    const now = this.find(low, high) >= 0 ? -1 : clock();
    const inserted = now >= 0 && this.#fill(low, high, stripe, token, now, now + increment);
    locks.release(stripe, token);
    return inserted ? now : -1;
  }

  #findIn(bucket: number, low: number, high: number): number {
    const words = this.#words;
    for (let at = bucket; at < bucket + 2 * SLOTS_PER_BUCKET; at += 2) {
      if (words[at] !== low || words[at + 1] !== high) continue;
      const slot = (bucket >>> 1) + SLOTS_PER_BUCKET + ((at - bucket) >>> 1);
      const tat = Number(Atomics.load(this.#tats, slot));
      if (tat < 0 || words[at] !== low || words[at + 1] !== high) continue;
      this.tat = tat;
      return slot;
    }
    return -1;
  }

  /** Step 1, and copies of what the candidates hold. */
  #readCandidates(low: number, high: number, stripe: number): void {
    const first = this.#firstBucket(low);
    const second = this.#secondBucket(low, high);
    for (let i = 0; i < CANDIDATES; i++) {
      const slot = slotOf(i < SLOTS_PER_BUCKET ? first : second, i);
      // By halves, which allocates no BigInt. They may be of two moments; then the claim fails on it.
      const upper = this.#words[2 * slot + HIGH_HALF]!;
      const lower = this.#words[2 * slot + 1 - HIGH_HALF]!;
      this.#seen[i] = upper < 0 ? this.#revoke(slot, stripe) : upper * 2 ** 32 + (lower >>> 0);
    }
  }

  #revoke(slot: number, stripe: number): number {
    const tat = Number(Atomics.load(this.#tats, slot));
    if (tat >= 0 || claimOwner(tat) !== stripe) return tat;
    const quarantine = claim(claimSecond(tat), QUARANTINE);
    return this.update(slot, tat, quarantine) ? quarantine : Number(Atomics.load(this.#tats, slot));
  }

  /** Steps 3 (without the clock) to 5. */
  #fill(low: number, high: number, stripe: number, token: number, now: number, tat: number): boolean {
    const chosen = this.#choose(now);
    if (chosen < 0) return false;
    const bucket = chosen < SLOTS_PER_BUCKET ? this.#firstBucket(low) : this.#secondBucket(low, high);
    const slot = slotOf(bucket, chosen);
    const old = this.#seen[chosen]!;
    const claimed = claim(Math.floor(now / TICKS_PER_SECOND), stripe);
    if (!this.update(slot, old, claimed)) return false;
    if (!isFree(old, now)) Atomics.add(this.#words, HEADER.evictions, 1);
    if (!this.#locks.holds(stripe, token)) {
      this.update(slot, claimed, claim(claimSecond(claimed), QUARANTINE));
      return false;
    }
    const at = bucket + 2 * (chosen % SLOTS_PER_BUCKET);
    Atomics.store(this.#words, at, low);
    Atomics.store(this.#words, at + 1, high);
    return this.update(slot, claimed, tat === old ? tat + 1 : tat);
  }

  /** The candidate to take over, or -1 when all are claimed by others. */
  #choose(now: number): number {
    const first = this.#firstFree(0, now);
    const firstFill = this.#fillOf(0, now);
    if (firstFill < PREFERRED_FILL) return first;
    const second = this.#firstFree(SLOTS_PER_BUCKET, now);
    if (second < 0 && first < 0) return this.#nearestToReplenished();
    return first >= 0 && (second < 0 || firstFill <= this.#fillOf(SLOTS_PER_BUCKET, now)) ? first : second;
  }

  #firstFree(from: number, now: number): number {
    for (let i = from; i < from + SLOTS_PER_BUCKET; i++) if (isFree(this.#seen[i]!, now)) return i;
    return -1;
  }

  #fillOf(from: number, now: number): number {
    let fill = 0;
    for (let i = from; i < from + SLOTS_PER_BUCKET; i++) if (!isFree(this.#seen[i]!, now)) fill++;
    return fill;
  }

  #nearestToReplenished(): number {
    let nearest = -1;
    for (let i = 0; i < CANDIDATES; i++) {
      const tat = this.#seen[i]!;
      if (tat >= 0 && (nearest < 0 || tat < this.#seen[nearest]!)) nearest = i;
    }
    return nearest;
  }

  #firstBucket(low: number): number {
    return FIRST_BUCKET + WORDS_PER_BUCKET * scale(low, this.#buckets);
  }

  #secondBucket(low: number, high: number): number {
    // Never the first one again: a step of 1 to buckets - 1, around.
    const step = 1 + scale(high, this.#buckets - 1);
    const index = scale(low, this.#buckets) + step;
    return FIRST_BUCKET + WORDS_PER_BUCKET * (index < this.#buckets ? index : index - this.#buckets);
  }
}

/** Maps 32 bits evenly to 0..size - 1; by the upper bits, while stripes are told by the lowest ones. */
function scale(bits: number, size: number): number {
  return Math.floor(((bits >>> 0) * size) / 2 ** 32);
}

function slotOf(bucket: number, candidate: number): number {
  return (bucket >>> 1) + SLOTS_PER_BUCKET + (candidate % SLOTS_PER_BUCKET);
}

function isFree(tat: number, now: number): boolean {
  if (tat >= 0) return tat < now || tat === 0;
  return Math.floor(now / TICKS_PER_SECOND) - claimSecond(tat) > QUARANTINE_SECONDS;
}

function claim(second: number, owner: number): number {
  return -(second * OWNER_RANGE + owner + 1);
}

function claimSecond(claimed: number): number {
  return Math.floor((-claimed - 1) / OWNER_RANGE);
}

function claimOwner(claimed: number): number {
  return (-claimed - 1) % OWNER_RANGE;
}
