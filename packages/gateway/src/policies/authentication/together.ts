import type { Head, Principal } from '../../exchange.ts';
import type { Authenticator, Rejected } from './authenticator.ts';
import type { Credential } from './credential.ts';
import { judgeCredential, type Place, together } from './places.ts';

/** Authenticators that must all vouch for a request, and where each has its credential. Both lists go together. */
export interface Way {
  readonly members: readonly Authenticator[];
  readonly places: readonly Place[];
}

export interface Together {
  readonly outcome: Principal | Rejected;
  /** Where the credential is of whoever calls, or the one that was refused. */
  readonly place: Place;
}

/**
 * Tries the ways in turn, each authenticator once: a DPoP proof, for one, is good a single time.
 * @param ways at least one, whose credentials are all given
 */
export async function judgeTogether(
  ways: readonly Way[],
  given: ReadonlyMap<Place, Credential>,
  request: Head,
): Promise<Together> {
  const settled = new Map<Authenticator, Principal | Rejected>();
  let refused: { readonly outcome: Rejected; readonly place: Place } | undefined;
  for (const way of ways) {
    const { outcome, place } = await judgeWay(way, given, request, settled);
    if (outcome.kind !== 'rejected') return { outcome, place };
    refused = { outcome: together(refused?.outcome, outcome), place };
  }
  return refused!;
}

async function judgeWay(
  { members, places }: Way,
  given: ReadonlyMap<Place, Credential>,
  request: Head,
  settled: Map<Authenticator, Principal | Rejected>,
): Promise<Together> {
  const vouching: Principal[] = [];
  for (const [index, member] of members.entries()) {
    const place = places[index]!;
    const credential = given.get(place)!;
    const outcome = settled.get(member) ?? (await judgeCredential([member], credential, request));
    settled.set(member, outcome);
    if (outcome.kind === 'rejected') return { outcome, place };
    vouching.push(outcome);
  }
  const [first, ...also] = vouching;
  return { outcome: also.length === 0 ? first! : { ...first!, also }, place: places[0]! };
}
