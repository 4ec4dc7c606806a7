import { SyntaxProblem } from './problem.ts';

/**
 * How backslashes in quoted words are read. `nginx`: `\"` is a quote, everything else stays, as libmodsecurity 3 and Coraza
 * do. `apache`: `\\` is one backslash too, as httpd hands it to ModSecurity 2.
 */
export type Dialect = 'nginx' | 'apache';

/**
 * The words of a directive: bare, or between double or single quotes.
 * @throws SyntaxProblem for a quote that is never closed, or text right behind a closing one
 */
export function splitWords(text: string, dialect: Dialect): string[] {
  const words: string[] = [];
  let at = 0;
  for (;;) {
    while (/[ \t]/.test(text[at] ?? '')) at++;
    if (at >= text.length) return words;
    const quote = text[at] === '"' || text[at] === "'" ? text[at]! : undefined;
    const end = quote === undefined ? endOfBare(text, at) : endOfQuoted(text, at, quote);
    const raw = text.slice(quote === undefined ? at : at + 1, end);
    words.push(unescapeQuotes(raw, quote, dialect));
    at = quote === undefined ? end : end + 1;
    if (quote !== undefined && at < text.length && !/[ \t]/.test(text[at]!))
      throw new SyntaxProblem(`unexpected text behind a closing quote: ${excerpt(text.slice(at))}`);
  }
}

/** A bare word ends at a blank, but not at one between the quotes of a selector (`ARGS:'a b'`). */
function endOfBare(text: string, from: number): number {
  let quoted = false;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === "'") quoted = !quoted;
    else if (!quoted && /[ \t]/.test(text[at]!)) return at;
  }
  if (quoted) throw new SyntaxProblem(`missing closing quote: ${excerpt(text.slice(from))}`);
  return text.length;
}

function endOfQuoted(text: string, from: number, quote: string): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === quote) return at;
  }
  throw new SyntaxProblem(`missing closing quote: ${excerpt(text.slice(from))}`);
}

function unescapeQuotes(raw: string, quote: string | undefined, dialect: Dialect): string {
  const expression = dialect === 'apache' ? /\\(["'\\])/g : /\\(["'])/g;
  return raw.replace(expression, (whole, char: string) => (char === quote || char === '\\' ? char : whole));
}

export const excerpt = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}…` : text);
