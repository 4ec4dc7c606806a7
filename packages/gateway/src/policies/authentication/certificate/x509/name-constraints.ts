import type { Certificate } from './certificate.ts';
import { childrenOf, DerFault, DerReader, type Element } from './der.ts';
import type { DistinguishedName } from './distinguished-name.ts';
import { isDnsName, nameTags, readDirectoryName } from './general-names.ts';

/** One subtree (RFC 5280 section 4.2.1.10). */
type Subtree =
  | { readonly kind: 'dns' | 'email' | 'uri'; readonly base: string }
  | { readonly kind: 'ip'; readonly address: Buffer; readonly mask: Buffer }
  | { readonly kind: 'directory'; readonly name: DistinguishedName }
  /** Of a kind of name that is not read here. */
  | { readonly kind: 'other'; readonly tag: number };

/** The names that an authority may vouch for. */
export interface NameConstraints {
  readonly permitted: readonly Subtree[];
  readonly excluded: readonly Subtree[];
}

/** Each is compared with every name. */
const mostSubtrees = 200;

/** @throws DerFault */
export function readNameConstraints(element: Element): NameConstraints {
  const reader = new DerReader(element.content);
  const permitted = reader.optional(0xa0);
  const excluded = reader.optional(0xa1);
  reader.end();
  return { permitted: readSubtrees(permitted), excluded: readSubtrees(excluded) };
}

function readSubtrees(element: Element | undefined): Subtree[] {
  if (element === undefined) return [];
  const all = childrenOf(element);
  if (all.length > mostSubtrees) throw new DerFault('too many name constraints');
  return all.map((each) => {
    const reader = new DerReader(each.content);
    const base = reader.next();
    // minimum and maximum, which must not be there.
    reader.end();
    return readBase(base);
  });
}

function readBase({ tag, content }: Element): Subtree {
  const text = content.toString('latin1').toLowerCase();
  switch (tag) {
    case nameTags.dns:
      return { kind: 'dns', base: readDomain(text) };
    case nameTags.email:
      // The domain only: of the part in front of the @, the case counts (RFC 5280 section 7.5).
      return {
        kind: 'email',
        base: text.includes('@') ? readMailbox(content.toString('latin1')) : readDomain(text),
      };
    case nameTags.uri:
      return { kind: 'uri', base: readDomain(text) };
    case nameTags.ip: {
      if (content.length !== 8 && content.length !== 32) throw new DerFault('a network that is none');
      const half = content.length / 2;
      return { kind: 'ip', address: content.subarray(0, half), mask: content.subarray(half) };
    }
    case nameTags.directory:
      return { kind: 'directory', name: readDirectoryName(content) };
    default:
      return { kind: 'other', tag };
  }
}

/** Empty for every domain; with a dot in front for those below only. */
function readDomain(text: string): string {
  if (text !== '' && !isDnsName(text.replace(/^\./, '')))
    throw new DerFault('a constraint that is no domain');
  return text;
}

function readMailbox(text: string): string {
  const at = text.lastIndexOf('@');
  return text.slice(0, at + 1) + readDomain(text.slice(at + 1).toLowerCase());
}

/**
 * Whether an authority with these constraints may vouch for the names of the certificate. Its subject is looked at too: a
 * common name that reads as a host, and mail addresses, are used as names of these kinds.
 */
export function isPermitted({ permitted, excluded }: NameConstraints, certificate: Certificate): boolean {
  return namesOf(certificate).every((name) => {
    const ofKind = (subtree: Subtree): boolean => isOfKind(subtree, name);
    if (excluded.some((each) => ofKind(each) && isIn(name, each, true))) return false;
    const relevant = permitted.filter(ofKind);
    return relevant.length === 0 || relevant.some((each) => isIn(name, each, false));
  });
}

