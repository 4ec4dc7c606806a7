import { constants, verify as verifySignature } from 'node:crypto';
import { readSignatureAlgorithm, type SignatureAlgorithm } from './algorithms.ts';
import { type Certificate, type Extension, keyUsages, readExtension } from './certificate.ts';
import {
  childrenOf,
  DerFault,
  DerReader,
  type Element,
  readBytes,
  readInteger,
  readSmallInteger,
  readTime,
  readWhole,
  tags,
} from './der.ts';
import { DistinguishedName } from './distinguished-name.ts';

/** What an authority has taken back (RFC 5280 section 5). */
export class RevocationList {
  readonly issuer: DistinguishedName;
  /** Milliseconds since the epoch. */
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly #serials: ReadonlySet<string>;
  readonly #signed: Buffer;
  readonly #signature: Buffer;
  readonly #algorithm: SignatureAlgorithm;
  /** By fingerprint of the issuer: the whole list is hashed for each answer. */
  readonly #verified = new Map<string, boolean>();

  /** @throws DerFault for what is no list, or one of a kind that does not say all of what was taken back */
  constructor(der: Buffer) {
    const [signed, algorithm, signature, ...more] = childrenOf(readWhole(der, tags.sequence));
    if (signed?.tag !== tags.sequence || algorithm?.tag !== tags.sequence || more.length > 0)
      throw new DerFault('no list of revoked certificates');
    if (signature?.tag !== tags.bitString) throw new DerFault('no list of revoked certificates');
    const reader = new DerReader(signed.content);
    const version = reader.optional(tags.integer);
    if (version !== undefined && readSmallInteger(version) !== 1)
      throw new DerFault('a version that is not known');
    const inner = reader.next(tags.sequence);
    const found = readSignatureAlgorithm(algorithm);
    if (!inner.whole.equals(algorithm.whole)) throw new DerFault('two signature algorithms');
    if (found === undefined)
      throw new DerFault('it is signed with an algorithm that is too weak, or not known');
    this.issuer = new DistinguishedName(reader.next(tags.sequence));
    this.thisUpdate = readTime(reader.next());
    if (reader.nextTag !== tags.utcTime && reader.nextTag !== tags.generalizedTime)
      throw new DerFault('it does not say when the next one comes (nextUpdate)');
    this.nextUpdate = readTime(reader.next());
    this.#serials = readEntries(reader.optional(tags.sequence));
    const extensions = reader.optional(0xa0);
    reader.end();
    if (extensions !== undefined) {
      const list = childrenOf(readWhole(extensions.content, tags.sequence), tags.sequence);
      for (const each of list.map(readExtension)) refuseUnknown(each);
    }
    this.#signed = signed.whole;
    this.#signature = readBytes(signature);
    this.#algorithm = found;
  }

  get size(): number {
    return this.#serials.size;
  }

  revokes({ serial }: Certificate): boolean {
    return this.#serials.has(serial);
  }

  /** Whether it is of this very authority, and not of another one with its name. */
  isOf(authority: Certificate): boolean {
    if (!this.issuer.isSame(authority.subject)) return false;
    const { keyUsage, fingerprint } = authority;
    if (keyUsage !== undefined && (keyUsage & keyUsages.crlSign) === 0) return false;
    let verified = this.#verified.get(fingerprint);
    if (verified === undefined) {
      verified = this.#isSignedBy(authority);
      if (this.#verified.size >= 100) this.#verified.clear();
      this.#verified.set(fingerprint, verified);
    }
    return verified;
  }

  #isSignedBy({ key }: Certificate): boolean {
    if (key === undefined) return false;
    const { hash, isPss } = this.#algorithm;
    const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO };
    try {
      return verifySignature(hash, this.#signed, isPss ? { key, ...padding } : key, this.#signature);
    } catch {
      return false;
    }
  }
}

/** One by one: a list may have a hundred thousand. */
function readEntries(list: Element | undefined): ReadonlySet<string> {
  const serials = new Set<string>();
  if (list === undefined) return serials;
  const entries = new DerReader(list.content);
  while (!entries.done) {
    const entry = new DerReader(entries.next(tags.sequence).content);
    const serial = entry.next(tags.integer);
    // Negative ones are there against the rules; no certificate that is read here has one.
    if ((serial.content[0] ?? 0) < 0x80) serials.add(readInteger(serial));
    // When it was revoked matters to nobody, and reading it takes as long as all the rest.
    if (entry.nextTag !== tags.utcTime && entry.nextTag !== tags.generalizedTime)
      throw new DerFault('no time');
    entry.next();
    const extensions = entry.optional(tags.sequence);
    entry.end();
    if (extensions === undefined) continue;
    // An entry may be about a certificate of another issuer, which has to be critical (section 5.3.3).
    for (const each of childrenOf(extensions, tags.sequence).map(readExtension)) {
      if (each.critical)
        throw new DerFault(`an entry with a critical extension that is not known, ${each.oid}`);
    }
  }
  return serials;
}

function refuseUnknown({ oid, critical }: Extension): void {
  if (oid === '2.5.29.27')
    throw new DerFault('it only has what changed (a delta CRL); the full one is needed');
  if (oid === '2.5.29.28')
    throw new DerFault(
      'it is only about a part of the certificates (issuingDistributionPoint); the full one is needed',
    );
  // authorityKeyIdentifier and cRLNumber.
  if (critical && oid !== '2.5.29.35' && oid !== '2.5.29.20')
    throw new DerFault(`a critical extension that is not known, ${oid}`);
}
