import type { Reader } from './tags.ts';
import { runsScript, withoutReferences } from './urls.ts';

const set = (list: string): ReadonlySet<string> => new Set(list.split(' '));

/** Attributes that browsers follow, or that an animation of SVG writes into one. */
const links = set(
  'href src action formaction data xlink:href poster background dynsrc lowsrc code codebase classid archive manifest profile longdesc usemap ping to values from by srcset url folder icon content',
);

/** Names that begin with “on” and are no handlers. */
const innocent = set('on one ones once only online onto ontology onboarding ongoing');

/** Elements that bring in what others wrote, by the attribute that says from where. */
const inclusions: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['iframe', set('src srcdoc')],
  ['frame', set('src')],
  ['embed', set('src code')],
  ['object', set('data classid codebase')],
  ['applet', set('code codebase archive object')],
  ['script', set('src href xlink:href')],
  ['base', set('href')],
  ['bgsound', set('src')],
  ['layer', set('src')],
  ['ilayer', set('src')],
  ['portal', set('src')],
]);

/** Styles that run scripts in some browser, or bring in others. */
const activeStyle = /expression\s*\(|javascript\s*:|vbscript\s*:|-moz-binding|behaviou?r\s*:/i;

/** What makes a script of markup. */
export const judge: Reader = {
  attribute(element, name, value) {
    const attribute = name.replace(/^[^a-z]+|[^a-z:-]+$/g, '');
    if (/^on[a-z]{2,}$/.test(attribute) && !innocent.has(attribute)) return isHandler(value);
    if (inclusions.get(element)?.has(attribute) === true && value.trim() !== '') return true;
    if (links.has(attribute)) return runsScript(value) || (element === 'meta' && refreshes(value));
    switch (attribute) {
      case 'style':
        return activeStyle.test(plainStyle(value));
      case 'srcdoc':
        return value.trim() !== '';
      case 'attributename':
        return /^\s*on[a-z]+\s*$/i.test(value);
      case 'http-equiv':
        return /^\s*(?:refresh|set-cookie|link)\s*$/i.test(withoutReferences(value));
      case 'rel':
        return element === 'link' && /\bimport\b/i.test(value);
    }
    return false;
  },

  element(name, content) {
    if (content === undefined) return false;
    // “the <script> tag” and “<script>, which” are prose about it.
    if (name === 'script')
      return content.trim() === '' || !/^[\s,.:)'"`]/.test(content) || /[(=[`;{]/.test(content);
    return name === 'style' && (activeStyle.test(plainStyle(content)) || /@import/i.test(content));
  },
};

/** JSX hands over a function or a name in braces, which a browser would not run: `{() =>`, `{this.submit}`. */
function isHandler(value: string): boolean {
  const text = value.trim();
  return text !== '' && !/^\{(?:\(?[\w\s,]*\)?|[\w.]+\})$/.test(text);
}

function refreshes(content: string): boolean {
  return /url\s*=\s*['"]?\s*(?:javascript|data|vbscript):/i.test(withoutReferences(content));
}

/** Comments and escapes parted words for filters; browsers read over them. */
function plainStyle(value: string): string {
  return withoutComments(withoutReferences(value))
    .replace(/\\([0-9a-f]{1,6})\s?/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16) & 0xff))
    .replaceAll('\\', '');
}

function withoutComments(style: string): string {
  let result = '';
  let from = 0;
  for (let start = style.indexOf('/*'); start >= 0; start = style.indexOf('/*', from)) {
    result += style.slice(from, start);
    const end = style.indexOf('*/', start + 2);
    if (end < 0) return result;
    from = end + 2;
  }
  return result + style.slice(from);
}
