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
  return isScriptUrl(text) ? 'url' : undefined;
}

/** What is somewhere in any text that `dangerIn` objects to and that has no control characters; for many texts at once. */
export const mayBeDangerous = /<[a-z]|script:|data:[tia]|&[#ctn]/i;

const elements = /<(?:script|iframe|frame|frameset|object|embed|applet|base)(?:[\s/>]|$)/i;

const longestUrlStart = 256;

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

function isScriptUrl(text: string): boolean {
  const start = text.slice(0, longestUrlStart);
  if (!/[:&]/.test(start)) return false;
  return scriptUrl.test(withoutNoise(start));
}

/** As a browser takes a URL out of an attribute: entities decoded, controls gone. Blanks before it do not matter. */
function withoutNoise(text: string): string {
  const decoded = text.includes('&')
    ? text.replace(
        /&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|(colon|tab|newline|nbsp));?/gi,
        (_, hex, decimal, name) => {
          const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
          if (name !== undefined) return name.toLowerCase() === 'colon' ? ':' : '';
          return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '';
        },
      )
    : text;
  return decoded.replace(/^[\x00-\x20]+|[\t\n\r\x00]/g, '');
}

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
      if (
        name === 'srcdoc' ||
        (urlAttributes.has(name) &&
          isScriptUrl(unquoted(text.slice(valueStart, Math.min(at, valueStart + longestUrlStart)))))
      )
        return name === 'srcdoc' ? 'element' : 'url';
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
