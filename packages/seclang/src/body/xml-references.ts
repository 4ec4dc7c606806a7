import { hexValue, scratch, written } from '../transformations/bytes.ts';
import { writeUtf8 } from './utf8-bytes.ts';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const blank = 0x20;
const ampersand = 0x26;
const hash = 0x23;
const semicolon = 0x3b;
const letterX = 0x78;

/** Where it stands: text, a CDATA section, the value of an attribute. */
export type XmlPlace = 'text' | 'section' | 'attribute';

/** What has to be looked at in each. */
const changed: Readonly<Record<XmlPlace, RegExp>> = { text: /[&\r]/, section: /\r/, attribute: /[&\t\n\r]/ };

export interface XmlValue {
  readonly text: string;
  readonly fault: string | undefined;
}

/**
 * What a reader has of this: references replaced (XML 1.0 section 4.4), line ends one line feed (section 2.11), in an attribute
 * a blank for each of its blanks (section 3.3.3). It never grows. A reference to anything but the five entities that need no
 * declaration, or to what is no character, is left as it is and a fault.
 */
export function unescapeXml(raw: string, place: XmlPlace): XmlValue {
  if (!changed[place].test(raw)) return { text: raw, fault: undefined };
  const isAttribute = place === 'attribute';
  const lineEnd = isAttribute ? blank : lineFeed;
  let isKnown = true;
  const { length } = raw;
  const target = scratch(length);
  let at = 0;
  for (let index = 0; index < length; index++) {
    const byte = raw.charCodeAt(index);
    if (byte === ampersand && place !== 'section') {
      const end = referenceEnd(raw, index + 1);
      const code = end < 0 ? -1 : referenced(raw, index + 1, end);
      if (code < 0) {
        isKnown = false;
        target[at++] = byte;
      } else {
        at = writeUtf8(code, target, at);
        index = end;
      }
    } else if (byte === carriageReturn) {
      target[at++] = lineEnd;
      if (index + 1 < length && raw.charCodeAt(index + 1) === lineFeed) index++;
    } else target[at++] = isAttribute && (byte === lineFeed || byte === 0x09) ? blank : byte;
  }
  return {
    text: written(target, at),
    fault: isKnown ? undefined : 'a reference is to no known entity or character',
  };
}

/** @returns where the semicolon is of what begins behind a `&`; -1 where it looks like no reference */
function referenceEnd(raw: string, from: number): number {
  const { length } = raw;
  for (let at = from; at < length; at++) {
    const byte = raw.charCodeAt(at);
    if (byte === semicolon) return at;
    // Longer than any entity; only digits go on, with zeros before them. So no `&` is looked far behind.
    if (byte === ampersand || (at - from > 3 && hexValue[byte]! < 0)) return -1;
  }
  return -1;
}

/** Section 4.6. */
const entities: readonly (readonly [name: string, code: number])[] = [
  ['lt', 0x3c],
  ['gt', 0x3e],
  ['amp', ampersand],
  ['quot', 0x22],
  ['apos', 0x27],
];

function entity(raw: string, from: number, to: number): number {
  for (const [name, code] of entities)
    if (to - from === name.length && raw.startsWith(name, from)) return code;
  return -1;
}

/** @returns the code point of the reference between `&` and semicolon; -1 for none */
function referenced(raw: string, from: number, to: number): number {
  if (raw.charCodeAt(from) !== hash) return entity(raw, from, to);
  const isHex = raw.charCodeAt(from + 1) === letterX;
  const base = isHex ? 16 : 10;
  const first = from + (isHex ? 2 : 1);
  let code = 0;
  for (let at = first; at < to; at++) {
    const digit = hexValue[raw.charCodeAt(at)]!;
    if (digit < 0 || digit >= base) return -1;
    // However many digits follow, it is too large.
    code = Math.min(code * base + digit, 0x110000);
  }
  return isXmlCharacter(code) ? code : -1;
}

/** Section 2.2. */
function isXmlCharacter(code: number): boolean {
  if (code < blank) return code === 0x09 || code === lineFeed || code === carriageReturn;
  return code < 0xd800 || (code > 0xdfff && code < 0xfffe) || (code > 0xffff && code < 0x110000);
}
