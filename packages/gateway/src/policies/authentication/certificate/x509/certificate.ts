import { type KeyObject, X509Certificate } from 'node:crypto';
import { isStrongKey, readSignatureAlgorithm } from './algorithms.ts';
import {
  childrenOf,
  DerFault,
  DerReader,
  type Element,
  readBoolean,
  readInteger,
  readNamedBits,
  readOid,
  readSmallInteger,
  readTime,
  readWhole,
  tags,
} from './der.ts';
import { DistinguishedName } from './distinguished-name.ts';
import { type GeneralNames, noNames, readGeneralNames } from './general-names.ts';
import { type NameConstraints, readNameConstraints } from './name-constraints.ts';

/** Bits of keyUsage (RFC 5280 section 4.2.1.3), as `readNamedBits` numbers them. */
export const keyUsages = { digitalSignature: 1 << 0, keyCertSign: 1 << 5, crlSign: 1 << 6 } as const;

/** id-kp-clientAuth. */
export const clientAuth = '1.3.6.1.5.5.7.3.2';

/** What extensions say. Undefined: there is no such extension. */
interface Extensions {
  isAuthority: boolean;
  /** How many authorities may follow. */
  pathLength: number | undefined;
  keyUsage: number | undefined;
  extendedKeyUsage: readonly string[] | undefined;
  names: GeneralNames;
  constraints: NameConstraints | undefined;
  subjectKeyId: string | undefined;
  authorityKeyId: string | undefined;
  /** A critical extension that is not understood here: whoever does not understand it must refuse. */
  unknownCritical: string | undefined;
}

/** Longer ones nobody has, and each costs as long as it is. */
export const longestCertificate = 16_384;

/**
 * A certificate of version 3 (RFC 5280 section 4.1). Read here strictly, as DER; the key and the signature are left to
 * OpenSSL.
 */
export class Certificate implements Readonly<Extensions> {
  /** Upper-case hexadecimal digits. */
  readonly serial: string;
  readonly issuer: DistinguishedName;
  readonly subject: DistinguishedName;
  /** Milliseconds since the epoch; the last second is part of it. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** False for one that is signed with an algorithm that is not to be relied on. */
  readonly isSignedStrongly: boolean;
  readonly isAuthority!: boolean;
  readonly pathLength!: number | undefined;
  readonly keyUsage!: number | undefined;
  readonly extendedKeyUsage!: readonly string[] | undefined;
  readonly names!: GeneralNames;
  readonly constraints!: NameConstraints | undefined;
  readonly subjectKeyId!: string | undefined;
  readonly authorityKeyId!: string | undefined;
  readonly unknownCritical!: string | undefined;
  readonly #x509: X509Certificate;
  #key: KeyObject | null | undefined = undefined;

