import { isIPv4, isIPv6 } from 'node:net';
import { domainToASCII, domainToUnicode } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

/**
 * The formats of JSON Schema (2020-12 section 7.3) and of OpenAPI. Those of ajv-formats, and in the place of the ones that
 * are laxer or stricter than their RFC, ours. All take linear time.
 */
export function addFormats(ajv: Ajv2020): void {
  formats.default(ajv);
  for (const [name, validate] of Object.entries(own)) ajv.addFormat(name, { type: 'string', validate });
}

let known: ReadonlySet<string> | undefined;

/** The names of those that are checked. */
export function knownFormats(): ReadonlySet<string> {
  if (known === undefined) {
    const ajv = new Ajv2020();
    addFormats(ajv);
    known = new Set(Object.keys(ajv.formats));
  }
  return known;
}

/** RFC 3339 section 5.6. A leap second is the last one of a day in UTC. */
function isDateTime(text: string): boolean {
  const match = dateTime.exec(text);
  if (match === null) return false;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [sign, offsetHour, offsetMinute] = [match[7], Number(match[8] ?? 0), Number(match[9] ?? 0)];
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return false;
  if (hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59) return false;
  if (second < 60) return true;
  const offset = (sign === '-' ? -1 : 1) * (offsetHour * 60 + offsetMinute);
  const utc = (hour * 60 + minute - offset + 2 * minutesOfDay) % minutesOfDay;
  return utc === minutesOfDay - 1;
}

const dateTime =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))$/;
/** Minutes. */
const minutesOfDay = 1_440;

function daysIn(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

/** RFC 3339 appendix A: no unit is left out between two others. */
const time = 'T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S)';
const duration = new RegExp(
  `^P(?:[0-9]+W|(?:[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)(?:${time})?|${time})$`,
);

/** RFC 1123 section 2.1, and RFC 5891 section 4.2.3.1 for two hyphens where the prefix of an encoding stands. */
function isHostname(text: string): boolean {
  if (text.length > 253 || !/^[A-Za-z0-9.-]+$/.test(text)) return false;
  return text.split('.').every((label) => {
    if (!/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label)) return false;
    return label.slice(2, 4) !== '--' || isEncodedLabel(label.toLowerCase());
  });
}

/** The Punycode of something that has to be encoded, in its one spelling (RFC 5891 section 5.4). */
function isEncodedLabel(label: string): boolean {
  if (!label.startsWith('xn--')) return false;
  const shown = domainToUnicode(label);
  return shown !== '' && shown !== label && domainToASCII(shown) === label && isUnicodeLabel(shown);
}

/** RFC 5890 section 2.3.2.3: as people write it, or encoded. */
function isIdnHostname(text: string): boolean {
  // RFC 3490 section 3.1: these stand for dots as well.
  const labels = text.split(/[.\u3002\uff0e\uff61]/);
  if (labels.some((label) => label === '' || label.startsWith('-') || label.endsWith('-'))) return false;
  const encoded = labels.map((label) => (isAscii(label) ? label : encodedLabel(label)));
  return encoded.every((label) => label !== '') && isHostname(encoded.join('.'));
}

function encodedLabel(label: string): string {
  return isUnicodeLabel(label) ? domainToASCII(label) : '';
}

/**
 * What RFC 5891 section 4.2.3 and RFC 5892 appendix A ask of a label besides the tables that Node has (UTS 46): marks that
 * must not stand first, and signs that only mean something beside letters of a script.
 */
function isUnicodeLabel(label: string): boolean {
  if (label.slice(2, 4) === '--' || /^\p{M}/u.test(label) || disallowed.test(label)) return false;
  for (const { sign, good } of contextual) if (sign.test(label) && !good.test(label)) return false;
  return true;
}

/** RFC 5892 section 2.6. */
const disallowed = /[\u0640\u07fa\u302e\u302f\u3031-\u3035\u303b]/;

/** `good` holds for the label as a whole. */
const contextual: readonly { readonly sign: RegExp; readonly good: RegExp }[] = [
  { sign: /\u00b7/, good: /^(?:[^\u00b7]|(?<=l)\u00b7(?=l))*$/ },
  { sign: /\u0375/, good: /^(?:[^\u0375]|\u0375(?=\p{Script=Greek}))*$/u },
  { sign: /[\u05f3\u05f4]/, good: /^(?:[^\u05f3\u05f4]|(?<=\p{Script=Hebrew})[\u05f3\u05f4])*$/u },
  { sign: /\u30fb/, good: /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u },
];

function isAscii(text: string): boolean {
  return !/[^\x00-\x7f]/.test(text);
}

