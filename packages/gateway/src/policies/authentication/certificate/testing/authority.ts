import { constants, generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto';
import { tags } from '../x509/der.ts';

/** Certificates and lists for tests, right and wrong ones: written byte by byte, so that nothing helps to be right. */

/** DER of one element. */
export function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  const size = bytes.subarray(bytes.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.from([tag, 0x80 | size.length]), size, content]);
}

export const sequence = (...contents: readonly Buffer[]): Buffer => der(tags.sequence, ...contents);

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const digits = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      digits.unshift((left % 128) | 0x80);
    return digits;
  });
  return der(tags.oid, Buffer.from(bytes));
}

export function integer(hex: string): Buffer {
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return der(
    tags.integer,
    Buffer.from(Number.parseInt(even.slice(0, 2), 16) >= 0x80 ? `00${even}` : even, 'hex'),
  );
}

function time(at: number): Buffer {
  const text = `${new Date(at).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
  return at < Date.UTC(2050)
    ? der(tags.utcTime, Buffer.from(text.slice(2)))
    : der(tags.generalizedTime, Buffer.from(text));
}

const types: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  C: '2.5.4.6',
  L: '2.5.4.7',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  UID: '0.9.2342.19200300.100.1.1',
  emailAddress: '1.2.840.113549.1.9.1',
};

/** A value of a name: a text of UTF-8, or an element of any kind. */
export type Value = string | { readonly tag: number; readonly bytes: Buffer };
/** Parts in the order of the certificate; one with several attributes has several entries. */
export type NameParts = readonly (readonly (readonly [type: string, value: Value])[])[];

export function name(parts: NameParts): Buffer {
  return sequence(
    ...parts.map((part) =>
      der(tags.set, ...part.map(([type, value]) => sequence(oid(types[type] ?? type), encodeValue(value)))),
    ),
  );
}

function encodeValue(value: Value): Buffer {
  return typeof value === 'string' ? der(tags.utf8String, Buffer.from(value)) : der(value.tag, value.bytes);
}

/** `O=Example`, `CN=orders` and so on, one attribute for each part. */
export function dn(...written: readonly string[]): NameParts {
  return written.map((each) => [[each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]]);
}

export interface Extension {
  readonly oid: string;
  readonly critical?: boolean;
  readonly value: Buffer;
}

export const extension = {
  basicConstraints: (authority: boolean, pathLength?: number): Extension => ({
    oid: '2.5.29.19',
    critical: true,
    value: sequence(
      ...(authority ? [der(tags.boolean, Buffer.from([0xff]))] : []),
      ...(pathLength === undefined ? [] : [integer(pathLength.toString(16))]),
    ),
  }),
  /** @param bits by number, as RFC 5280 section 4.2.1.3 has them */
  keyUsage: (...bits: readonly number[]): Extension => {
    const byte = bits.reduce((all, bit) => all | (0x80 >> bit), 0);
    const unused = 7 - Math.max(...bits);
    return { oid: '2.5.29.15', critical: true, value: der(tags.bitString, Buffer.from([unused, byte])) };
  },
  purposes: (...oids: readonly string[]): Extension => ({
    oid: '2.5.29.37',
    value: sequence(...oids.map(oid)),
  }),
  /** @param names such as `dns:a.example`, `uri:…`, `email:…`, `ip:7f000001`, `rid:1.2.3` */
  names: (...names: readonly string[]): Extension => ({
    oid: '2.5.29.17',
    value: sequence(...names.map(generalName)),
  }),
  constraints: (permitted: readonly string[], excluded: readonly string[] = []): Extension => ({
    oid: '2.5.29.30',
    critical: true,
    value: sequence(...subtrees(0xa0, permitted), ...subtrees(0xa1, excluded)),
  }),
};

export function generalName(written: string): Buffer {
  const [kind = '', ...rest] = written.split(':');
  const text = rest.join(':');
  switch (kind) {
    case 'email':
      return der(0x81, Buffer.from(text, 'latin1'));
    case 'dns':
      return der(0x82, Buffer.from(text, 'latin1'));
    case 'uri':
      return der(0x86, Buffer.from(text, 'latin1'));
    case 'ip':
      return der(0x87, Buffer.from(text, 'hex'));
    case 'dir':
      return der(0xa4, name(dn(...text.split(','))));
    case 'rid':
      return Buffer.from([0x88, ...oid(text).subarray(1)]);
    default:
      return der(0xa0, oid('1.3.6.1.4.1.311.20.2.3'), der(0xa0, der(tags.utf8String, Buffer.from(text))));
  }
}

function subtrees(tag: number, names: readonly string[]): Buffer[] {
  return names.length === 0 ? [] : [der(tag, ...names.map((each) => sequence(generalName(each))))];
}

export const clientAuth = '1.3.6.1.5.5.7.3.2';
export const serverAuth = '1.3.6.1.5.5.7.3.1';

interface Signing {
  readonly algorithm: Buffer;
  readonly hash: string | null;
  readonly isPss?: boolean;
}

const null_ = der(tags.null);

/** RFC 4055 section 3.1: without parameters it is SHA-1. */
function pss(hash: string, hashOid?: string): Signing {
  if (hashOid === undefined) return { algorithm: sequence(oid(pssOid), sequence()), hash, isPss: true };
  const digest = sequence(oid(hashOid), null_);
  const mask = sequence(oid('1.2.840.113549.1.1.8'), digest);
  const length = integer(hash === 'sha1' ? '14' : '20');
  const parameters = sequence(der(0xa0, digest), der(0xa1, mask), der(0xa2, length));
  return { algorithm: sequence(oid(pssOid), parameters), hash, isPss: true };
}

const pssOid = '1.2.840.113549.1.1.10';

/** How keys sign; `sha1` for what must be refused. */
export const signings: Readonly<Record<string, Signing>> = {
  ec: { algorithm: sequence(oid('1.2.840.10045.4.3.2')), hash: 'sha256' },
  'ec-sha384': { algorithm: sequence(oid('1.2.840.10045.4.3.3')), hash: 'sha384' },
  'ec-sha512': { algorithm: sequence(oid('1.2.840.10045.4.3.4')), hash: 'sha512' },
  'ec-sha1': { algorithm: sequence(oid('1.2.840.10045.4.1')), hash: 'sha1' },
  rsa: { algorithm: sequence(oid('1.2.840.113549.1.1.11'), null_), hash: 'sha256' },
  'rsa-sha384': { algorithm: sequence(oid('1.2.840.113549.1.1.12'), null_), hash: 'sha384' },
  'rsa-sha512': { algorithm: sequence(oid('1.2.840.113549.1.1.13'), null_), hash: 'sha512' },
  'rsa-sha1': { algorithm: sequence(oid('1.2.840.113549.1.1.5'), null_), hash: 'sha1' },
  'rsa-md5': { algorithm: sequence(oid('1.2.840.113549.1.1.4'), null_), hash: 'md5' },
  pss: pss('sha256', '2.16.840.1.101.3.4.2.1'),
  'pss-sha1': pss('sha1', '1.3.14.3.2.26'),
  'pss-unsaid': pss('sha1'),
  ed25519: { algorithm: sequence(oid('1.3.101.112')), hash: null },
  ed448: { algorithm: sequence(oid('1.3.101.113')), hash: null },
};

function signedBy({ hash: digest, isPss }: Signing, bytes: Buffer, key: KeyObject): Buffer {
  if (isPss !== true) return sign(digest, bytes, key);
  const saltLength = digest === 'sha1' ? 20 : 32;
  return sign(digest, bytes, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
}

export interface CertificateParts {
  readonly subject?: NameParts;
  readonly serial?: string;
  /** Milliseconds since the epoch. */
  readonly from?: number;
  readonly to?: number;
  readonly extensions?: readonly Extension[];
  readonly key?: KeyPair;
  readonly signing?: string;
  /** What the signed part says in the place of the real algorithm. */
  readonly inner?: string;
  /** Signed by this key in the place of the issuer's. */
  readonly signedBy?: KeyObject;
  readonly version?: Buffer;
}

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export function ecKey(namedCurve = 'P-256'): KeyPair {
  return generateKeyPairSync('ec', { namedCurve });
}

/** A certificate with its key, which may be of an authority. */
export class Made {
  readonly raw: Buffer;
  readonly key: KeyPair;
  readonly subject: NameParts;

  constructor(raw: Buffer, key: KeyPair, subject: NameParts) {
    this.raw = raw;
    this.key = key;
    this.subject = subject;
  }

  get pem(): string {
    return pemOf('CERTIFICATE', this.raw);
  }

  get keyPem(): string {
    return this.key.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  }

  get thumbprint(): string {
    return hash('sha256', this.raw, 'base64url');
  }

  /** RFC 9440 section 2.1. */
  get field(): string {
    return `:${this.raw.toString('base64')}:`;
  }

  /** Issues a certificate; a client's, unless its parts say otherwise. */
  issue(parts: CertificateParts = {}): Made {
    const extensions = parts.extensions ?? [
      extension.basicConstraints(false),
      extension.keyUsage(0),
      extension.purposes(clientAuth),
    ];
    return make(this, { ...parts, extensions });
  }

  /** Issues an authority below this one. */
  authority(subject: NameParts, more: readonly Extension[] = [], parts: CertificateParts = {}): Made {
    const extensions = [extension.basicConstraints(true), extension.keyUsage(5, 6), ...more];
    return make(this, { subject, extensions, ...parts });
  }

  /** @param revoked serial numbers */
  list(revoked: readonly string[], parts: ListParts = {}): Buffer {
    const { from = Date.now() - 60_000, to = Date.now() + 3_600_000, signing = 'ec' } = parts;
    const how = signings[signing]!;
    const { algorithm } = how;
    const below = der(tags.integer, Buffer.from([0xff]));
    const serialNumbers = [...revoked.map(integer), ...(parts.negative === true ? [below] : [])];
    const entries = serialNumbers.map((serial) => sequence(serial, time(from), ...(parts.entry ?? [])));
    const { version = '1' } = parts;
    const signed = sequence(
      ...(version === null ? [] : [integer(version)]),
      parts.inner === undefined ? algorithm : signings[parts.inner]!.algorithm,
      name(this.subject),
      time(from),
      ...(to === null ? [] : [time(to)]),
      ...(entries.length === 0 ? [] : [sequence(...entries)]),
      ...(parts.extensions === undefined
        ? []
        : [der(0xa0, sequence(...parts.extensions.map(encodeExtension)))]),
    );
    const signature = signedBy(how, signed, parts.signedBy ?? this.key.privateKey);
    return sequence(signed, algorithm, der(tags.bitString, Buffer.from([0]), signature));
  }
}

export interface ListParts {
  readonly from?: number;
  /** Null for none. */
  readonly to?: number | null;
  /** Null for none, as lists of the first version have it. */
  readonly version?: string | null;
  readonly signing?: string;
  /** What the signed part says in the place of the real algorithm. */
  readonly inner?: string;
  readonly signedBy?: KeyObject;
  readonly extensions?: readonly Extension[];
  readonly entry?: readonly Buffer[];
  /** With an entry whose serial number is below zero. */
  readonly negative?: boolean;
}

/** An authority that signs itself. */
export function root(subject: NameParts, parts: CertificateParts = {}): Made {
  const extensions = [extension.basicConstraints(true), extension.keyUsage(5, 6)];
  return make(undefined, { subject, extensions, ...parts });
}

let serials = 0x1000;

function make(issuer: Made | undefined, parts: CertificateParts): Made {
  const key = parts.key ?? ecKey();
  const subject = parts.subject ?? dn('O=Example', 'CN=orders');
  const how = signings[parts.signing ?? 'ec']!;
  const { algorithm } = how;
  const now = Date.now();
  const signed = sequence(
    der(0xa0, parts.version ?? integer('2')),
    integer(parts.serial ?? (serials++).toString(16)),
    parts.inner === undefined ? algorithm : signings[parts.inner]!.algorithm,
    name((issuer ?? { subject }).subject),
    sequence(time(parts.from ?? now - 3_600_000), time(parts.to ?? now + 86_400_000)),
    name(subject),
    key.publicKey.export({ type: 'spki', format: 'der' }),
    ...(parts.extensions === undefined || parts.extensions.length === 0
      ? []
      : [der(0xa3, sequence(...parts.extensions.map(encodeExtension)))]),
  );
  const signature = signedBy(how, signed, parts.signedBy ?? (issuer?.key ?? key).privateKey);
  return new Made(
    sequence(signed, algorithm, der(tags.bitString, Buffer.from([0]), signature)),
    key,
    subject,
  );
}

function encodeExtension({ oid: id, critical, value }: Extension): Buffer {
  const flag = critical === true ? [der(tags.boolean, Buffer.from([0xff]))] : [];
  return sequence(oid(id), ...flag, der(tags.octetString, value));
}

export function pemOf(label: string, raw: Buffer): string {
  const lines = raw.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
