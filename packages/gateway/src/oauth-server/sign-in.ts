import { attemptLimit, countAttempt, ofAccount, ofAddress } from '../attempts/password-attempts.ts';
import { Turnstile } from '../attempts/turnstile.ts';
import type { SharedCounters } from '../counters/shared-counters.ts';
import type { OauthUser, OauthUserStore } from '../stores/oauth-users.ts';

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

const perDevice = attemptLimit('device', 10);
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
    const count = countAttempt(this.#counters, [
      ofAddress(address),
      knownDevice === undefined ? ofAccount(username) : { limit: perDevice, key: knownDevice },
    ]);
    if (count.kind === 'throttled') return { kind: 'throttled', seconds: count.seconds };
    const checked = this.#turnstile.run(() => this.#users.authenticate(username, password));
    if (checked === undefined) {
      count.giveBack();
      return { kind: 'busy' };
    }
    const user = await checked;
    if (user === undefined) return { kind: 'wrong' };
    // Whoever knows the password is not guessing: many people behind one address sign in every morning.
    count.giveBack();
    return { kind: 'signed-in', user };
  }
}
