import { isUtf8 } from 'node:buffer';
import { Namespaces, splitName } from './xml-names.ts';
import { maximumAttributes, maximumDepth, maximumNodes, type XmlReason } from './xml-reasons.ts';

export interface XmlName {
  /** As it is written, prefix included. */
  readonly raw: string;
  readonly local: string;
  /** Empty for none. */
  readonly namespace: string;
}

/** Characters of the document, in the text that `xmlText` gives. */
export interface XmlSpan {
  readonly from: number;
  readonly to: number;
}

export interface XmlAttribute extends XmlSpan {
  readonly name: XmlName;
  readonly value: string;
}

export interface XmlElement extends XmlSpan {
  readonly name: XmlName;
  /** Without declarations of namespaces. */
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  /** All of it in one; blank beside child elements. */
  readonly text: string;
}

export interface XmlFault {
  readonly kind: 'fault';
  readonly reason: XmlReason;
  /** Character, from 0, in the decoded text. */
  readonly offset: number;
}

const badCharacter = /[^\t\n\r\x20-\ud7ff\ud800-\udfff\ue000-\ufffd]/;
const declaration =
  /^<\?xml[ \t\r\n]+version[ \t]*=[ \t]*(?:"1\.0"|'1\.0')(?:[ \t\r\n]+encoding[ \t]*=[ \t]*(?:"([\w.-]{1,40})"|'([\w.-]{1,40})'))?(?:[ \t\r\n]+standalone[ \t]*=[ \t]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\r\n]*\?>/;

/**
 * Parses an XML 1.0 document (fifth edition) with Namespaces 1.0 into a tree, strictly and without anything that could
 * make it larger than it came or reach outside: no document type, no entities but the five of section 4.6 and character
 * references, no processing instructions, UTF-8 only. Bounded in depth, attributes and nodes; linear. Never throws.
 * Tell the outcomes apart with `'kind' in result`.
 */
export function parseXml(bytes: Buffer): XmlElement | XmlFault {
  if (!isUtf8(bytes)) return { kind: 'fault', reason: 'utf-8', offset: 0 };
  const text = xmlText(bytes);
  const bad = badCharacter.exec(text);
  if (bad !== null) return { kind: 'fault', reason: 'character', offset: bad.index };
  try {
    return new Reader(text).document();
  } catch (fault) {
    if (!(fault instanceof Stop)) throw fault;
    return { kind: 'fault', reason: fault.reason, offset: fault.offset };
  }
}

/** The document as text, without a byte order mark. @param bytes valid UTF-8 */
export function xmlText(bytes: Buffer): string {
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return bytes.toString('utf8', hasMark ? 3 : 0);
}

class Stop extends Error {
  readonly reason: XmlReason;
  readonly offset: number;

  constructor(reason: XmlReason, offset: number) {
    super(reason);
    this.reason = reason;
    this.offset = offset;
  }
}

/** An attribute as it is written, with the blanks before it. */
interface Written extends XmlSpan {
  readonly raw: string;
  readonly value: string;
}

interface Open {
  readonly from: number;
  readonly name: XmlName;
  readonly attributes: XmlAttribute[];
  readonly children: XmlElement[];
  text: string;
  /** Of text: comments, elements and CDATA part them. */
  pieces: number;
  /** One of them is more than blanks, or CDATA. */
  solid: boolean;
  readonly declared: readonly string[];
}

/** ASCII of NameStartChar and NameChar, the colon included; what is above is looked at by `splitName`. */
const nameSyntax = /[A-Za-z_:\x80-\uffff][\w:.\-\x80-\uffff]*/y;
const blankSyntax = /[ \t\r\n]*/y;
const notBlank = /[^ \t\r\n]/;
const maximumNameLength = 256;

