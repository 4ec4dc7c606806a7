/** What reads HTML is told of each tag as it is begun and ended, and may stop the reading by returning true. */
export interface Reader {
  attribute(element: string, name: string, value: string): boolean;
  /** A start tag is complete, or the input ended in it. `content` is what follows up to the end tag, for elements whose content is text. */
  element(name: string, content: string | undefined): boolean;
}

/** Elements whose content no markup is read from (HTML, section 13.1.2). */
const withText: ReadonlySet<string> = new Set([
  'script',
  'style',
  'textarea',
  'title',
  'xmp',
  'iframe',
  'noembed',
  'noframes',
  'plaintext',
]);

/** Names longer than this are none that matter. */
const maxName = 40;

/** Reads as a browser does (HTML, section 13.2.5), in one pass. @returns whether the reader stopped it */
export function readMarkup(html: string, from: number, reader: Reader): boolean {
  for (let at = html.indexOf('<', from); at >= 0; at = html.indexOf('<', at)) {
    const next = html.charCodeAt(at + 1);
    if (isLetter(next)) {
      const end = readTag(html, at, reader);
      if (end < 0) return true;
      at = end;
    } else if (html.startsWith('!--[if', at + 1)) {
      // What stands in a conditional comment is live in browsers of old.
      at += 7;
    } else if (html.startsWith('!--', at + 1)) at = endOfComment(html, at + 4);
    else if (next === 0x3f && /^\?(?:import|xml-stylesheet)\b/i.test(html.slice(at + 1, at + 20)))
      return true;
    else at++;
    if (at >= html.length) return false;
  }
  return false;
}

function endOfComment(html: string, from: number): number {
  if (html[from] === '>') return from + 1;
  const end = /--!?>/g;
  end.lastIndex = from;
  const match = end.exec(html);
  // Nothing is live behind a comment that does not end.
  return match === null ? html.length : match.index + match[0].length;
}

/** @returns where reading goes on, -1 to stop it */
function readTag(html: string, start: number, reader: Reader): number {
  let at = start + 1;
  while (at < html.length && !isBlank(html.charCodeAt(at)) && html[at] !== '/' && html[at] !== '>') at++;
  const name = html.slice(start + 1, Math.min(at, start + 1 + maxName)).toLowerCase();
  at = readAttributes(html, at, withoutPrefix(name), reader);
  if (at < 0) return -1;
  at = Math.min(at + 1, html.length);
  const local = withoutPrefix(name);
  const content = withText.has(local) ? textOf(html, at, name) : undefined;
  if (reader.element(local, content)) return -1;
  return at + (content?.length ?? 0);
}

/** In XHTML and SVG an element may have the prefix of a namespace: `<x:script src=…>`. */
function withoutPrefix(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function textOf(html: string, from: number, name: string): string {
  const end = new RegExp(`</${RegExp.escape(name)}[\\s/>]`, 'gi');
  end.lastIndex = from;
  return html.slice(from, end.exec(html)?.index ?? html.length);
}

/**
 * Attributes from `at` to the `>` of a tag. `isClean` tells which names may stand before: none is refused within a tag.
 * @returns the place of the `>` or the length of the input, -1 where the reader stopped or a name was not clean
 */
export function readAttributes(
  html: string,
  from: number,
  element: string,
  reader: Reader,
  isClean?: RegExp,
): number {
  let at = from;
  for (;;) {
    while (at < html.length && (isBlank(html.charCodeAt(at)) || html[at] === '/')) at++;
    if (at >= html.length || html[at] === '>') return at;
    const start = at;
    // A `=` that begins a name belongs to it.
    at++;
    while (
      at < html.length &&
      !isBlank(html.charCodeAt(at)) &&
      html[at] !== '/' &&
      html[at] !== '>' &&
      html[at] !== '='
    )
      at++;
    const name = html.slice(start, Math.min(at, start + maxName)).toLowerCase();
    if (isClean !== undefined && !isClean.test(name)) return html.length;
    let behind = at;
    while (behind < html.length && isBlank(html.charCodeAt(behind))) behind++;
    if (html[behind] !== '=') continue;
    at = behind + 1;
    while (at < html.length && isBlank(html.charCodeAt(at))) at++;
    const end = endOfValue(html, at);
    const isQuoted = html[at] === '"' || html[at] === "'";
    if (reader.attribute(element, name, html.slice(isQuoted ? at + 1 : at, end))) return -1;
    at = isQuoted ? Math.min(end + 1, html.length) : end;
  }
}

function endOfValue(html: string, at: number): number {
  const quote = html[at];
  if (quote === '"' || quote === "'") {
    const end = html.indexOf(quote, at + 1);
    return end < 0 ? html.length : end;
  }
  let end = at;
  while (end < html.length && !isBlank(html.charCodeAt(end)) && html[end] !== '>') end++;
  return end;
}

function isLetter(byte: number): boolean {
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x7a;
}

/** White space of HTML, and the vertical tab, which some filters and old browsers take for it. */
function isBlank(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}
