import type { Head, Principal } from '../../exchange.ts';
import type { MaybePromise } from '../../policy.ts';
import { type Authenticator, type Challenge, type Rejected, rejected } from './authenticator.ts';
import type { Credential } from './credential.ts';

/** Somewhere in a request where credentials are, and who judges them: issuers of tokens share the field Authorization. */
export interface Place {
  readonly id: string;
  readonly authenticators: readonly [Authenticator, ...Authenticator[]];
  readonly ambient: boolean;
  /** What is there comes before the certificate of the connection. */
  readonly isHandedOn: boolean;
  /** Without repetitions. */
  readonly challenges: readonly Challenge[];
}

export function groupByPlace(accepted: readonly Authenticator[]): readonly Place[] {
  const groups = new Map<string, [Authenticator, ...Authenticator[]]>();
  for (const each of accepted) {
    const group = groups.get(each.place);
    if (group === undefined) groups.set(each.place, [each]);
    else group.push(each);
  }
  return [...groups].sort(handedOnFirst).map(([id, authenticators]) => {
    const challenges = new Map<string, Challenge>();
    for (const challenge of authenticators.flatMap((each) => each.challenges)) {
      const key = `${challenge.scheme}${challenge.parameters}`;
      const known = challenges.get(key);
      if (known === undefined || challenge.offered) challenges.set(key, challenge);
    }
    return {
      id,
      authenticators,
      ambient: authenticators[0].ambient === true,
      isHandedOn: authenticators[0].isHandedOn === true,
      challenges: [...challenges.values()],
    };
  });
}

/** What a proxy hands on is the credential of its client; the one of its own connection must not be taken for that. */
function handedOnFirst(
  [, [one]]: readonly [string, readonly [Authenticator, ...Authenticator[]]],
  [, [other]]: readonly [string, readonly [Authenticator, ...Authenticator[]]],
): number {
  return Number(other.isHandedOn ?? false) - Number(one.isHandedOn ?? false);
}

/**
 * Judges a credential. Where several authenticators share the place, those come first that know it already, then those
 * whose it can be; the first that vouches for it decides who calls.
 */
export function judgeCredential(
  authenticators: readonly [Authenticator, ...Authenticator[]],
  credential: Credential,
  request: Head,
): MaybePromise<Principal | Rejected> {
  if (authenticators.length === 1) {
    const outcome = authenticators[0].verify(credential, request);
    return outcome instanceof Promise
      ? outcome.then((each) => named(authenticators[0], each))
      : named(authenticators[0], outcome);
  }
  for (const each of authenticators) {
    const known = each.recall?.(credential, request);
    if (known !== undefined) return known;
  }
  const possible = authenticators.filter((each) => each.mayJudge?.(credential) ?? true);
  return judgeInTurn(possible, credential, request, 0, undefined);
}

function judgeInTurn(
  possible: readonly Authenticator[],
  credential: Credential,
  request: Head,
  from: number,
  before: Rejected | undefined,
): MaybePromise<Principal | Rejected> {
  const by = possible[from];
  if (by === undefined) return before ?? rejected('issuer-unknown');
  const outcome = by.verify(credential, request);
  const next = (settled: Principal | Rejected): MaybePromise<Principal | Rejected> =>
    settled.kind === 'rejected'
      ? judgeInTurn(possible, credential, request, from + 1, together(before, named(by, settled)))
      : settled;
  return outcome instanceof Promise ? outcome.then(next) : next(outcome);
}

function named<T extends Principal | Rejected>(by: Authenticator, outcome: T): T {
  return outcome.kind === 'rejected' ? { ...outcome, reason: `${by.name}: ${outcome.reason}` } : outcome;
}

/** Where one of them could not tell, nobody can say that the credential is invalid. */
export function together(before: Rejected | undefined, outcome: Rejected): Rejected {
  if (before === undefined) return outcome;
  const unavailable = before.unavailable ?? outcome.unavailable;
  return {
    ...outcome,
    reason: `${before.reason}; ${outcome.reason}`,
    ...(unavailable === undefined ? {} : { unavailable }),
  };
}
