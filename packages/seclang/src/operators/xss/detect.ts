import { type Matcher, matched } from '../operator.ts';
import { judge } from './judge.ts';
import { readAttributes, readMarkup } from './tags.ts';
import { runsScript, withoutReferences } from './urls.ts';

/** Matches what would run a script where a page shows it: as text, in an attribute with or without quotes, as a URL. */
export function detectXSS(): Matcher {
  return (value) => (isScript(value) ? matched : false);
}

export function isScript(value: string): boolean {
  // Browsers of old read over a NUL within names, and some services drop it.
  const html = value.includes('\0') ? value.replaceAll('\0', '') : value;
  if (html.includes('<') && (readMarkup(html, 0, judge) || breaksOut(html))) return true;
  if (html.includes('=') && inAttribute(html)) return true;
  return isScriptUrl(html) || leavesString(html);
}

/** How much of a value is looked at for the end of a string of JavaScript. */
const maxString = 1_000;

/**
 * `';alert(1)//`, `"-alert(1)-"`: within a script the value ends a string, goes on with an operator and a call, and takes
 * care of the quote that follows. Code that is content begins with something else than a word and a quote.
 */
function leavesString(html: string): boolean {
  if (html.length > maxString) return false;
  const end = /^[\w.\\-]{0,32}["'`][\s)\]}]*(?:[-+*/%^&|;?<>=]|,\s*[\w.]+\s*[(`])/.exec(html);
  if (end === null || !/(?:\/\/.*|<!--.*|\/\*.*|["'`])\s*$/.test(html)) return false;
  return /[\w$\])]\s*[(`]/.test(html.slice(end[0].length - 1));
}

/** Text that ends an element or a comment around it, and what then follows. */
function breaksOut(html: string): boolean {
  const end =
    /<\/(?:textarea|title|style|script|noscript|xmp|noembed|noframes|iframe|template)|--!?>|\]\]>/i.exec(
      html,
    );
  return end !== null && readMarkup(html, end.index + 2, judge);
}

/** Names that stand in tags and not in code: with another one before, it is no tag that goes on. */
const clean = /^[\w:@-]*$/;

const strict: typeof judge = {
  ...judge,
  attribute: (element, name, value) => looksLikeCode(value) && judge.attribute(element, name, value),
};

/** The value ends an attribute's, by a quote or a blank, and goes on with attributes of its own. */
function inAttribute(html: string): boolean {
  for (const pattern of [/"/, /'/, /^[^\s"'<>=(]*[\s/]/]) {
    const end = pattern.exec(html);
    if (end !== null && readAttributes(html, end.index + end[0].length, '', strict, clean) < 0) return true;
  }
  return /^[\s/]*on\w+\s*=/i.test(html) && readAttributes(html, 0, '', strict, clean) < 0;
}

/** Without a tag around it, only what would run counts: `onRequest = ({ socket }) => …` is a line of code. */
function looksLikeCode(value: string): boolean {
  if (!/[(`=[&\\]|\bthrow\b|\w:\S|\blocation\b|\bimport\b/i.test(value)) return false;
  return !/^=|^\(?[\w\s,{}:]*\)?$/.test(value) && isBalanced(value);
}

function isBalanced(value: string): boolean {
  let open = 0;
  for (let index = 0; index < value.length; index++) {
    const character = value[index]!;
    if ('([{'.includes(character)) open++;
    else if (')]}'.includes(character)) open--;
  }
  return open === 0;
}

function isScriptUrl(html: string): boolean {
  if (!/[:&]/.test(html.slice(0, 400)) || !runsScript(html)) return false;
  // “JavaScript: the good parts” calls nothing.
  return /[(`=<]|%(?:28|3c|60)|;base64,|\bthrow\b|\blocation\b/i.test(withoutReferences(html));
}
