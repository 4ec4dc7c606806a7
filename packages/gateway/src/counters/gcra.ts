/**
 * The generic cell rate algorithm in its "virtual scheduling" form: ITU-T Recommendation I.371 (2004),
 * annex A. The whole state of a counter is one number, the theoretical arrival time (TAT): the instant at
 * which a client that used up its quota would have all of it again. Everything here is pure; times are
 * integers in ticks of 1/64 microsecond, so that sums are exact in a double for 4.4 years of uptime and an
 * emission interval is rounded by less than 0.8% even at a million requests a second.
 */

export const TICKS_PER_MICROSECOND = 64;
export const TICKS_PER_SECOND = 64_000_000;

/** Returned by `gcra` when the request does not conform. */
export const REFUSED = -1;

/** A quota of `quota` requests per window: all of it at once at most, refilled evenly. Ticks. */
export interface Rate {
  readonly quota: number;
  /** Ticks in which one request is given back: I.371's increment T. */
  readonly emission: number;
  /** `quota * emission`, the farthest a TAT may lie ahead of now: I.371's T + limit L. */
  readonly burst: number;
}

export interface Decision {
  readonly allowed: boolean;
  /** Whole requests of cost 1 that would still be allowed at this instant. */
  readonly remaining: number;
  /** Seconds, rounded up, until the quota is whole again. 0 when it is. */
  readonly resetSeconds: number;
  /** Seconds, rounded up, after which the same request would be allowed; at least 1 when refused, else 0. */
  readonly retryAfterSeconds: number;
}

const MAX_WINDOW_SECONDS = 366 * 86_400;
const MAX_QUOTA_PER_SECOND = 1_000_000;

/**
 * Prepares a rate.
 * @param quota whole requests per window, at least 1 and at most 1,000,000 for each second of the window
 * @param windowSeconds more than 0, at most 366 days
 * @throws RangeError naming the bound that is broken
 */
export function prepareRate(quota: number, windowSeconds: number): Rate {
  if (!Number.isSafeInteger(quota) || quota < 1) {
    throw new RangeError(`quota must be a whole number of at least 1, got ${quota}`);
  }
  if (!(windowSeconds > 0 && windowSeconds <= MAX_WINDOW_SECONDS)) {
    throw new RangeError(`window must be more than 0 and at most 366 days, got ${windowSeconds} s`);
  }
  if (quota / windowSeconds > MAX_QUOTA_PER_SECOND) {
    throw new RangeError(`quota must be at most 1,000,000 a second, got ${quota} per ${windowSeconds} s`);
  }
  const emission = Math.round((windowSeconds * TICKS_PER_SECOND) / quota);
  // From the rounded emission, not from the window: otherwise quota + 1 small steps could fit at once.
  return { quota, emission, burst: emission * quota };
}

/**
 * A stored TAT as it counts at `now`. One in the past means a full quota. One beyond `now + burst` cannot
 * come from this rate: the quota was changed by a reload, and without the bound a client limited under
 * "1 a day" would stay locked out for the day under "10 a second".
 */
export function boundTat(rate: Rate, tat: number, now: number): number {
  return Math.min(Math.max(tat, now), now + rate.burst);
}

/**
 * The TAT after a request of `cost` (whole, >= 0) that arrives at `now`, or `REFUSED`. A refused request
 * leaves the state as it was. A cost above the quota is never allowed.
 */
export function gcra(rate: Rate, tat: number, now: number, cost: number): number {
  if (cost > rate.quota) return REFUSED;
  const next = boundTat(rate, tat, now) + cost * rate.emission;
  return next - now <= rate.burst ? next : REFUSED;
}

/** What to tell the client. `tat` is the state after an allowed request, or the unchanged one of a refused. */
export function describe(rate: Rate, tat: number, now: number, cost: number, allowed: boolean): Decision {
  const ahead = boundTat(rate, tat, now) - now;
  const resetSeconds = Math.ceil(ahead / TICKS_PER_SECOND);
  return {
    allowed,
    remaining: Math.floor((rate.burst - ahead) / rate.emission),
    resetSeconds,
    retryAfterSeconds: allowed ? 0 : retryAfter(rate, ahead, cost),
  };
}

function retryAfter(rate: Rate, ahead: number, cost: number): number {
  // No wait makes a cost above the quota conform; "when it is full" is the least misleading answer.
  const missing = cost > rate.quota ? ahead : ahead + cost * rate.emission - rate.burst;
  return Math.max(1, Math.ceil(missing / TICKS_PER_SECOND));
}

/**
 * The TAT after giving back a take of `cost` at `takenAt` that was made void (a later limit refused the
 * request). What has been refilled since is not given back again: had the take not been, a TAT that reached
 * the present would have waited there and refilled nothing. So the state never gets below the one without it.
 */
export function refund(rate: Rate, tat: number, now: number, cost: number, takenAt: number): number {
  const credit = cost * rate.emission - Math.max(0, now - takenAt);
  if (credit <= 0 || tat <= now) return tat;
  return Math.max(tat - credit, now);
}
