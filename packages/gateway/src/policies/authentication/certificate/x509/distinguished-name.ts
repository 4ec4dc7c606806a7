import { childrenOf, DerFault, DerReader, type Element, readOid, tags } from './der.ts';

/** One attribute of a name. */
interface Attribute {
  /** Object identifier, dotted. */
  readonly type: string;
  /** Undefined where the value is of a kind of string that is read differently by different readers, or no string. */
  readonly text: string | undefined;
  /** DER of the value. */
  readonly value: Buffer;
}

/** The short names of RFC 4514 section 3, and others of certificates of people and organizations; as OpenSSL writes them. */
const shortNames: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.4', 'SN'],
  ['2.5.4.5', 'serialNumber'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.9', 'street'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.12', 'title'],
  ['2.5.4.13', 'description'],
  ['2.5.4.15', 'businessCategory'],
  ['2.5.4.17', 'postalCode'],
  ['2.5.4.18', 'postOfficeBox'],
  ['2.5.4.20', 'telephoneNumber'],
  ['2.5.4.41', 'name'],
  ['2.5.4.42', 'GN'],
  ['2.5.4.43', 'initials'],
  ['2.5.4.44', 'generationQualifier'],
  ['2.5.4.46', 'dnQualifier'],
  ['2.5.4.65', 'pseudonym'],
  ['2.5.4.97', 'organizationIdentifier'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['1.2.840.113549.1.9.1', 'emailAddress'],
  ['1.2.840.113549.1.9.2', 'unstructuredName'],
  ['1.3.6.1.4.1.311.60.2.1.1', 'jurisdictionL'],
  ['1.3.6.1.4.1.311.60.2.1.2', 'jurisdictionST'],
  ['1.3.6.1.4.1.311.60.2.1.3', 'jurisdictionC'],
]);

const oids = { cn: '2.5.4.3', o: '2.5.4.10', ou: '2.5.4.11', emailAddress: '1.2.840.113549.1.9.1' } as const;

/** More relative names than any real name has. */
const mostParts = 64;

/** A distinguished name (RFC 5280 section 4.1.2.4). */
export class DistinguishedName {
  readonly #parts: readonly (readonly Attribute[])[];
  #text: string | undefined = undefined;
  #canonical: readonly string[] | undefined = undefined;

  /** @throws DerFault, also for a name with control characters: a NUL ends a name for some and not for others */
  constructor(element: Element) {
    const parts = childrenOf(element, tags.set);
    if (parts.length > mostParts) throw new DerFault('a name of too many parts');
    this.#parts = parts.map((part) => {
      const attributes = childrenOf(part, tags.sequence);
      if (attributes.length === 0 || attributes.length > 8)
        throw new DerFault('a part of a name that is none');
      return attributes.map(readAttribute);
    });
  }

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  /**
   * RFC 4514 section 2, in one spelling, that of OpenSSL: the last part first, the last of several attributes
   * of a part first too, and what is not printable ASCII as its bytes of UTF-8, so that letters that look alike do not.
   */
  get text(): string {
    this.#text ??= this.#parts
      .toReversed()
      .map((part) => part.toReversed().map(attributeText).join('+'))
      .join(',');
    return this.#text;
  }

  /** Part by part, folded as RFC 5280 section 7.1 compares names: only to be compared with another one. */
  get canonical(): readonly string[] {
    this.#canonical ??= this.#parts.map((part) => part.map(canonicalText).sort().join('+'));
    return this.#canonical;
  }

  isSame(other: DistinguishedName): boolean {
    return this.canonical.length === other.canonical.length && this.isWithin(other);
  }

  /** Whether the name begins with the other one (RFC 5280 section 4.2.1.10). */
  isWithin({ canonical }: DistinguishedName): boolean {
    return canonical.every((part, index) => this.canonical[index] === part);
  }

  /** The same, where a value that is not decoded here may be any text: other readers decode it. */
  mayBeWithin(other: DistinguishedName): boolean {
    return other.#parts.every((part, index) => {
      const own = this.#parts[index];
      if (own === undefined) return false;
      const isOpen = [...own, ...part].some(({ text }) => text === undefined);
      return isOpen || this.canonical[index] === other.canonical[index];
    });
  }

  /** The values of one attribute, in the order of the certificate. */
  values(attribute: keyof typeof oids): readonly string[] {
    return this.#parts
      .flat()
      .flatMap(({ type, text }) => (type === oids[attribute] && text !== undefined ? text : []));
  }
}

function readAttribute(element: Element): Attribute {
  const reader = new DerReader(element.content);
  const type = readOid(reader.next(tags.oid));
  const value = reader.next();
  reader.end();
  return { type, text: readText(value), value: value.whole };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** T.61, BMP and universal strings are not decoded: their bytes mean different things to different readers. */
function readText({ tag, content }: Element): string | undefined {
  let text: string;
  switch (tag) {
    case tags.printableString:
      text = content.toString('latin1');
      // Its own set of characters, and three that are often put there against the rules.
      if (!/^[A-Za-z0-9 '()+,./:=?*@&_-]*$/.test(text))
        throw new DerFault('a character that may not stand there');
      return text;
    case tags.ia5String:
      text = content.toString('latin1');
      if (!/^[\x20-\x7e]*$/.test(text)) throw new DerFault('a character that may not stand there');
      return text;
    case tags.utf8String:
      try {
        text = utf8.decode(content);
      } catch {
        throw new DerFault('a text that is no UTF-8');
      }
      if (/[\p{Cc}\u2028\u2029]/u.test(text)) throw new DerFault('a control character');
      return text;
    default:
      return undefined;
  }
}

function attributeText({ type, text, value }: Attribute): string {
  const short = shortNames.get(type);
  if (short === undefined || text === undefined) return `${short ?? type}=#${value.toString('hex')}`;
  return `${short}=${escapeValue(text)}`;
}

/** RFC 4514 section 2.4. */
function escapeValue(text: string): string {
  return text.replace(/^[ #]| $|["+,;<>\\]/g, '\\$&').replace(/[^\x20-\x7e]+/g, hexEscapes);
}

/** A text of an operator in the spelling of `text`: letters beyond ASCII may be written as they are. */
export function spelledOut(written: string): string {
  return written.replace(/[^\x20-\x7e]+/g, hexEscapes);
}

function hexEscapes(text: string): string {
  return Buffer.from(text, 'utf8').toString('hex').toUpperCase().replace(/../g, '\\$&');
}

function canonicalText({ type, text, value }: Attribute): string {
  if (text === undefined) return `${type}=#${value.toString('hex')}`;
  const folded = text.normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' ');
  return `${type}=${JSON.stringify(folded)}`;
}
