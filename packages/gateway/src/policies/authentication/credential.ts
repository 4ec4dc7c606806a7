import { cacheKey } from './cache.ts';
import { claimedIssuer } from './jwt/token.ts';

/** Stands for several credentials in one place, of which nobody can say which one counts. */
export const several = Symbol('several credentials');

/** Schemes of Authorization by which tokens come; undefined for a credential that comes in a place of its own. */
export type TokenScheme = 'Bearer' | 'DPoP' | undefined;

/** What a request brings to say who calls. Nothing in it is believed yet. */
export class Credential {
  readonly text: string;
  readonly scheme: TokenScheme;
  #key: string | undefined = undefined;
  #issuer: string | null | undefined = undefined;

  constructor(text: string, scheme?: TokenScheme) {
    this.text = text;
    this.scheme = scheme;
  }

  /** Its name in caches. Hashed once, however many ask. */
  get key(): string {
    this.#key ??= cacheKey(this.text);
    return this.#key;
  }

  /** Whom a JWT says that it is from; undefined when it says nothing. Read once, however many ask. */
  get claimedIssuer(): string | undefined {
    if (this.#issuer === undefined) this.#issuer = claimedIssuer(this.text) ?? null;
    return this.#issuer ?? undefined;
  }
}
