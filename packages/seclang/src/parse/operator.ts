import { compilePattern } from '../regex/compile.ts';
import { PatternError } from '../regex/syntax.ts';
import { rxOptions } from '../regex/translate.ts';
import { constantText, type Macro, parseMacro, parsePatternMacro } from './macro.ts';
import { SyntaxProblem } from './problem.ts';
import { excerpt } from './words.ts';

export interface Operator {
  /** In the spelling of the reference manual, such as `ipMatchFromFile`. */
  readonly name: string;
  readonly negated: boolean;
  /** May hold variables, but for `rx` without any and for the operators that are compiled. */
  readonly argument: Macro;
}

/** What stands for an operator's argument. */
type Argument = 'none' | 'optional' | 'pattern' | 'macro' | 'constant';

export const operatorArguments: ReadonlyMap<string, Argument> = new Map<string, Argument>([
  ['beginsWith', 'macro'],
  ['contains', 'macro'],
  ['containsWord', 'macro'],
  ['detectSQLi', 'none'],
  ['detectXSS', 'none'],
  ['endsWith', 'macro'],
  ['eq', 'macro'],
  ['ge', 'macro'],
  ['geoLookup', 'none'],
  ['gt', 'macro'],
  ['ipMatch', 'constant'],
  ['ipMatchFromFile', 'constant'],
  ['le', 'macro'],
  ['lt', 'macro'],
  ['noMatch', 'none'],
  ['pm', 'constant'],
  ['pmFromFile', 'constant'],
  ['rbl', 'constant'],
  ['rx', 'pattern'],
  ['rxGlobal', 'pattern'],
  ['streq', 'macro'],
  ['strmatch', 'macro'],
  ['unconditionalMatch', 'none'],
  ['validateByteRange', 'constant'],
  ['validateUrlEncoding', 'none'],
  ['validateUtf8Encoding', 'none'],
  ['verifyCC', 'pattern'],
  ['verifyCPF', 'pattern'],
  ['verifySSN', 'pattern'],
  ['verifySVNR', 'pattern'],
  ['within', 'macro'],
]);

/** Names that stand for another. */
const aliases: ReadonlyMap<string, string> = new Map([
  ['pmf', 'pmFromFile'],
  ['ipmatchf', 'ipMatchFromFile'],
]);

/** Operators whose argument names files that are read with the rules. */
export const fileOperators: ReadonlySet<string> = new Set(['ipMatchFromFile', 'pmFromFile']);

const byLowerCase = new Map([...operatorArguments.keys()].map((name) => [name.toLowerCase(), name]));

/**
 * `@op argument`, `!@op argument`, or a pattern alone, which is `@rx`.
 * @throws SyntaxProblem
 */
export function parseOperator(text: string): Operator {
  const match = /^\s*(!?)\s*@(\w+)(?:\s+(.*))?$/s.exec(text);
  if (match === null) {
    if (/^\s*!?\s*@/.test(text)) throw new SyntaxProblem(`not an operator: ${excerpt(text)}`);
    const negated = text.startsWith('!');
    return operator('rx', negated, negated ? text.slice(1) : text);
  }
  const written = match[2]!.toLowerCase();
  const name = aliases.get(written) ?? byLowerCase.get(written);
  if (name === undefined) throw new SyntaxProblem(`unknown operator @${match[2]}`);
  const argument = match[3] ?? '';
  return operator(
    name,
    match[1] === '!',
    operatorArguments.get(name) === 'pattern' ? argument : argument.trim(),
  );
}

function operator(name: string, negated: boolean, argument: string): Operator {
  const kind = operatorArguments.get(name)!;
  if (kind === 'constant' && argument === '') throw new SyntaxProblem(`@${name} needs an argument`);
  if (kind === 'none' && argument !== '') throw new SyntaxProblem(`@${name} takes no argument`);
  if (kind === 'constant' || kind === 'none') return { name, negated, argument: [argument] };
  const macro = kind === 'pattern' ? parsePatternMacro(argument) : parseMacro(argument);
  const constant = constantText(macro);
  if (kind === 'pattern' && constant !== undefined) checkPattern(constant);
  return { name, negated, argument: macro };
}

function checkPattern(source: string): void {
  try {
    compilePattern(source, rxOptions);
  } catch (error) {
    if (error instanceof PatternError) throw new SyntaxProblem(`pattern: ${error.message}`);
    throw error;
  }
}