class Reader {
  readonly #text: string;
  readonly #namespaces = new Namespaces();
  readonly #open: Open[] = [];
  /** Names repeat. */
  readonly #names = new Map<string, NonNullable<ReturnType<typeof splitName>>>();
  #at = 0;
  #nodes = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): XmlElement {
    if (this.#text.startsWith('<?xml') && /[ \t\r\n]/.test(this.#text[5] ?? '')) this.#declaration();
    this.#outside();
    if (this.#text[this.#at] !== '<') this.#stop('root');
    const root = this.#content();
    this.#outside();
    if (this.#at !== this.#text.length) this.#stop('root');
    return root;
  }

  #stop(reason: XmlReason, offset = this.#at): never {
    throw new Stop(reason, offset);
  }

  #declaration(): void {
    const match = declaration.exec(this.#text.slice(0, 256));
    if (match === null) this.#stop('declaration');
    const encoding = match[1] ?? match[2];
    if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') this.#stop('declaration');
    this.#at = match[0].length;
  }

  /** Blanks and comments before and behind the one element. */
  #outside(): void {
    for (;;) {
      this.#blanks();
      if (this.#text.startsWith('<!--', this.#at)) this.#comment();
      else if (this.#text.startsWith('<!', this.#at)) this.#stop('doctype');
      else if (this.#text.startsWith('<?', this.#at)) this.#stop('instruction');
      else return;
    }
  }

  /** The element that begins here, to its end. */
  #content(): XmlElement {
    const text = this.#text;
    for (;;) {
      const open = this.#open.at(-1);
      if (open !== undefined) {
        const next = text.indexOf('<', this.#at);
        if (next < 0) this.#stop('tag', text.length);
        if (next > this.#at) take(open, this.#references(this.#at, next, true), false);
        this.#at = next;
      }
      const second = text[this.#at + 1];
      let done: XmlElement | undefined;
      if (second === '/') done = this.#endTag();
      else if (second === '?') this.#stop('instruction');
      else if (second === '!') this.#marked(open!);
      else done = this.#startTag();
      if (done !== undefined && this.#open.length === 0) return done;
    }
  }

  #marked(open: Open): void {
    const text = this.#text;
    if (text.startsWith('<!--', this.#at)) return this.#comment();
    if (!text.startsWith('<![CDATA[', this.#at)) this.#stop('doctype');
    const end = text.indexOf(']]>', this.#at + 9);
    if (end < 0) this.#stop('syntax');
    take(open, lineEnds(text.slice(this.#at + 9, end)), true);
    this.#at = end + 3;
  }

  #comment(): void {
    const end = this.#text.indexOf('--', this.#at + 4);
    if (end < 0 || this.#text[end + 2] !== '>') this.#stop('syntax');
    this.#at = end + 3;
    this.#count(1);
  }

  #startTag(): XmlElement | undefined {
    const start = this.#at++;
    if (this.#open.length === maximumDepth) this.#stop('depth', start);
    const raw = this.#name();
    const attributes = this.#attributes();
    const selfClosing = this.#text[this.#at] === '/';
    if (selfClosing) this.#at++;
    if (this.#text[this.#at] !== '>') this.#stop('syntax');
    this.#at++;
    const declared = this.#declare(attributes, start);
    const element: Open = {
      from: start,
      name: this.#resolved(raw, true, start),
      attributes: this.#resolvedAttributes(attributes, start),
      children: [],
      text: '',
      pieces: 0,
      solid: false,
      declared,
    };
    this.#open.push(element);
    return selfClosing ? this.#close() : undefined;
  }

  #endTag(): XmlElement {
    const start = this.#at;
    this.#at += 2;
    const raw = this.#name();
    this.#blanks();
    if (this.#text[this.#at] !== '>' || this.#open.at(-1)?.name.raw !== raw) this.#stop('tag', start);
    this.#at++;
    return this.#close();
  }

  #close(): XmlElement {
    const { from, name, attributes, children, text, pieces, solid, declared } = this.#open.pop()!;
    if (solid && (children.length > 0 || pieces > 1)) this.#stop('mixed');
    this.#namespaces.leave(declared);
    const own = children.length > 0 ? '' : text;
    const element: XmlElement = { name, attributes, children, text: own, from, to: this.#at };
    this.#open.at(-1)?.children.push(element);
    return element;
  }

  #attributes(): Written[] {
    const written: Written[] = [];
    let names: Set<string> | undefined;
    for (;;) {
      const before = this.#at;
      this.#blanks();
      const next = this.#text[this.#at];
      if (next === '>' || next === '/') break;
      if (this.#at === before) this.#stop('attribute');
      const raw = this.#name();
      this.#blanks();
      if (this.#text[this.#at] !== '=') this.#stop('attribute');
      this.#at++;
      this.#blanks();
      const quote = this.#text[this.#at];
      if (quote !== '"' && quote !== "'") this.#stop('attribute');
      const from = this.#at + 1;
      const end = this.#text.indexOf(quote, from);
      if (end < 0) this.#stop('attribute');
      names ??= new Set();
      if (names.has(raw)) this.#stop('duplicate-attribute');
      if (names.size === maximumAttributes) this.#stop('size');
      names.add(raw);
      written.push({ raw, value: this.#references(from, end, false), from: before, to: end + 1 });
      this.#at = end + 1;
    }
    this.#count(1 + written.length);
    return written;
  }

  #declare(written: readonly Written[], offset: number): readonly string[] {
    const declared: string[] = [];
    for (const { raw, value } of written) {
      if (raw !== 'xmlns' && !raw.startsWith('xmlns:')) continue;
      const prefix = raw === 'xmlns' ? '' : raw.slice(6);
      if (!this.#namespaces.enter(prefix, value)) this.#stop('namespace', offset);
      declared.push(prefix);
    }
    return declared;
  }

  #resolvedAttributes(written: readonly Written[], offset: number): XmlAttribute[] {
    const attributes: XmlAttribute[] = [];
    let expanded: Set<string> | undefined;
    for (const { raw, value, from, to } of written) {
      if (raw === 'xmlns' || raw.startsWith('xmlns:')) continue;
      const name = this.#resolved(raw, false, offset);
      if (name.namespace !== '') {
        // Two prefixes of one namespace (Namespaces section 6.3).
        expanded ??= new Set();
        const key = `${name.namespace} ${name.local}`;
        if (expanded.has(key)) this.#stop('duplicate-attribute', offset);
        expanded.add(key);
      }
      attributes.push({ name, value, from, to });
    }
    return attributes;
  }

  #resolved(raw: string, isElement: boolean, offset: number): XmlName {
    let split = this.#names.get(raw);
    if (split === undefined) {
      split = splitName(raw);
      if (split === undefined) this.#stop('syntax', offset);
      this.#names.set(raw, split);
    }
    const { prefix, local } = split;
    const namespace = prefix === '' && !isElement ? '' : this.#namespaces.of(prefix);
    if (namespace === undefined || prefix === 'xmlns') this.#stop('namespace', offset);
    return { raw, local, namespace };
  }

  #name(): string {
    nameSyntax.lastIndex = this.#at;
    const match = nameSyntax.exec(this.#text);
    if (match === null) this.#stop('syntax');
    if (match[0].length > maximumNameLength) this.#stop('size');
    this.#at += match[0].length;
    return match[0];
  }

  #blanks(): void {
    blankSyntax.lastIndex = this.#at;
    this.#at += blankSyntax.exec(this.#text)![0].length;
  }

  #count(nodes: number): void {
    this.#nodes += nodes;
    if (this.#nodes > maximumNodes) this.#stop('size');
  }

  /** Text or an attribute's value with its references replaced (sections 2.11, 3.3.3 and 4.4). */
  #references(from: number, to: number, isText: boolean): string {
    const raw = this.#text.slice(from, to);
    if (raw.includes(isText ? ']]>' : '<')) this.#stop(isText ? 'syntax' : 'attribute', from);
    const ends = isText ? lineEnds : blankEnds;
    if (!raw.includes('&')) return ends(raw);
    let text = '';
    let at = 0;
    for (let next = raw.indexOf('&'); next >= 0; next = raw.indexOf('&', at)) {
      text += ends(raw.slice(at, next));
      const end = raw.indexOf(';', next);
      // The longest is &#x10FFFF; with zeros in front of it, of which nobody needs many.
      if (end < 0 || end - next > 12) this.#stop('entity', from + next);
      text += this.#reference(raw.slice(next + 1, end), from + next);
      this.#count(1);
      at = end + 1;
    }
    return text + ends(raw.slice(at));
  }

  #reference(name: string, offset: number): string {
    const known = predefined.get(name);
    if (known !== undefined) return known;
    const match = /^#(?:x([0-9a-fA-F]+)|([0-9]+))$/.exec(name);
    if (match === null) this.#stop('entity', offset);
    const code = match[1] === undefined ? Number(match[2]) : Number.parseInt(match[1], 16);
    const isSurrogate = code >= 0xd800 && code <= 0xdfff;
    if (code > 0x10ffff || isSurrogate) this.#stop('character', offset);
    const text = String.fromCodePoint(code);
    if (badCharacter.test(text)) this.#stop('character', offset);
    return text;
  }
}

function take(open: Open, piece: string, isData: boolean): void {
  open.pieces++;
  if (isData || notBlank.test(piece)) open.solid = true;
  if (open.solid || open.children.length === 0) open.text += piece;
}

const predefined: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** Section 2.11. */
function lineEnds(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
}

/** Section 3.3.3: in an attribute each of them is a space. */
function blankEnds(text: string): string {
  return /[\t\n\r]/.test(text) ? text.replace(/\r\n|[\t\n\r]/g, ' ') : text;
}
