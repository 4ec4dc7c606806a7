/** What is not the one encoding that DER has for it (ITU-T X.690 section 10), or not what stands here. */
export class DerFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DerFault';
  }
}

/** One value with its tag. The bytes are views of what was read. */
export interface Element {
  readonly tag: number;
  readonly content: Buffer;
  /** With tag and length. */
  readonly whole: Buffer;
}

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** More than any list in a certificate has. */
const mostChildren = 1_000;

/**
 * Reads strictly: lengths of one spelling only, no indefinite ones, no tags of several bytes. A certificate that two
 * readers could take for two different ones is none.
 */
export class DerReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The tag of the next element; undefined when there is none. */
  get nextTag(): number | undefined {
    return this.#bytes[this.#at];
  }

  next(tag?: number): Element {
    const start = this.#at;
    const bytes = this.#bytes;
    const found = bytes[start];
    if (found === undefined) throw new DerFault('something is missing');
    if ((found & 0x1f) === 0x1f) throw new DerFault('a tag of several bytes');
    if (tag !== undefined && found !== tag) throw new DerFault(`tag ${found} in the place of ${tag}`);
    let length = bytes[start + 1] ?? 0x80;
    let from = start + 2;
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count < 1 || count > 4 || from + count > bytes.length) throw new DerFault('a length that is none');
      length = bytes.readUIntBE(from, count);
      from += count;
      if (length < 0x80 || length < 2 ** (8 * (count - 1))) throw new DerFault('a length that is too long');
    }
    if (length > bytes.length - from) throw new DerFault('it ends too early');
    this.#at = from + length;
    return {
      tag: found,
      content: bytes.subarray(from, this.#at),
      whole: bytes.subarray(start, this.#at),
    };
  }

  /** The next element if it has this tag. */
  optional(tag: number): Element | undefined {
    return this.nextTag === tag ? this.next() : undefined;
  }

  end(): void {
    if (!this.done) throw new DerFault('something follows that does not belong there');
  }
}

/** The one element that the bytes are. */
export function readWhole(bytes: Buffer, tag: number): Element {
  const reader = new DerReader(bytes);
  const element = reader.next(tag);
  reader.end();
  return element;
}

/** What is in a constructed element. */
export function childrenOf({ content }: Element, tag?: number): Element[] {
  const reader = new DerReader(content);
  const found: Element[] = [];
  while (!reader.done) {
    if (found.length >= mostChildren) throw new DerFault('too many elements');
    found.push(reader.next(tag));
  }
  return found;
}

/** An integer as hexadecimal digits in upper case, without leading zeros, as OpenSSL writes serial numbers. */
export function readInteger({ content }: Element): string {
  const [first = 0x80, second = 0x80] = content;
  if (content.length === 0 || first >= 0x80) throw new DerFault('an integer that is negative or empty');
  if (content.length > 1 && first === 0 && second < 0x80) throw new DerFault('an integer with leading zeros');
  const digits = content.toString('hex').toUpperCase();
  return first === 0 && content.length > 1 ? digits.slice(2) : digits;
}

/** A small integer; anything larger is a fault. */
export function readSmallInteger(element: Element): number {
  const digits = readInteger(element);
  if (digits.length > 8) throw new DerFault('a number that is too large');
  return Number.parseInt(digits, 16);
}

export function readBoolean({ content }: Element): boolean {
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw new DerFault('no boolean');
  return content[0] === 0xff;
}

/** In dotted decimals. */
export function readOid({ content }: Element): string {
  if (content.length === 0 || content.length > 64) throw new DerFault('an object identifier that is none');
  const arcs: number[] = [];
  let arc = 0;
  let started = false;
  for (const byte of content) {
    if (!started && byte === 0x80) throw new DerFault('an object identifier with leading zeros');
    started = byte >= 0x80;
    if (arc > 0x1_ffff_ffff) throw new DerFault('an object identifier that is too large');
    arc = arc * 128 + (byte & 0x7f);
    if (started) continue;
    if (arcs.length === 0) {
      const root = Math.min(Math.floor(arc / 40), 2);
      arcs.push(root, arc - root * 40);
    } else arcs.push(arc);
    arc = 0;
  }
  if (started) throw new DerFault('an object identifier that does not end');
  return arcs.join('.');
}

/** The bits of a list of named bits, the first one as 1, the second as 2 and so on; at most 16. */
export function readNamedBits({ content }: Element): number {
  const unused = content[0] ?? 8;
  if (unused > 7 || content.length > 3 || (content.length === 1 && unused !== 0))
    throw new DerFault('no list of bits');
  let bits = 0;
  for (let at = 1; at < content.length; at++) {
    for (let bit = 0; bit < 8; bit++)
      if ((content[at]! & (0x80 >> bit)) !== 0) bits |= 1 << ((at - 1) * 8 + bit);
  }
  const last = content.length > 1 ? content[content.length - 1]! : 0;
  if ((last & ((1 << unused) - 1)) !== 0) throw new DerFault('bits that are not there');
  return bits;
}

/** A bit string of whole bytes, as signatures are. */
export function readBytes({ content }: Element): Buffer {
  if (content[0] !== 0) throw new DerFault('no bytes');
  return content.subarray(1);
}

/**
 * RFC 5280 section 4.1.2.5: with seconds, and in UTC.
 * @returns milliseconds since the epoch
 */
export function readTime({ tag, content }: Element): number {
  const text = content.toString('latin1');
  const short = tag === tags.utcTime;
  if (!short && tag !== tags.generalizedTime) throw new DerFault('no time');
  if (!(short ? /^[0-9]{12}Z$/ : /^[0-9]{14}Z$/).test(text)) throw new DerFault('a time in another form');
  const full = short ? `${Number(text.slice(0, 2)) >= 50 ? '19' : '20'}${text}` : text;
  const at = (from: number, to: number): string => full.slice(from, to);
  const iso = `${at(0, 4)}-${at(4, 6)}-${at(6, 8)}T${at(8, 10)}:${at(10, 12)}:${at(12, 14)}.000Z`;
  const time = Date.parse(iso);
  // Date.parse takes the 31st of a shorter month for a day of the next one.
  if (Number.isNaN(time) || new Date(time).toISOString() !== iso) throw new DerFault('a time that never is');
  return time;
}
