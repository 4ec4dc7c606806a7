import { isUtf8 } from '../transformations/utf8.ts';
import { charsetFault } from './charset.ts';
import { type BodyContent, emptyContent } from './content.ts';
import type { BodyLimits } from './limits.ts';
import { unescapeXml, type XmlPlace } from './xml-references.ts';

const byteOrderMark = '\xef\xbb\xbf';

/**
 * Reads an XML 1.0 document, strictly and without anything that makes it larger than it came or reaches outside. Text and
 * CDATA are in `text` as in XPath's string value, comments are not; the value of every attribute is in `attributes`, those
 * that declare namespaces too.
 *
 * A document type is a fault, and so is what is not well-formed or only some readers take. Where it leaves no doubt how the
 * document goes on it goes on; elsewhere the rest is in `text` as it is, so that rules see an entity and what it is for.
 */
export function readXml(body: string, contentType: string, limits: BodyLimits): BodyContent {
  if (body === '') return emptyContent;
  const reader = new Reader(body, limits);
  const read = reader.read(body.startsWith(byteOrderMark) ? byteOrderMark.length : 0);
  const fault = charsetFault(contentType) ?? characterFault(body) ?? read;
  return {
    ...emptyContent,
    xml: { text: reader.text(), pieces: reader.pieces, attributes: reader.attributes },
    fault,
  };
}

/** What section 2.2 leaves out: controls, and U+FFFE and U+FFFF. */
const noCharacter = /[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]/;

function characterFault(body: string): string | undefined {
  if (!isUtf8(body)) return 'the document is not UTF-8';
  return noCharacter.test(body) ? 'the document has a character that none may have' : undefined;
}

const declaration =
  /^<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:"1\.0"|'1\.0')(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:"([\w.-]{1,40})"|'([\w.-]{1,40})'))?(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\r\n]*\?>/;
const declarationLength = 256;

/** In bytes; what is above ASCII is looked at by `#nameFault`. */
const nameSyntax = /[A-Za-z_:\x80-\xff][\w:.\-\x80-\xff]*/y;
const notBlank = /[^ \t\r\n]/;
const aboveAscii = /[\x80-\xff]/;
const properName =
  /^[:A-Z_a-z\u{c0}-\u{d6}\u{d8}-\u{f6}\u{f8}-\u{2ff}\u{370}-\u{37d}\u{37f}-\u{1fff}\u{200c}-\u{200d}\u{2070}-\u{218f}\u{2c00}-\u{2fef}\u{3001}-\u{d7ff}\u{f900}-\u{fdcf}\u{fdf0}-\u{fffd}\u{10000}-\u{effff}][-.\d:A-Z_a-z\u{b7}\u{c0}-\u{d6}\u{d8}-\u{f6}\u{f8}-\u{37d}\u{37f}-\u{1fff}\u{200c}-\u{200d}\u{203f}\u{2040}\u{2070}-\u{218f}\u{2c00}-\u{2fef}\u{3001}-\u{d7ff}\u{f900}-\u{fdcf}\u{fdf0}-\u{fffd}\u{10000}-\u{effff}]*$/u;

class Reader {
  readonly attributes: string[] = [];
  readonly pieces: string[] = [];
  readonly #body: string;
  readonly #limits: BodyLimits;
  /** The names of the elements that are open. */
  readonly #open: string[] = [];
  readonly #namesAboveAscii = new Set<string>();
  #at = 0;
  #nodes = 0;
  #hasRoot = false;
  /** The first of those that did not stop it. */
  #fault: string | undefined;

  constructor(body: string, limits: BodyLimits) {
    this.#body = body;
    this.#limits = limits;
  }

  text(): string {
    return this.pieces.join('');
  }

