import type { Link } from '../model/rule.ts';
import { toInteger } from '../operators/numbers.ts';
import {
  type Match,
  type Matcher,
  matched,
  type OperatorEnvironment,
  OperatorFault,
} from '../operators/operator.ts';
import { findOperator, findRegexOperator } from '../operators/registry.ts';
import { constantText } from '../parse/macro.ts';
import type { ByteSet } from '../regex/byte-set.ts';
import type { Node } from '../regex/syntax.ts';
import { rxOptions, translatePattern } from '../regex/translate.ts';
import { maximumCompiledArguments } from './limits.ts';
import { needsOfOperator } from './operator-needs.ts';
import { compileRulePattern, type PatternSafety } from './pattern.ts';
import type { State } from './state.ts';
import { compileText } from './text.ts';
import type { TxNames } from './tx.ts';

/** An operator with its argument. It says what it says without the `!` of a rule. */
export interface EngineOperator {
  readonly run: (value: string, state: State) => Match;
  /** Whether the value alone decides. */
  readonly isPure: boolean;
  /** What it cannot match without; undefined where nothing is known. */
  readonly needs: OperatorNeeds | undefined;
  /** How many times as long as a pattern it takes for a value. */
  readonly weight: number;
}

/** Our measurement: those that read a language take a third of a microsecond for a byte at worst. */
const weights: ReadonlyMap<string, number> = new Map([
  ['detectSQLi', 16],
  ['detectXSS', 8],
]);

export type OperatorNeeds =
  /** What the pattern takes. */
  | { readonly kind: 'pattern'; readonly root: Node }
  /** One of these, in small letters, regardless of the case of the value. */
  | { readonly kind: 'phrases'; readonly phrases: readonly string[] }
  /** A byte of each set. */
  | { readonly kind: 'bytes'; readonly sets: readonly ByteSet[] };

export interface OperatorContext {
  readonly names: TxNames;
  /** Whether V8 bounds backtracking by itself. */
  readonly isBounded: boolean;
}

/** @throws OperatorFault and PatternError, for arguments that mean nothing */
export function compileOperator(link: Link, context: OperatorContext): EngineOperator {
  return { ...runOf(link, context), weight: weights.get(link.operator.name) ?? 1 };
}

type Run = Omit<EngineOperator, 'weight'>;

function runOf(link: Link, { names, isBounded }: OperatorContext): Run {
  const safety = { isBounded, isTrusted: looksAtResponse(link) };
  const { name, argument } = link.operator;
  const constant = constantText(argument);
  if (name === 'rx' && constant !== undefined) return rx(constant, link.capture, safety);
  const compare = comparisons.get(name);
  if (compare !== undefined) return comparison(compare, link, names);
  if (constant !== undefined) {
    const matcher = compileMatcher(name, constant, link);
    const needs = needsOfOperator(name, constant, filesOf(link));
    return {
      run: capturesValue.has(name) && link.capture ? capturing(matcher) : matcher,
      isPure: true,
      needs,
    };
  }
  return { run: withVariables(link, names, safety), isPure: false, needs: undefined };
}

function looksAtResponse({ targets }: Link): boolean {
  return targets.every(({ variable, excluded }) => excluded || variable === 'RESPONSE_BODY');
}

function rx(source: string, capture: boolean, safety: PatternSafety): Run {
  const { compiled, choose } = compileRulePattern(source, safety);
  const { root, sameGroups, captures } = compiled;
  const needs = { kind: 'pattern', root } as const;
  if (!capture) return { isPure: true, needs, run: (value) => (choose(value).test(value) ? matched : false) };
  return {
    isPure: true,
    needs,
    run: (value) => {
      const match = choose(value).exec(value);
      if (match === null) return false;
      const groups: string[] = [];
      if (sameGroups) for (let group = 0; group < match.length; group++) groups.push(match[group] ?? '');
      else
        for (const several of captures)
          groups.push(match[several.find((group) => match[group] !== undefined) ?? -1] ?? '');
      return groups;
    },
  };
}

type Compare = (argument: number) => (value: number) => boolean;

const comparisons: ReadonlyMap<string, Compare> = new Map<string, Compare>([
  ['eq', (argument) => (value) => value === argument],
  ['ge', (argument) => (value) => value >= argument],
  ['gt', (argument) => (value) => value > argument],
  ['le', (argument) => (value) => value <= argument],
  ['lt', (argument) => (value) => value < argument],
]);

/** Scores are compared with thresholds that rules set: nothing is kept compiled for each of them. */
function comparison(compare: Compare, { operator }: Link, names: TxNames): Run {
  const constant = constantText(operator.argument);
  if (constant !== undefined) {
    const holds = compare(toInteger(constant));
    return { isPure: true, needs: undefined, run: (value) => (holds(toInteger(value)) ? matched : false) };
  }
  const text = compileText(operator.argument, names);
  return {
    isPure: false,
    needs: undefined,
    run: (value, state) => (compare(toInteger(text(state)))(toInteger(value)) ? matched : false),
  };
}

/** Operators that judge a value as a whole: what `capture` captures is the value. */
const capturesValue: ReadonlySet<string> = new Set(['detectSQLi', 'detectXSS']);

function capturing(matcher: Matcher): Matcher {
  return (value) => (matcher(value) === false ? false : [value]);
}

/** @throws OperatorFault and PatternError */
function compileMatcher(name: string, argument: string, link: Link): Matcher {
  const regexOperator = findRegexOperator(name);
  if (regexOperator !== undefined)
    return regexOperator(new RegExp(translatePattern(argument, rxOptions).source));
  return findOperator(name)!(argument, filesOf(link));
}

function filesOf({ operator, data }: Link): OperatorEnvironment {
  const files = operator.argument.join('').trim().split(/\s+/);
  return {
    readFile(name) {
      const text = data[files.indexOf(name)];
      if (text === undefined) throw new OperatorFault(`there is no file ${name}`);
      return text;
    },
  };
}

/** The argument is known when the rule runs; the last ones are kept, as they hardly ever change. */
function withVariables(link: Link, names: TxNames, safety: PatternSafety): EngineOperator['run'] {
  const { name } = link.operator;
  const text = compileText(link.operator.argument, names);
  const kept = new Map<string, EngineOperator['run']>();
  return (value, state) => {
    const argument = text(state);
    let matcher = kept.get(argument);
    if (matcher === undefined) {
      matcher = name === 'rx' ? rx(argument, link.capture, safety).run : compileMatcher(name, argument, link);
      if (kept.size >= maximumCompiledArguments) kept.clear();
      kept.set(argument, matcher);
    }
    return matcher(value, state);
  };
}
