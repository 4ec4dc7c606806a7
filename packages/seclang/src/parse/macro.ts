import { SyntaxProblem } from './problem.ts';
import { checkVariable, isVariable } from './variables.ts';
import { excerpt } from './words.ts';

/** A string with `%{…}` in it, taken apart once. */
export type Macro = readonly (string | MacroVariable)[];

export interface MacroVariable {
  /** In capitals, such as `TX`. */
  readonly variable: string;
  /** The key in a collection as it is written, such as `anomaly_score`. */
  readonly key: string | undefined;
}

/**
 * @throws SyntaxProblem for a variable that does not exist. `%{` that is never closed stays as it is, as in ModSecurity.
 */
export function parseMacro(text: string): Macro {
  return split(text, parseVariable);
}

/** The same for a pattern, where `%{2}` means something else: what is no variable stays. */
export function parsePatternMacro(text: string): Macro {
  return split(text, (inner) => {
    const name = /^([A-Za-z_]\w*)(?:[.:].+)?$/s.exec(inner)?.[1]?.toUpperCase();
    return name !== undefined && isVariable(name) ? parseVariable(inner) : `%{${inner}}`;
  });
}

function split(text: string, variable: (inner: string) => string | MacroVariable): Macro {
  const parts: (string | MacroVariable)[] = [];
  let from = 0;
  for (const match of text.matchAll(/%\{([^{}]*)\}/g)) {
    if (match.index > from) parts.push(text.slice(from, match.index));
    parts.push(variable(match[1]!));
    from = match.index + match[0].length;
  }
  if (from < text.length || parts.length === 0) parts.push(text.slice(from));
  return parts;
}

function parseVariable(text: string): MacroVariable {
  const match = /^([A-Za-z_]\w*)(?:[.:](.+))?$/s.exec(text);
  if (match === null) throw new SyntaxProblem(`not a variable: %{${excerpt(text)}}`);
  const variable = match[1]!.toUpperCase();
  checkVariable(variable);
  return { variable, key: match[2] };
}

/** The text of a macro without variables; undefined if it has some. */
export const constantText = (macro: Macro): string | undefined =>
  macro.every((part) => typeof part === 'string') ? macro.join('') : undefined;
