import type { Head, Principal, UpstreamRequest } from '../../exchange.ts';
import type { MaybePromise } from '../../policy.ts';
import type { Credential, several } from './credential.ts';

/** Why a credential is not accepted. The code goes into the record; the caller learns only which kind of fault it is. */
export interface Rejected {
  readonly kind: 'rejected';
  readonly reason: string;
  /** What is needed to judge it is not to be had at present, which is not the caller's fault. */
  readonly unavailable?: true;
  /** The `error` of the challenge (RFC 6750 section 3.1, RFC 9449 section 7.1); invalid_token when absent. */
  readonly error?: 'invalid_dpop_proof' | 'use_dpop_nonce';
  /** A problem that says more than credential-invalid, where that helps an honest caller and nobody else. */
  readonly problem?: 'credential-expired' | 'proof-invalid';
  /** Further reply fields, name and value by turns. */
  readonly fields?: readonly string[];
  /** Not looked at, as there were too many attempts: seconds until the next one. */
  readonly retryAfter?: number;
}

export function rejected(reason: string, more?: Omit<Rejected, 'kind' | 'reason'>): Rejected {
  return { kind: 'rejected', reason, ...more };
}

export function unavailable(reason: string): Rejected {
  return { kind: 'rejected', reason, unavailable: true };
}

/** One way to be known, as `authenticators:` configures it. */
export interface Authenticator {
  readonly name: string;
  readonly kind: Principal['kind'];
  /** Where the credential is: a field in lower case, or another place. Authenticators of one place judge the same one. */
  readonly place: string;
  /** The field that the place is a part of, where it is one: a request cannot have two parts of one field. */
  readonly placeField?: string;
  /**
   * The credential is part of the connection, as a certificate is, and no second one beside that of the request:
   * it counts where an alternative asks for it.
   */
  readonly ambient?: true;
  /** The credential is one that a trusted proxy vouches for: it comes before one of the proxy's own connection. */
  readonly isHandedOn?: true;
  /** The credential in a request; undefined when there is none of this kind. */
  credential(request: Head): Credential | typeof several | undefined;
  /** False for a credential that cannot be one of its own, as of another issuer, where several share a place. */
  mayJudge?(credential: Credential): boolean;
  /** What was found out before and still holds, at once; undefined when it has to be verified. */
  recall?(credential: Credential, request: Head): Principal | undefined;
  verify(credential: Credential, request: Head): MaybePromise<Principal | Rejected>;
  readonly challenges: readonly Challenge[];
  /** Fields of the request that stay at the gateway, lower-case. */
  readonly ownFields?: readonly string[];
  /** Takes out of what goes to the upstream what stays at the gateway, where that is not a whole field in every case. */
  readonly withhold?: (request: UpstreamRequest) => void;
  /** For protected resource metadata (RFC 9728). */
  readonly issuer?: IssuerFacts;
}

/** What clients may know of where tokens come from. */
export interface IssuerFacts {
  readonly issuer: string;
  readonly method: 'header' | 'query' | undefined;
  /** Signature algorithms of DPoP proofs; undefined where the scheme is not offered. */
  readonly dpopAlgorithms: readonly string[] | undefined;
  readonly dpopRequired: boolean;
  readonly certificateRequired: boolean;
}

/** For a WWW-Authenticate field (RFC 9110 section 11.6.1). */
export interface Challenge {
  readonly scheme: string;
  /** Parameters besides the realm, `, ` in front of each. */
  readonly parameters: string;
  /** False where the scheme is only named to whoever uses it. */
  readonly offered: boolean;
}

/**
 * One challenge. It always has a parameter, as RFC 6750 section 3 demands.
 * @param more further parameters, `, ` in front of each; their values must need no escape
 */
export function formatChallenge(
  { scheme, parameters }: Pick<Challenge, 'scheme' | 'parameters'>,
  realm: string,
  more = '',
): string {
  return `${scheme} realm="${realm}"${parameters}${more}`;
}
