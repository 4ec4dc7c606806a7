import { type Certificate, clientAuth, keyUsages } from './certificate.ts';
import { isPermitted } from './name-constraints.ts';
import type { RevocationList } from './revocation-list.ts';

/** What certificates are judged by. */
export interface Trust {
  readonly anchors: readonly Certificate[];
  /** Authorities that may stand between; nothing of them is believed without an anchor. */
  readonly intermediates: readonly Certificate[];
  /** Undefined where nobody looks whether something was revoked. */
  readonly revocation: Revocation | undefined;
}

export interface Revocation {
  readonly lists: readonly RevocationList[];
  /** `leaf`: of the client's certificate only; `chain`: of every one but the anchor. */
  readonly for: 'leaf' | 'chain';
}

/** Why a certificate is not accepted. */
export interface PathFault {
  /** For the log. */
  readonly fault: string;
  /** It may be good, but whether it was revoked cannot be told. */
  readonly unverifiable?: true;
}

export interface ValidPath {
  /** From the client's certificate to the anchor. */
  readonly path: readonly Certificate[];
  /** Milliseconds since the epoch up to which nothing of this changes by itself. */
  readonly until: number;
}

/** Certificates from the client's to the anchor, both included. */
const longestPath = 5;

/** Signatures that are looked at for one certificate: names can be chosen so that all fit all. */
const mostSignatures = 24;

/**
 * Builds a path to an anchor, and validates it (RFC 5280 section 6.1, for any policy).
 * @param sent what came along with the certificate, in any order
 * @param now milliseconds since the epoch
 */
export function validate(
  leaf: Certificate,
  sent: readonly Certificate[],
  trust: Trust,
  now: number,
): ValidPath | PathFault {
  const search = new Search([...trust.intermediates, ...sent], trust, now);
  return search.from([leaf]) ?? search.fault;
}

class Search {
  readonly #intermediates: readonly Certificate[];
  readonly #trust: Trust;
  readonly #now: number;
  #signatures = 0;
  #found: PathFault | undefined = undefined;

  constructor(intermediates: readonly Certificate[], trust: Trust, now: number) {
    this.#intermediates = intermediates;
    this.#trust = trust;
    this.#now = now;
  }

  /** Why there is no path: what was wrong with the first one that led to an anchor says most. */
  get fault(): PathFault {
    return this.#found ?? { fault: 'unknown-issuer' };
  }

