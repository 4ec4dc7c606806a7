import { openOauthDatabaseForReading } from '../../../stores/oauth-database.ts';
import { type CheckedPair, type OauthUser, OauthUserStore } from '../../../stores/oauth-users.ts';
import { passwordMatches, unmatchedHash } from '../../../stores/password-hash.ts';
import type { RowLookUp } from './remembered.ts';

/** What passwords are checked against. */
export interface Users extends RowLookUp {
  /** One scrypt in every case. */
  check(username: string, password: string): Promise<CheckedPair>;
}

/**
 * The users of a state folder, for reading only. As long as there is no database there is nobody; users, and changes of
 * them, are seen from their commit on.
 * @throws Error when a newer version of the program has written the database
 */
export class StoredUsers implements Users {
  readonly #folder: string;
  readonly #unmatched = unmatchedHash();
  /** Open as long as the thread lives. */
  #open: OauthUserStore | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.#store();
  }

  byId(id: string): OauthUser | undefined {
    return this.#store()?.known(id);
  }

  byName(username: string): OauthUser | undefined {
    return this.#store()?.named(username);
  }

  async check(username: string, password: string): Promise<CheckedPair> {
    const store = this.#store();
    if (store !== undefined) return store.check(username, password);
    await passwordMatches(password, this.#unmatched);
    return { user: undefined, matches: false, outdated: false };
  }

  #store(): OauthUserStore | undefined {
    if (this.#open === undefined) {
      const database = openOauthDatabaseForReading(this.#folder);
      if (database !== undefined) this.#open = new OauthUserStore(database);
    }
    return this.#open;
  }
}