  /** @returns the first fault */
  read(from: number): string | undefined {
    this.#at = from;
    const stopped = this.#declaration() ?? this.#document();
    if (stopped !== undefined) this.pieces.push(this.#body.slice(this.#at));
    return this.#fault ?? stopped ?? this.#nameFault();
  }

  /** @returns why it stopped before the end, as all that follow; what is left begins at `#at` then */
  #declaration(): string | undefined {
    if (!/^<\?xml[ \t\r\n]/.test(this.#body.slice(this.#at, this.#at + 6))) return undefined;
    const found = declaration.exec(this.#body.slice(this.#at, this.#at + declarationLength));
    if (found === null) return 'the XML declaration is malformed';
    const encoding = found[1] ?? found[2];
    if (encoding !== undefined && !/^(?:utf-8|us-ascii)$/i.test(encoding))
      this.#fault ??= 'the declared encoding is not UTF-8';
    this.#at += found[0].length;
    return undefined;
  }

  #document(): string | undefined {
    const body = this.#body;
    while (this.#at < body.length) {
      const next = body.indexOf('<', this.#at);
      const end = next < 0 ? body.length : next;
      const stopped = end > this.#at ? this.#characters(end) : this.#markup();
      if (stopped !== undefined) return stopped;
    }
    if (this.#open.length > 0) return 'an element does not end';
    return this.#hasRoot ? undefined : 'there is no element';
  }

  /** Text, up to `end`. */
  #characters(end: number): string | undefined {
    const raw = this.#body.slice(this.#at, end);
    if (this.#open.length === 0) {
      if (notBlank.test(raw)) return 'text stands outside of the root element';
      this.#at = end;
      return undefined;
    }
    const full = this.#count();
    if (full !== undefined) return full;
    if (raw.includes(']]>')) this.#fault ??= 'a section ends that did not begin';
    this.pieces.push(this.#value(raw, 'text'));
    this.#at = end;
    return undefined;
  }

  /** What begins with the `<` here. */
  #markup(): string | undefined {
    const body = this.#body;
    const at = this.#at;
    switch (body[at + 1]) {
      case '/':
        return this.#endTag();
      case '?':
        return this.#instruction();
      case '!':
        if (body.startsWith('<!--', at)) return this.#comment();
        return body.startsWith('<![CDATA[', at)
          ? this.#section()
          : 'there is a document type or another declaration';
      default:
        return this.#startTag();
    }
  }

  #comment(): string | undefined {
    const from = this.#at + 4;
    const end = this.#body.indexOf('-->', from);
    if (end < 0) return 'a comment does not end';
    // Section 2.5.
    if (this.#body.indexOf('--', from) < end) this.#fault ??= 'a comment has dashes in it';
    // Readers of HTML take `<!-->` and `<!--->` for a whole one.
    if (/^-?>/.test(this.#body.slice(from, from + 2))) this.#fault ??= 'a comment begins as if it ended';
    this.#at = end + 3;
    return this.#count();
  }

  /** Of no use to a service; to some readers it is code. */
  #instruction(): string | undefined {
    const end = this.#body.indexOf('?>', this.#at);
    if (end < 0) return 'a processing instruction does not end';
    this.#fault ??= 'there is a processing instruction';
    this.pieces.push(this.#body.slice(this.#at, end + 2));
    this.#at = end + 2;
    return this.#count();
  }

  #section(): string | undefined {
    if (this.#open.length === 0) return 'text stands outside of the root element';
    const full = this.#count();
    if (full !== undefined) return full;
    const from = this.#at + 9;
    const end = this.#body.indexOf(']]>', from);
    if (end < 0) return 'a CDATA section does not end';
    this.pieces.push(this.#value(this.#body.slice(from, end), 'section'));
    this.#at = end + 3;
    return undefined;
  }

  #endTag(): string | undefined {
    const name = this.#open.at(-1);
    if (name === undefined || !this.#body.startsWith(name, this.#at + 2))
      return 'an end tag is for no element';
    const end = this.#blanksEnd(this.#at + 2 + name.length);
    if (this.#body[end] !== '>') return 'an end tag is malformed';
    this.#open.pop();
    this.#at = end + 1;
    return undefined;
  }

  #startTag(): string | undefined {
    const start = this.#at;
    const kept = this.attributes.length;
    const stopped = this.#openElement();
    if (stopped === undefined) return undefined;
    // What is left begins with the tag.
    this.#at = start;
    this.attributes.length = kept;
    return stopped;
  }

  #openElement(): string | undefined {
    if (this.#open.length === 0 && this.#hasRoot) return 'there is more than one root element';
    if (this.#open.length >= this.#limits.depth) return 'elements are nested too deeply';
    this.#at++;
    const name = this.#name();
    if (name === undefined) return 'a tag has no name';
    const stopped = this.#count() ?? this.#attributes();
    if (stopped !== undefined) return stopped;
    this.#hasRoot = true;
    const isEmpty = this.#body[this.#at] === '/';
    if (isEmpty) this.#at++;
    else this.#open.push(name);
    if (this.#body[this.#at] !== '>') return 'a tag is malformed';
    this.#at++;
    return undefined;
  }

  #attributes(): string | undefined {
    const body = this.#body;
    let names: Set<string> | undefined;
    for (;;) {
      const before = this.#at;
      this.#at = this.#blanksEnd(before);
      const next = body[this.#at];
      if (next === '>' || next === '/') return undefined;
      const name = this.#name();
      if (name === undefined) return 'a tag is malformed';
      if (this.#at - name.length === before) this.#fault ??= 'no blank stands before an attribute';
      names ??= new Set();
      if (names.has(name)) this.#fault ??= 'an attribute stands twice';
      names.add(name);
      this.#at = this.#blanksEnd(this.#at);
      if (body[this.#at] !== '=') return 'an attribute has no value';
      this.#at = this.#blanksEnd(this.#at + 1);
      const quote = body[this.#at];
      if (quote !== '"' && quote !== "'") return 'the value of an attribute is not in quotes';
      const end = body.indexOf(quote, this.#at + 1);
      if (end < 0) return 'the value of an attribute does not end';
      const raw = body.slice(this.#at + 1, end);
      if (raw.includes('<')) this.#fault ??= 'the value of an attribute has a tag in it';
      const full = this.#count();
      if (full !== undefined) return full;
      this.attributes.push(this.#value(raw, 'attribute'));
      this.#at = end + 1;
    }
  }

  #value(raw: string, place: XmlPlace): string {
    const { text, fault } = unescapeXml(raw, place);
    this.#fault ??= fault;
    return text;
  }

  #name(): string | undefined {
    nameSyntax.lastIndex = this.#at;
    const name = nameSyntax.exec(this.#body)?.[0];
    if (name === undefined) return undefined;
    this.#at += name.length;
    if (aboveAscii.test(name)) this.#namesAboveAscii.add(name);
    return name;
  }

  /** All in one go, as there may be many short ones. */
  #nameFault(): string | undefined {
    if (this.#namesAboveAscii.size === 0) return undefined;
    const names = Buffer.from([...this.#namesAboveAscii].join(' '), 'latin1').toString();
    const areProper = names.split(' ').every((name) => properName.test(name));
    return areProper ? undefined : 'a name has a character that none may have';
  }

  #blanksEnd(from: number): number {
    const body = this.#body;
    let at = from;
    for (;;) {
      const byte = body.charCodeAt(at);
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at;
      at++;
    }
  }

  #count(): string | undefined {
    return ++this.#nodes > this.#limits.nodes
      ? 'there are too many elements, attributes or pieces of text'
      : undefined;
  }
}
