import { childrenOf, DerFault, type Element, tags } from './der.ts';
import { DistinguishedName } from './distinguished-name.ts';

/** The names of a subjectAltName extension (RFC 5280 section 4.2.1.6). */
export interface GeneralNames {
  /** Lower-case. */
  readonly dns: readonly string[];
  readonly email: readonly string[];
  readonly uri: readonly string[];
  /** 4 or 16 bytes each. */
  readonly ip: readonly Buffer[];
  readonly directory: readonly DistinguishedName[];
  /** Tags of names that nothing here reads. */
  readonly others: ReadonlySet<number>;
}

export const noNames: GeneralNames = {
  dns: [],
  email: [],
  uri: [],
  ip: [],
  directory: [],
  others: new Set(),
};

/** Tags of GeneralName, with the class of context. */
export const nameTags = { email: 0x81, dns: 0x82, directory: 0xa4, uri: 0x86, ip: 0x87 } as const;

/** Each is compared with every constraint of every authority above. */
const mostNames = 100;

const dnsName =
  /^(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const uriCharacters = /^[a-z][a-z0-9+.-]{0,31}:[A-Za-z0-9._~:/?#[\]@!$&'()*+,;=%-]{1,2048}$/i;

/**
 * @param element a SEQUENCE of GeneralName
 * @throws DerFault, also for a name with characters that no such name has: whoever reads it in another way reads another
 */
export function readGeneralNames(element: Element): GeneralNames {
  const names = {
    dns: [] as string[],
    email: [] as string[],
    uri: [] as string[],
    ip: [] as Buffer[],
    directory: [] as DistinguishedName[],
    others: new Set<number>(),
  };
  const all = childrenOf(element);
  if (all.length === 0 || all.length > mostNames) throw new DerFault('no names, or too many');
  for (const { tag, content } of all) {
    const text = content.toString('latin1');
    switch (tag) {
      case nameTags.dns:
        names.dns.push(readDns(text));
        break;
      case nameTags.email:
        names.email.push(readEmail(text));
        break;
      case nameTags.uri:
        if (!uriCharacters.test(text)) throw new DerFault('a URI that is none');
        names.uri.push(text);
        break;
      case nameTags.ip:
        if (content.length !== 4 && content.length !== 16) throw new DerFault('an address that is none');
        names.ip.push(content);
        break;
      case nameTags.directory:
        names.directory.push(readDirectoryName(content));
        break;
      default:
        names.others.add(tag);
    }
  }
  return names;
}

/** The content of a directoryName, which is tagged around the name (RFC 5280 appendix A.2). */
export function readDirectoryName(content: Buffer): DistinguishedName {
  const [name, ...more] = childrenOf({ tag: nameTags.directory, content, whole: content }, tags.sequence);
  if (name === undefined || more.length > 0) throw new DerFault('a directory name that is none');
  return new DistinguishedName(name);
}

export function isDnsName(lower: string): boolean {
  return lower.length <= 253 && dnsName.test(lower);
}

function readDns(text: string): string {
  const lower = text.toLowerCase();
  if (!isDnsName(lower)) throw new DerFault('a DNS name that is none');
  return lower;
}

/** The domain in lower case (RFC 5280 section 7.5). */
function readEmail(text: string): string {
  const [local = '', domain = '', ...more] = text.split('@');
  if (more.length > 0 || !/^[\x21-\x7e]{1,64}$/.test(local))
    throw new DerFault('a mail address that is none');
  return `${local}@${readDns(domain)}`;
}