  /** @throws DerFault, or whatever OpenSSL says */
  constructor(raw: Buffer) {
    if (raw.length > longestCertificate) throw new DerFault('it is too long');
    const [signed, algorithm, signature, ...more] = childrenOf(readWhole(raw, tags.sequence));
    if (signed?.tag !== tags.sequence || algorithm?.tag !== tags.sequence)
      throw new DerFault('no certificate');
    if (signature?.tag !== tags.bitString || more.length > 0) throw new DerFault('no certificate');
    const reader = new DerReader(signed.content);
    // Version 3: older ones have no extensions, so that nobody knows what they are for.
    if (readSmallInteger(readWhole(reader.next(0xa0).content, tags.integer)) !== 2)
      throw new DerFault('it is not of version 3');
    this.serial = readInteger(reader.next(tags.integer));
    const inner = reader.next(tags.sequence);
    // RFC 5280 section 4.1.1.2: what is not signed must say the same.
    if (!inner.whole.equals(algorithm.whole)) throw new DerFault('two signature algorithms');
    this.isSignedStrongly = readSignatureAlgorithm(algorithm) !== undefined;
    this.issuer = new DistinguishedName(reader.next(tags.sequence));
    const [from, to, ...times] = childrenOf(reader.next(tags.sequence));
    if (from === undefined || to === undefined || times.length > 0) throw new DerFault('no times');
    this.notBefore = readTime(from);
    this.notAfter = readTime(to);
    this.subject = new DistinguishedName(reader.next(tags.sequence));
    refuseWrittenOutCurve(reader.next(tags.sequence));
    // issuerUniqueID and subjectUniqueID, which nobody uses (RFC 5280 section 4.1.2.8).
    reader.optional(0x81);
    reader.optional(0x82);
    const extensions = reader.optional(0xa3);
    reader.end();
    Object.assign(this, readExtensions(extensions));
    this.#x509 = new X509Certificate(raw);
    // Node looks for PEM in the bytes first: one that stands inside, in an extension that nobody minds, would have its
    // key and signature taken for those of what was read here.
    if (!this.#x509.raw.equals(raw)) throw new DerFault('OpenSSL reads another certificate');
  }

  get raw(): Buffer {
    return this.#x509.raw;
  }

  /** SHA-256, hexadecimal with colons. */
  get fingerprint(): string {
    return this.#x509.fingerprint256;
  }

  /** Undefined for a key of a kind that is not known. */
  get key(): KeyObject | undefined {
    if (this.#key === undefined) {
      try {
        this.#key = this.#x509.publicKey;
      } catch {
        this.#key = null;
      }
    }
    return this.#key ?? undefined;
  }

  get hasStrongKey(): boolean {
    return this.key !== undefined && isStrongKey(this.key);
  }

  get isSelfIssued(): boolean {
    return this.issuer.isSame(this.subject);
  }

  /** Whether the other one may be the issuer, by name and key identifier; only the signature can tell. */
  mayBeIssuedBy(other: Certificate): boolean {
    const { authorityKeyId } = this;
    if (
      authorityKeyId !== undefined &&
      other.subjectKeyId !== undefined &&
      authorityKeyId !== other.subjectKeyId
    )
      return false;
    return !other.subject.isEmpty && this.issuer.isSame(other.subject);
  }

  isSignedBy({ key }: Certificate): boolean {
    try {
      return key !== undefined && this.#x509.verify(key);
    } catch {
      return false;
    }
  }
}

/**
 * RFC 5480 section 2.1.1: a curve has a name. One that is written out may be another one that looks like it
 * (CVE-2020-0601).
 */
function refuseWrittenOutCurve(keyInfo: Element): void {
  const algorithm = new DerReader(new DerReader(keyInfo.content).next(tags.sequence).content);
  if (readOid(algorithm.next(tags.oid)) !== '1.2.840.10045.2.1') return;
  algorithm.next(tags.oid);
  algorithm.end();
}

/** Extensions that are understood, or about what nobody here asks: policies, as any is accepted. */
const understood: ReadonlySet<string> = new Set(['2.5.29.32']);

/** More than any certificate has. */
const mostExtensions = 64;

function readExtensions(tagged: Element | undefined): Extensions {
  const found: Extensions = {
    isAuthority: false,
    pathLength: undefined,
    keyUsage: undefined,
    extendedKeyUsage: undefined,
    names: noNames,
    constraints: undefined,
    subjectKeyId: undefined,
    authorityKeyId: undefined,
    unknownCritical: undefined,
  };
  if (tagged === undefined) return found;
  const list = childrenOf(readWhole(tagged.content, tags.sequence), tags.sequence);
  const seen = new Set<string>();
  for (const { oid, critical, value } of list.slice(0, mostExtensions + 1).map(readExtension)) {
    // RFC 5280 section 4.2: one of each, or two readers could choose another one each.
    if (seen.has(oid) || seen.size >= mostExtensions) throw new DerFault('an extension twice, or too many');
    seen.add(oid);
    const known = readKnown(oid, value, found);
    if (!known && critical && !understood.has(oid)) found.unknownCritical ??= oid;
  }
  return found;
}

export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Buffer;
}

export function readExtension(element: Element): Extension {
  const reader = new DerReader(element.content);
  const oid = readOid(reader.next(tags.oid));
  const flag = reader.optional(tags.boolean);
  const value = reader.next(tags.octetString).content;
  reader.end();
  return { oid, critical: flag !== undefined && readBoolean(flag), value };
}

/** @returns false for an extension that is not read here */
function readKnown(oid: string, value: Buffer, into: Extensions): boolean {
  switch (oid) {
    case '2.5.29.14':
      into.subjectKeyId = readWhole(value, tags.octetString).content.toString('hex');
      return true;
    case '2.5.29.15':
      into.keyUsage = readNamedBits(readWhole(value, tags.bitString));
      return true;
    case '2.5.29.17':
      into.names = readGeneralNames(readWhole(value, tags.sequence));
      return true;
    case '2.5.29.19': {
      const reader = new DerReader(readWhole(value, tags.sequence).content);
      const authority = reader.optional(tags.boolean);
      const length = reader.optional(tags.integer);
      reader.end();
      into.isAuthority = authority !== undefined && readBoolean(authority);
      into.pathLength = length === undefined ? undefined : readSmallInteger(length);
      return true;
    }
    case '2.5.29.30':
      into.constraints = readNameConstraints(readWhole(value, tags.sequence));
      return true;
    case '2.5.29.35': {
      const reader = new DerReader(readWhole(value, tags.sequence).content);
      into.authorityKeyId = reader.optional(0x80)?.content.toString('hex');
      return true;
    }
    case '2.5.29.37':
      into.extendedKeyUsage = childrenOf(readWhole(value, tags.sequence), tags.oid).map(readOid);
      return true;
    default:
      return false;
  }
}
