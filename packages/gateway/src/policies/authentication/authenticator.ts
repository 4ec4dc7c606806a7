import type { Head, Principal } from '../../exchange.ts';
import type { MaybePromise } from '../../policy.ts';

/** Why a credential is not accepted. The code goes into the record; the caller learns only that it is invalid. */
export interface Rejected {
  readonly kind: 'rejected';
  readonly reason: string;
  /** The keys to judge it with are not to be had at present, which is not the caller's fault. */
  readonly unavailable?: true;
}

export function rejected(reason: string): Rejected {
  return { kind: 'rejected', reason };
}

/** Stands for several credentials in one place, of which nobody can say which one counts. */
export const several = Symbol('several credentials');

/** One way to be known, as `authenticators:` configures it. */
export interface Authenticator {
  readonly name: string;
  readonly kind: Principal['kind'];
  /** The field that carries the credential, lower-case. Authenticators of one place judge the same credential. */
  readonly place: string;
  /** The credential in a request; undefined when there is none of this kind. */
  credential(request: Head): string | typeof several | undefined;
  verify(credential: string, request: Head): MaybePromise<Principal | Rejected>;
  readonly challenge: Challenge;
}

/** For a WWW-Authenticate field (RFC 9110 section 11.6.1). */
export interface Challenge {
  readonly scheme: string;
  /** Parameters besides the realm, `, ` in front of each. */
  readonly parameters: string;
}

/**
 * One challenge. It always has a parameter, as RFC 6750 section 3 demands.
 * @param more further parameters, `, ` in front of each; their values must need no escape
 */
export function formatChallenge({ scheme, parameters }: Challenge, realm: string, more = ''): string {
  return `${scheme} realm="${realm}"${parameters}${more}`;
}