  /** Depth first, anchors before others. */
  from(path: readonly Certificate[]): ValidPath | undefined {
    const last = path.at(-1)!;
    for (const anchor of this.#trust.anchors) {
      if (!this.#issued(anchor, last)) continue;
      const outcome = judge([...path, anchor], this.#trust.revocation, this.#now);
      if ('path' in outcome) return outcome;
      // One that only could not be looked up is the better answer.
      if (this.#found === undefined || !isOfPath(this.#found) || outcome.unverifiable === true)
        this.#found = outcome;
    }
    const next = this.#intermediates.filter((each) => !path.some((known) => known.raw.equals(each.raw)));
    for (const each of next) {
      if (!each.isAuthority || !this.#issued(each, last)) continue;
      if (path.length + 2 > longestPath) {
        this.#found ??= { fault: 'chain-too-long' };
        continue;
      }
      const outcome = this.from([...path, each]);
      if (outcome !== undefined) return outcome;
    }
    return undefined;
  }

  #issued(issuer: Certificate, certificate: Certificate): boolean {
    if (!certificate.mayBeIssuedBy(issuer)) return false;
    if (this.#signatures++ >= mostSignatures) {
      this.#found ??= { fault: 'chain-too-long' };
      return false;
    }
    // Before a large key keeps the thread busy.
    if (!issuer.hasStrongKey) {
      this.#found ??= { fault: 'issuer-weak' };
      return false;
    }
    const isSigned = certificate.isSignedBy(issuer);
    if (!isSigned) this.#found ??= { fault: 'signature' };
    return isSigned;
  }
}

/** Whether the fault is one of a whole path, and not of the search for one. */
function isOfPath({ fault }: PathFault): boolean {
  return fault !== 'signature' && fault !== 'chain-too-long' && fault !== 'issuer-weak';
}

/** @param path complete, with signatures that hold */
function judge(
  path: readonly Certificate[],
  revocation: Revocation | undefined,
  now: number,
): ValidPath | PathFault {
  const fault = faultOf(path, now);
  if (fault !== undefined) return { fault };
  const revoked = revocation === undefined ? undefined : revocationFault(path, revocation, now);
  if (typeof revoked === 'object') return revoked;
  const ends = path.map(({ notAfter }) => notAfter + 999);
  return { path, until: Math.min(revoked ?? Number.POSITIVE_INFINITY, ...ends) };
}

function faultOf(path: readonly Certificate[], now: number): string | undefined {
  for (const [index, certificate] of path.entries()) {
    const whose = index === 0 ? '' : 'issuer-';
    if (now < certificate.notBefore) return `${whose}not-yet-valid`;
    // The last second is part of it (RFC 5280 section 4.1.2.5).
    if (now > certificate.notAfter + 999) return `${whose}expired`;
    if (!certificate.hasStrongKey) return `${whose}weak`;
    // An anchor is not trusted because of its signature.
    if (index < path.length - 1 && !certificate.isSignedStrongly) return `${whose}weak`;
    if (certificate.unknownCritical !== undefined) return `${whose}extension`;
    if (!isForClients(certificate)) return `${whose}purpose`;
    const own = index === 0 ? leafFault(certificate) : authorityFault(path, index);
    if (own !== undefined) return own;
  }
  return undefined;
}

/**
 * RFC 5280 section 4.2.1.12: without the extension for every purpose. `anyExtendedKeyUsage` is not enough, as it is not
 * for OpenSSL. What an authority is for limits what it issues.
 */
function isForClients({ extendedKeyUsage: allowed }: Certificate): boolean {
  return allowed === undefined || allowed.includes(clientAuth);
}

function leafFault({ isAuthority, keyUsage }: Certificate): string | undefined {
  // Whoever keeps the key of an authority signs certificates with it, and does not call APIs.
  if (isAuthority) return 'purpose';
  // In TLS a client signs.
  return keyUsage !== undefined && (keyUsage & keyUsages.digitalSignature) === 0 ? 'purpose' : undefined;
}

function authorityFault(path: readonly Certificate[], index: number): string | undefined {
  const { isAuthority, keyUsage, pathLength, constraints } = path[index]!;
  if (!isAuthority || (keyUsage !== undefined && (keyUsage & keyUsages.keyCertSign) === 0))
    return 'issuer-no-authority';
  const below = path.slice(1, index).filter((each) => !each.isSelfIssued).length;
  if (pathLength !== undefined && below > pathLength) return 'issuer-path-length';
  if (constraints === undefined) return undefined;
  // RFC 5280 section 6.1.3 (b): an authority that renews its own key needs no permission, whoever is last does.
  const named = path.slice(0, index).filter((each, at) => at === 0 || !each.isSelfIssued);
  return named.every((each) => isPermitted(constraints, each)) ? undefined : 'name-constraint';
}

/** @returns up to when the answer holds */
function revocationFault(
  path: readonly Certificate[],
  revocation: Revocation,
  now: number,
): PathFault | number {
  let until = Number.POSITIVE_INFINITY;
  let unverifiable: PathFault | undefined;
  const asked = revocation.for === 'leaf' ? path.slice(0, 1) : path.slice(0, -1);
  for (const [index, certificate] of asked.entries()) {
    const lists = revocation.lists.filter((list) => list.isOf(path[index + 1]!));
    // Of an old list too: what was taken back once stays so.
    if (lists.some((list) => list.revokes(certificate)))
      return { fault: index === 0 ? 'revoked' : 'issuer-revoked' };
    const current = lists.filter((list) => now >= list.thisUpdate && now < list.nextUpdate);
    if (current.length > 0) until = Math.min(until, Math.max(...current.map(({ nextUpdate }) => nextUpdate)));
    else unverifiable ??= { fault: lists.length === 0 ? 'crl-missing' : 'crl-expired', unverifiable: true };
  }
  return unverifiable ?? until;
}
