import { compilePattern } from '../regex/compile.ts';
import type { PatternOptions } from '../regex/parse.ts';
import { PatternError } from '../regex/syntax.ts';
import { SyntaxProblem } from './problem.ts';
import { checkVariable, collections } from './variables.ts';
import { excerpt } from './words.ts';

/** What a rule looks at, or with `excluded` what it does not look at. */
export interface Target {
  /** In capitals. */
  readonly variable: string;
  readonly selector: Selector | undefined;
  /** `&ARGS`: how many there are. */
  readonly count: boolean;
  /** `!ARGS:password`. */
  readonly excluded: boolean;
}

export type Selector =
  /** The name of one member; names are compared regardless of the case of ASCII letters. */
  | { readonly kind: 'name'; readonly name: string }
  /** A pattern (PCRE) for names; see `selectorOptions`. */
  | { readonly kind: 'pattern'; readonly source: string }
  /** `XML:/*` is all text, `XML://@*` all values of attributes. */
  | { readonly kind: 'xpath'; readonly path: '/*' | '//@*' };

/** What ModSecurity 2 sets for the patterns of selectors. */
export const selectorOptions: PatternOptions = { ignoreCase: true, dotAll: true, dollarEndOnly: true };

/**
 * Targets separated by `|` or `,`. A selector in slashes or single quotes may hold either.
 * @throws SyntaxProblem
 */
export function parseTargets(text: string): Target[] {
  const targets: Target[] = [];
  let at = 0;
  const blanks = (): void => {
    while (/[ \t]/.test(text[at] ?? '')) at++;
  };
  for (;;) {
    blanks();
    const head = /^([!&]?)([A-Za-z_]\w*)(:?)/.exec(text.slice(at));
    if (head === null) throw new SyntaxProblem(`not a target: ${excerpt(text.slice(at)) || 'nothing'}`);
    at += head[0].length;
    const raw = head[3] === ':' ? selectorText(text, at) : undefined;
    at += raw?.length ?? 0;
    targets.push(target(head[1]!, head[2]!.toUpperCase(), raw));
    blanks();
    if (at >= text.length) return targets;
    if (text[at] !== '|' && text[at] !== ',')
      throw new SyntaxProblem(`unexpected text in targets: ${excerpt(text.slice(at))}`);
    at++;
  }
}

function selectorText(text: string, at: number): string {
  const rest = text.slice(at);
  const whole = /^(?:'(?:[^'\\]|\\.)*'|\/(?:[^/\\]|\\.)*\/(?=[|,\s]|$)|[^|,\s]+)/s.exec(rest)?.[0];
  if (whole === undefined) throw new SyntaxProblem(`missing selector: ${excerpt(text)}`);
  return whole;
}

function target(sign: string, variable: string, raw: string | undefined): Target {
  checkVariable(variable);
  if (raw !== undefined && !collections.has(variable))
    throw new SyntaxProblem(`${variable} has one value and takes no selector`);
  if (variable === 'XML' && raw === undefined) throw new SyntaxProblem('XML needs a selector');
  const selector = raw === undefined ? undefined : parseSelector(variable, raw);
  return { variable, selector, count: sign === '&', excluded: sign === '!' };
}

function parseSelector(variable: string, raw: string): Selector {
  const text =
    raw.length > 1 && raw.startsWith("'") && raw.endsWith("'")
      ? raw.slice(1, -1).replaceAll("\\'", "'")
      : raw;
  if (variable === 'XML') {
    if (text !== '/*' && text !== '//@*')
      throw new SyntaxProblem(`XPath ${excerpt(text)} is not supported; /* and //@* are`);
    return { kind: 'xpath', path: text };
  }
  if (text === '') throw new SyntaxProblem('empty selector');
  if (!text.startsWith('/')) return { kind: 'name', name: text };
  if (text.length < 3 || !text.endsWith('/'))
    throw new SyntaxProblem(`pattern without closing slash: ${excerpt(text)}`);
  const source = text.slice(1, -1);
  try {
    compilePattern(source, selectorOptions);
  } catch (error) {
    if (error instanceof PatternError) throw new SyntaxProblem(`pattern of a selector: ${error.message}`);
    throw error;
  }
  return { kind: 'pattern', source };
}
