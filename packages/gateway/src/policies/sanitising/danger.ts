/** What was found in a text. */
export type Danger =
  /** An element that runs or loads something: `<script`, `<iframe`. */
  | 'element'
  /** An attribute of a tag that is run: `onerror=`. */
  | 'handler'
  /** A URL that is run: `javascript:`. */
  | 'url'
  /** More markup than is looked through. */
  | 'amount';

/** Tags and attributes that are looked at in one request, in all its texts: some 5 ms, and more than a page has. */
export interface Budget {
  left: number;
}

export function newBudget(): Budget {
  return { left: 20_000 };
}

/**
 * Whether a text has plain markup that scripts when it is shown as it is. Small and precise on purpose: what only works in
 * a certain place of a page, or against a certain filter, is left to rules about injection, and nothing here is about SQL.
 *
 * Linear: one search for elements, and one pass over the tags as a browser would read them (HTML 13.2.5).
 */
export function dangerIn(text: string, budget: Budget): Danger | undefined {
  if (text.includes('<')) {
    if (elements.test(text)) return 'element';
    const found = dangerInTags(text, budget);
    if (found !== undefined) return found;
  }
  return dangerOfUrl(text, budget);
}

/** What is somewhere in any text that `dangerIn` objects to and that has no control characters; for many texts at once. */
export const mayBeDangerous = /<[a-z]|script:|data:[tia]|&[#ctn]/i;

const elements = /<(?:script|iframe|frame|frameset|object|embed|applet|base)(?:[\s/>]|$)/i;

/** Attributes that hold a URL that is followed, or loaded as a document. */
const urlAttributes: ReadonlySet<string> = new Set([
  'href',
  'xlink:href',
  'src',
  'action',
  'formaction',
  'data',
  'to',
  'values',
]);

/** Types of content in which a `data:` URL brings a page along. */
const scriptUrl =
  /^(?:javascript|vbscript|livescript):|^data:(?:text\/(?:html|xml|javascript)|image\/svg\+xml|application\/(?:xhtml\+xml|xml))/i;

/** Of a URL as much as `scriptUrl` looks at. */
const longestUrlStart = 32;

function dangerOfUrl(text: string, budget: Budget): Danger | undefined {
  const start = urlStart(text, budget);
  if (start === undefined) return 'amount';
  return scriptUrl.test(start) ? 'url' : undefined;
}

/**
 * As a browser takes a URL out of an attribute: entities decoded, controls gone. Blanks before it do not matter, however
 * many there are. Undefined where there are more entities than are looked through; empty for what runs nothing.
 */
function urlStart(text: string, budget: Budget): string | undefined {
  let start = '';
  for (let at = 0; start.length < longestUrlStart; ) {
    // A search takes a tenth of the time of a loop.
    const kept = start === '' ? notLeading : notDropped;
    kept.lastIndex = at;
    if (!kept.test(text)) break;
    at = kept.lastIndex - 1;
    let code = text.charCodeAt(at);
    let end = at + 1;
    if (code === ampersand) {
      entity.lastIndex = at;
      const match = entity.exec(text);
      if (match !== null) {
        if (--budget.left < 0) return undefined;
        code = codeOf(match);
        end = entity.lastIndex;
      }
    }
    at = end;
    if (start === '' ? code <= 0x20 : isDropped(code)) continue;
    const char = String.fromCodePoint(code);
    // Most texts end here.
    if (start === '' && !/[jvld]/i.test(char)) return start;
    start += char;
  }
  return start;
}

/** As many zeros as somebody likes may stand before its digits. */
const entity = /&(?:#x0*([0-9a-f]{1,6})|#0*([0-9]{1,7})|(colon|tab|newline|nbsp));?/iy;

function codeOf([, hex, decimal, name]: RegExpExecArray): number {
  if (name !== undefined) return name.toLowerCase() === 'colon' ? 0x3a : 0;
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  return code <= 0x10ffff ? code : 0;
}

/** Of a character that an entity stands for. */
function isDropped(code: number): boolean {
  return code === 0x09 || code === 0x0a || code === 0x0d || code === 0;
}

const notDropped = /[^\t\n\r\x00]/g;
const notLeading = /[^\x00-\x20]/g;
const ampersand = 0x26;
const tagEnd = 0x3e;
const slash = 0x2f;
const equals = 0x3d;

function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

/** Goes through each tag once; one that does not end goes on to the end of the text, as it does in a page. */
function dangerInTags(text: string, budget: Budget): Danger | undefined {
  const start = /<[a-z]/gi;
  for (;;) {
    const match = start.exec(text);
    if (match === null) return undefined;
    if (--budget.left < 0) return 'amount';
    let at = match.index + 1;
    while (
      at < text.length &&
      !isBlank(text.charCodeAt(at)) &&
      text.charCodeAt(at) !== slash &&
      text.charCodeAt(at) !== tagEnd
    )
      at++;
    while (at < text.length && text.charCodeAt(at) !== tagEnd) {
      const code = text.charCodeAt(at);
      if (isBlank(code) || code === slash) {
        at++;
        continue;
      }
      if (--budget.left < 0) return 'amount';
      const nameStart = at;
      // An equals sign at its beginning belongs to the name.
      at++;
      while (at < text.length && !endsName(text.charCodeAt(at))) at++;
      const name = at - nameStart <= longestName ? text.slice(nameStart, at).toLowerCase() : '';
      let next = at;
      while (next < text.length && isBlank(text.charCodeAt(next))) next++;
      if (text.charCodeAt(next) !== equals) {
        at = next;
        continue;
      }
      if (/^on[a-z]{3,}$/.test(name)) return 'handler';
      at = next + 1;
      while (at < text.length && isBlank(text.charCodeAt(at))) at++;
      const valueStart = at;
      at = valueEnd(text, at);
      if (name === 'srcdoc') return 'element';
      if (!urlAttributes.has(name)) continue;
      const found = dangerOfUrl(unquoted(text.slice(valueStart, at)), budget);
      if (found !== undefined) return found;
    }
    start.lastIndex = at;
  }
}

const longestName = 40;

function endsName(code: number): boolean {
  return isBlank(code) || code === slash || code === tagEnd || code === equals;
}

function valueEnd(text: string, from: number): number {
  const quote = text[from];
  if (quote === '"' || quote === "'") {
    const end = text.indexOf(quote, from + 1);
    return end < 0 ? text.length : end + 1;
  }
  let at = from;
  while (at < text.length && !isBlank(text.charCodeAt(at)) && text.charCodeAt(at) !== tagEnd) at++;
  return at;
}

function unquoted(value: string): string {
  return value.replace(/^["']/, '');
}
