import {
  attemptLimit,
  type Counted,
  countAttempt,
  ofAccount,
  ofAddress,
  usedUp,
} from '../../../attempts/password-attempts.ts';
import { Turnstile } from '../../../attempts/turnstile.ts';
import { prepareLimit, type SharedCounters } from '../../../counters/shared-counters.ts';
import type { OauthUser } from '../../../stores/oauth-users.ts';
import { addressBlock } from '../../rate-limit/limits.ts';
import { rejected, unavailable } from '../authenticator.ts';
import type { Pair } from './pair.ts';
import { mayEnter, RememberedPairs, type Wrong } from './remembered.ts';
import type { Users } from './users.ts';

export type Judged = { readonly kind: 'user'; readonly user: OauthUser } | Wrong;

export interface DoorSettings {
  readonly users: Users;
  readonly counters: SharedCounters;
  /** Of the process. */
  readonly secret: Buffer;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Attempts of one user at a place that the user is known from, which others cannot use up. */
const perPlace = attemptLimit('account and address', 10);

/**
 * Where users were let in from, on any thread. Each success adds a day, up to two: so a place is known for a day at least
 * since the last one.
 */
const knownPlaces = prepareLimit({ id: 'known places of passwords', quota: 2, windowSeconds: 2 * 86_400 });

/** Hashes that wait for their turn. At 0.3 s each whoever comes later had better come again. */
const waitingAtMost = 20;

/**
 * Judges pairs of username and password, and bounds how many may be tried and what that costs.
 *
 * Whoever is let in is remembered, for an hour and without the password, and costs no hash until then. Attempts are counted
 * for the account and for the address, as at the sign-in page and together with those there (attempts/). A user who was
 * let in from an address before is counted apart there: strangers who guess from elsewhere lock nobody out. Even what is
 * remembered is only compared while the place has attempts left: else whoever shares an address with a user could guess as
 * fast as the gateway compares.
 *
 * A hash takes a third of a second of a processor, so that one is computed at once for places that are known and one for
 * the others, in each data thread; a crowd of strangers does not stand in the way of those who are known.
 */
export class PasswordDoor {
  readonly #users: Users;
  readonly #counters: SharedCounters;
  readonly #now: () => number;
  readonly #remembered: RememberedPairs;
  readonly #known = new Turnstile(1, waitingAtMost);
  readonly #strangers = new Turnstile(1, waitingAtMost);
  /** Hashes under way, by place and digest: a client that begins with many requests at once costs one. */
  readonly #underWay = new Map<string, Promise<Judged>>();

  constructor({ users, counters, secret, now }: DoorSettings) {
    this.#users = users;
    this.#counters = counters;
    this.#now = now;
    this.#remembered = new RememberedPairs(secret, users);
  }

  /** @param address of the client */
  judge(pair: Pair, address: string): Judged | Promise<Judged> {
    const block = addressBlock(address);
    const place = `${block} ${pair.username}`;
    const isKnown = this.#remembered.hasPlace(place) || this.#isKnown(place);
    const ofPlace = { limit: perPlace, key: place };
    const limits = isKnown ? [ofPlace] : [ofAddress(address), ofAccount(pair.username)];
    const exhausted = usedUp(this.#counters, limits);
    if (exhausted !== undefined) return throttled(exhausted);
    const digest = this.#remembered.digestOf(pair);
    const now = this.#now();
    if (isKnown) {
      const user = this.#remembered.right(place, digest, now);
      if (user !== undefined) return { kind: 'user', user };
    }
    const key = `${place} ${digest.toString('base64')}`;
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) return this.#join(underWay, limits);
    const wrong = this.#remembered.wrong(digest, pair, now);
    // Not another guess. So a client that keeps sending an old password does not lock out the one beside it with the new.
    if (wrong !== undefined) {
      const count = countAttempt(this.#counters, isKnown ? [ofAddress(address)] : limits);
      return count.kind === 'throttled' ? throttled(count) : wrong;
    }
    const count = countAttempt(this.#counters, limits);
    if (count.kind === 'throttled') return throttled(count);
    const work = (isKnown ? this.#known : this.#strangers).run(() => this.#look(pair, place, digest));
    if (work === undefined) {
      count.giveBack();
      return { kind: 'refused', rejected: unavailable('basic-busy'), user: undefined };
    }
    const judged = work
      .then((outcome) => {
        // Whoever knows the password is not guessing.
        if (outcome.kind === 'user') count.giveBack();
        return outcome;
      })
      .finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, judged);
    return judged;
  }

  async #look(pair: Pair, place: string, digest: Buffer): Promise<Judged> {
    const at = this.#now();
    const { user, matches, outdated } = await this.#users.check(pair.username, pair.password);
    if (user !== undefined && matches && mayEnter(user)) {
      this.#remembered.rememberRight(place, digest, user, at);
      this.#counters.take(knownPlaces, place, 1);
      return { kind: 'user', user };
    }
    const judged: Wrong = { kind: 'refused', rejected: rejected(faultOf(user, matches)), user };
    if (!outdated) this.#remembered.rememberWrong(digest, judged, at);
    return judged;
  }

  /** The same pair, from the same place: its fate is the same. */
  async #join(underWay: Promise<Judged>, limits: readonly Counted[]): Promise<Judged> {
    const judged = await underWay;
    if (judged.kind === 'refused') countAttempt(this.#counters, limits);
    return judged;
  }

  #isKnown(place: string): boolean {
    return this.#counters.take(knownPlaces, place, 0).remaining < knownPlaces.quota;
  }
}

/** For the record only: what the caller gets is the same. */
function faultOf(user: OauthUser | undefined, matches: boolean): string {
  if (user === undefined) return 'user-unknown';
  if (!matches) return 'password-wrong';
  return user.disabledAt === undefined ? 'basic-not-allowed' : 'user-disabled';
}

function throttled({ by, seconds }: { readonly by: string; readonly seconds: number }): Judged {
  const outcome = rejected(`attempts-exceeded: ${by}`, { retryAfter: seconds });
  return { kind: 'refused', rejected: outcome, user: undefined };
}
