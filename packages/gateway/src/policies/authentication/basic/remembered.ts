import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { OauthUser } from '../../../stores/oauth-users.ts';
import type { Rejected } from '../authenticator.ts';
import { CredentialCache } from '../cache.ts';
import type { Pair } from './pair.ts';

/** Milliseconds: how long a pair that was right is one that needs no hash, and how often its user is looked at meanwhile. */
const rightFor = 3_600_000;
const wrongFor = 900_000;
const lookEvery = 5_000;

interface Verdict {
  /** Milliseconds since the epoch: a clock that was set back must not keep a verdict alive. */
  readonly since: number;
  lookedAt: number;
}

interface Right extends Verdict {
  readonly digest: Buffer;
  user: OauthUser;
}

/** Why a pair is nobody's, and the user whose name it had, if there is one, as the user was then. */
export interface Wrong {
  readonly kind: 'refused';
  readonly rejected: Rejected;
  readonly user: OauthUser | undefined;
}

interface RememberedWrong extends Verdict {
  readonly wrong: Wrong;
}

/** What a digest of a pair and the current rows of the database say of a pair, without hashing anything. */
export interface RowLookUp {
  byId(id: string): OauthUser | undefined;
  byName(username: string): OauthUser | undefined;
}

/**
 * Pairs that were right, and pairs that were wrong. A password itself is kept nowhere: what is kept is an HMAC under a
 * secret that the process makes at each start, so that a dump of the memory without that secret lets nobody check guesses
 * faster than the database does.
 *
 * A pair that was right is remembered for the place that it came from. Wrong ones have a memory of their own, so that a
 * flood of them pushes no right one out.
 */
export class RememberedPairs {
  readonly #key: KeyObject;
  readonly #rows: RowLookUp;
  readonly #right = new CredentialCache<Right>(20_000);
  readonly #wrong = new CredentialCache<RememberedWrong>(10_000);

  /** @param secret of the process; what is kept here gets a key of its own */
  constructor(secret: Buffer, rows: RowLookUp) {
    this.#key = createSecretKey(createHmac('sha256', secret).update('remembered passwords').digest());
    this.#rows = rows;
  }

  /** Neither part has a zero in it. The same password may be composed differently. */
  digestOf({ username, password }: Pair): Buffer {
    return createHmac('sha256', this.#key)
      .update(`${username}\0${password.normalize('NFC')}`)
      .digest();
  }

  /** Whether somebody was let in from that place, whatever the password. */
  hasPlace(place: string): boolean {
    return this.#right.get(place) !== undefined;
  }

  /** The user, as the database has it now or had it a few seconds ago; undefined when that is to be found out. */
  right(place: string, digest: Buffer, now: number): OauthUser | undefined {
    const known = this.#right.get(place);
    if (known === undefined || !timingSafeEqual(known.digest, digest)) return undefined;
    if (!isWithin(now, known.since, rightFor)) return this.#forget(place);
    if (!isWithin(now, known.lookedAt, lookEvery)) {
      const user = this.#rows.byId(known.user.id);
      if (user === undefined || !mayEnter(user) || user.passwordAt !== known.user.passwordAt)
        return this.#forget(place);
      known.lookedAt = now;
      if (!isSame(user, known.user)) known.user = user;
    }
    return known.user;
  }

  wrong(digest: Buffer, { username }: Pair, now: number): Wrong | undefined {
    const key = digest.toString('base64');
    const known = this.#wrong.get(key);
    if (known === undefined) return undefined;
    const stands =
      isWithin(now, known.since, wrongFor) &&
      (isWithin(now, known.lookedAt, lookEvery) || isSame(this.#rows.byName(username), known.wrong.user));
    if (!stands) {
      this.#wrong.delete(key);
      return undefined;
    }
    if (!isWithin(now, known.lookedAt, lookEvery)) known.lookedAt = now;
    return known.wrong;
  }

  /** @param at when the password began to be looked at */
  rememberRight(place: string, digest: Buffer, user: OauthUser, at: number): void {
    this.#right.set(place, { digest, user, since: at, lookedAt: at });
  }

  rememberWrong(digest: Buffer, wrong: Wrong, at: number): void {
    this.#wrong.set(digest.toString('base64'), { wrong, since: at, lookedAt: at });
  }

  #forget(place: string): undefined {
    this.#right.delete(place);
    return undefined;
  }
}

/** Who may use Basic at present. */
export function mayEnter({ basic, disabledAt }: OauthUser): boolean {
  return basic && disabledAt === undefined;
}

function isWithin(now: number, since: number, length: number): boolean {
  return now >= since && now < since + length;
}

function isSame(one: OauthUser | undefined, other: OauthUser | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return (
    one.id === other.id &&
    one.passwordAt === other.passwordAt &&
    one.disabledAt === other.disabledAt &&
    one.basic === other.basic &&
    one.name === other.name &&
    one.roles.join('\n') === other.roles.join('\n')
  );
}
