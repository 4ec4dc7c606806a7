import { type PreparedLimit, prepareLimit, type SharedCounters } from '../counters/shared-counters.ts';
import { addressBlock } from '../policies/rate-limit/limits.ts';
import { foldUsername, type OauthUser, type OauthUserStore } from '../stores/oauth-users.ts';
import { Turnstile } from './turnstile.ts';

export type SignInOutcome =
  | { readonly kind: 'signed-in'; readonly user: OauthUser }
  | { readonly kind: 'wrong' }
  /** Not looked at: there were too many attempts. */
  | { readonly kind: 'throttled'; readonly seconds: number }
  /** Not looked at: too many people sign in at this moment. */
  | { readonly kind: 'busy' };

export interface Attempt {
  readonly username: string;
  readonly password: string;
  /** The client's, as the gateway sees it. */
  readonly address: string;
  /** The id of the browser, if the user has signed in with it before. */
  readonly knownDevice: string | undefined;
}

const windowSeconds = 15 * 60;
const perAccount = limitOf('account', 10);
const perDevice = limitOf('device', 10);
const perAddress = limitOf('address', 50);

function limitOf(what: string, quota: number): PreparedLimit {
  return prepareLimit({ id: `oauth sign-in by ${what}`, quota, windowSeconds });
}

const atOnce = 2;
const waitingAtMost = 40;

/**
 * Checks usernames and passwords, and bounds how many may be tried: for an account, from wherever they come; and for an
 * address, whichever accounts they are for. An account that does not exist is counted like one that does, and nothing is
 * looked at once a limit is reached, so that nobody learns which is which, or whether a guess would have been right.
 *
 * A browser that its user has signed in with before has a count of its own: strangers who try an account over and over do
 * not lock its owner out.
 */
export class SignIn {
  readonly #users: OauthUserStore;
  readonly #counters: SharedCounters;
  readonly #turnstile = new Turnstile(atOnce, waitingAtMost);

  constructor(users: OauthUserStore, counters: SharedCounters) {
    this.#users = users;
    this.#counters = counters;
  }

  async attempt({ username, password, address, knownDevice }: Attempt): Promise<SignInOutcome> {
    const limits = [
      { limit: perAddress, key: addressBlock(address) },
      knownDevice === undefined
        ? { limit: perAccount, key: foldUsername(username).slice(0, 256) }
        : { limit: perDevice, key: knownDevice },
    ] as const;
    const now = this.#counters.now();
    for (const { limit, key } of limits) {
      const { allowed, retryAfterSeconds } = this.#counters.take(limit, key, 1, now);
      if (!allowed) return { kind: 'throttled', seconds: retryAfterSeconds };
    }
    const checked = this.#turnstile.run(() => this.#users.authenticate(username, password));
    if (checked === undefined) return { kind: 'busy' };
    const user = await checked;
    if (user === undefined) return { kind: 'wrong' };
    // Whoever knows the password is not guessing: many people behind one address sign in every morning.
    for (const { limit, key } of limits) this.#counters.refund(limit, key, 1, now);
    return { kind: 'signed-in', user };
  }
}