type Name =
  | { readonly kind: 'dns' | 'email' | 'uri'; readonly text: string }
  | { readonly kind: 'ip'; readonly address: Buffer }
  | { readonly kind: 'directory'; readonly name: DistinguishedName }
  | { readonly kind: 'other'; readonly tag: number };

function namesOf({ subject, names }: Certificate): Name[] {
  const hosts = subject
    .values('cn')
    .map((each) => each.toLowerCase())
    .filter((each) => each.includes('.') && isDnsName(each));
  const mailboxes = subject.values('emailAddress');
  return [
    ...[...names.dns, ...hosts].map((text) => ({ kind: 'dns' as const, text })),
    ...[...names.email, ...mailboxes].map((text) => ({ kind: 'email' as const, text })),
    ...names.uri.map((text) => ({ kind: 'uri' as const, text })),
    ...names.ip.map((address) => ({ kind: 'ip' as const, address })),
    ...[subject, ...names.directory]
      .filter((name) => !name.isEmpty)
      .map((name) => ({ kind: 'directory' as const, name })),
    ...[...names.others].map((tag) => ({ kind: 'other' as const, tag })),
  ];
}

function isOfKind(subtree: Subtree, name: Name): boolean {
  if (subtree.kind === 'other' && name.kind === 'other') return subtree.tag === name.tag;
  return subtree.kind === name.kind;
}

/** @param doubtful what a name counts as that cannot be compared: in what is excluded, and not in what is permitted */
function isIn(name: Name, subtree: Subtree, doubtful: boolean): boolean {
  switch (subtree.kind) {
    case 'dns':
      return name.kind === 'dns' && isHostIn(name.text, subtree.base, true, doubtful);
    case 'email':
      return name.kind === 'email' && isMailboxIn(name.text, subtree.base);
    case 'uri':
      return name.kind === 'uri' && isUriIn(name.text, subtree.base, doubtful);
    case 'ip':
      return name.kind === 'ip' && isAddressIn(name.address, subtree.address, subtree.mask);
    case 'directory':
      if (name.kind !== 'directory') return false;
      return doubtful ? name.name.mayBeWithin(subtree.name) : name.name.isWithin(subtree.name);
    case 'other':
      return doubtful;
  }
}

/** @param below whether a base without a dot in front has the domains below it too: it has for DNS names only */
function isHostIn(host: string, base: string, below: boolean, doubtful: boolean): boolean {
  if (base === '') return true;
  const domain = base.replace(/^\./, '');
  if (host.endsWith(`.${domain}`) && (below || base.startsWith('.'))) return true;
  if (host === base) return true;
  // `*.example.com` stands for a name that may be excluded.
  return doubtful && host.startsWith('*.') && `.${domain}`.endsWith(host.slice(1));
}

function isMailboxIn(mailbox: string, base: string): boolean {
  const at = mailbox.lastIndexOf('@');
  const domain = mailbox.slice(at + 1).toLowerCase();
  if (base.includes('@')) return `${mailbox.slice(0, at + 1)}${domain}` === base;
  return isHostIn(domain, base, false, false);
}

/** RFC 5280 section 4.2.1.10: by the host, and a URI that has none cannot be vouched for. */
function isUriIn(uri: string, base: string, doubtful: boolean): boolean {
  const host = hostOf(uri);
  return host === undefined ? doubtful : isHostIn(host, base, false, false);
}

/** By its characters (RFC 3986 section 3.2), as a URL parser would make something else of some. */
export function hostOf(uri: string): string | undefined {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(uri)?.[1];
  const host = authority
    ?.slice(authority.lastIndexOf('@') + 1)
    .replace(/:[0-9]*$/, '')
    .toLowerCase();
  return host !== undefined && isDnsName(host) && !/^[0-9.]+$/.test(host) ? host : undefined;
}

function isAddressIn(address: Buffer, network: Buffer, mask: Buffer): boolean {
  if (address.length !== network.length) return false;
  return address.every((byte, index) => (byte & mask[index]!) === (network[index]! & mask[index]!));
}
