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

/** One way to be known, as `authenticators:` configures it. */
export interface Authenticator {
  readonly name: string;
  readonly kind: Principal['kind'];
  /** The credential in a request: undefined when there is none of this kind, `ambiguous` when there are several. */
  credential(request: Head): string | 'ambiguous' | undefined;
  verify(credential: string, request: Head): MaybePromise<Principal | Rejected>;
  /** The WWW-Authenticate challenge (RFC 9110 section 11.6.1). */
  challenge(invalid: boolean): string;
}
