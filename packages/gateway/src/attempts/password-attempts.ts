import { type PreparedLimit, prepareLimit, type SharedCounters } from '../counters/shared-counters.ts';
import { addressBlock } from '../policies/rate-limit/limits.ts';
import { foldUsername } from '../stores/oauth-users.ts';

/** Something that an attempt counts against. */
export interface Counted {
  readonly limit: PreparedLimit;
  readonly key: string;
}

export type AttemptCount =
  /** `giveBack` for an attempt that was none: the password was right, or nobody looked at it. */
  | { readonly kind: 'counted'; readonly giveBack: () => void }
  | { readonly kind: 'throttled'; readonly by: string; readonly seconds: number };

const windowSeconds = 15 * 60;

/** Attempts that one account, browser or address has, which are refilled evenly in the window. */
export function attemptLimit(what: string, quota: number): PreparedLimit {
  return prepareLimit({ id: `passwords by ${what}`, quota, windowSeconds });
}

const perAccount = attemptLimit('account', 10);
const perAddress = attemptLimit('address', 50);

/** From wherever the attempts come, and at whatever door: an account does not have more of them where there are two. */
export function ofAccount(username: string): Counted {
  return { limit: perAccount, key: foldUsername(username).slice(0, 256) };
}

/** Whichever accounts the attempts are for. */
export function ofAddress(address: string): Counted {
  return { limit: perAddress, key: addressBlock(address) };
}

/**
 * Whether something has no attempt left. Costs none.
 * @returns as countAttempt() would; undefined when there is one left
 */
export function usedUp(
  counters: SharedCounters,
  all: readonly Counted[],
): Extract<AttemptCount, { kind: 'throttled' }> | undefined {
  for (const { limit, key } of all) {
    const { remaining, resetSeconds } = counters.take(limit, key, 0);
    // The first of the attempts comes back when the others are still out.
    const seconds = Math.max(1, resetSeconds - Math.floor(windowSeconds * (1 - 1 / limit.quota)));
    if (remaining === 0) return { kind: 'throttled', by: limit.id, seconds };
  }
  return undefined;
}

/**
 * Counts one attempt, before anything is looked at. The counts are exact over all threads. An account that does not exist
 * counts like one that does, so that nobody learns which is which.
 * @param all in this order: what the first ones have counted stays so where a later one refuses
 */
export function countAttempt(counters: SharedCounters, all: readonly Counted[]): AttemptCount {
  const now = counters.now();
  for (const { limit, key } of all) {
    const { allowed, retryAfterSeconds } = counters.take(limit, key, 1, now);
    if (!allowed) return { kind: 'throttled', by: limit.id, seconds: retryAfterSeconds };
  }
  return {
    kind: 'counted',
    giveBack() {
      for (const { limit, key } of all) counters.refund(limit, key, 1, now);
    },
  };
}