const atoms = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const internationalAtoms =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\u{10ffff}-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\u{10ffff}-]+)*$/u;

/** RFC 5321 section 4.1.2 without quoted strings, which nobody has and injections are made of. */
function isEmail(text: string): boolean {
  return isMailbox(text, atoms, isHostname);
}

/** RFC 6531 section 3.3. */
function isIdnEmail(text: string): boolean {
  return isMailbox(text, internationalAtoms, isIdnHostname);
}

function isMailbox(text: string, local: RegExp, isDomain: (text: string) => boolean): boolean {
  const at = text.lastIndexOf('@');
  if (at < 1 || at > 64 || text.length > 320) return false;
  const domain = text.slice(at + 1);
  if (!local.test(text.slice(0, at))) return false;
  const literal = /^\[(?:(IPv6:)(.*)|(.*))\]$/.exec(domain);
  if (literal === null) return isDomain(domain);
  return literal[1] === undefined ? isIPv4(literal[3]!) : isIPv6(literal[2]!);
}

const escaped = '%[0-9A-Fa-f]{2}';
const ascii = "A-Za-z0-9._~!$&'()*+,;=\\-";
const international = `${ascii}\\u00a0-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\uffef\\u{10000}-\\u{1fffd}\\u{20000}-\\u{2fffd}\\u{30000}-\\u{efffd}`;
const privateUse = '\\ue000-\\uf8ff\\u{f0000}-\\u{ffffd}\\u{100000}-\\u{10fffd}';

/** RFC 3986, and RFC 3987 for the characters that IRIs may have besides. */
class Reference {
  readonly #authority: RegExp;
  readonly #path: RegExp;
  readonly #query: RegExp;
  readonly #fragment: RegExp;

  constructor(characters: string, inQueries: string) {
    const all = (more: string): RegExp => new RegExp(`^(?:[${characters}${more}]|${escaped})*$`, 'u');
    this.#authority = new RegExp(
      `^(?:(?:[${characters}:]|${escaped})*@)?(?:\\[([^\\]]*)\\]|(?:[${characters}]|${escaped})*)(?::[0-9]*)?$`,
      'u',
    );
    this.#path = all(':@/');
    this.#query = all(`:@/?${inQueries}`);
    this.#fragment = all(':@/?');
  }

  isAbsolute(text: string): boolean {
    return scheme.test(text) && this.isReference(text);
  }

  isReference(text: string): boolean {
    const [, named, authority, path = '', query = '', fragment = ''] = parts.exec(text)!;
    if (named !== undefined && !scheme.test(named)) return false;
    if (authority !== undefined && !this.#isAuthority(authority)) return false;
    // Section 4.2: a colon in the first segment would make it a scheme.
    if (named === undefined && authority === undefined && /^[^/]*:/.test(path)) return false;
    return this.#path.test(path) && this.#query.test(query) && this.#fragment.test(fragment);
  }

  #isAuthority(text: string): boolean {
    const match = this.#authority.exec(text);
    if (match === null) return false;
    const literal = match[1];
    return (
      literal === undefined ||
      isIPv6(literal) ||
      /^[vV][0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+$/.test(literal)
    );
  }
}

/** RFC 3986 appendix B, with a scheme that looks like one. It matches every text. */
const parts = /^(?:([A-Za-z][A-Za-z0-9+.-]*:))?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#([\s\S]*))?$/;
const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:/;

const uri = new Reference(ascii, '');
const iri = new Reference(international, privateUse);

/** RFC 6570 section 2. */
const variable = `(?:[A-Za-z0-9_]|${escaped})(?:\\.?(?:[A-Za-z0-9_]|${escaped}))*(?:\\*|:[1-9][0-9]{0,3})?`;
const uriTemplate = new RegExp(
  `^(?:[^\\x00-\\x20\\x7f"%<>\\\\^\`{|}]|${escaped}|\\{[+#./;?&=,!@|]?${variable}(?:,${variable})*\\})*$`,
);

const own: Readonly<Record<string, (text: string) => boolean>> = {
  'date-time': isDateTime,
  duration: (text) => duration.test(text),
  email: isEmail,
  'idn-email': isIdnEmail,
  hostname: isHostname,
  'idn-hostname': isIdnHostname,
  uri: (text) => uri.isAbsolute(text),
  'uri-reference': (text) => uri.isReference(text),
  iri: (text) => iri.isAbsolute(text),
  'iri-reference': (text) => iri.isReference(text),
  'uri-template': (text) => uriTemplate.test(text),
  uuid: (text) => /^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/.test(text),
};
