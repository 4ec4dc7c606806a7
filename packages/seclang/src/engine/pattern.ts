import { Automaton } from '../regex/automaton.ts';
import { type Backtracking, backtracking } from '../regex/backtracking.ts';
import { type CompiledPattern, compilePattern, linearExpression } from '../regex/compile.ts';
import { relaxedExpression } from '../regex/relax.ts';
import { rxOptions } from '../regex/translate.ts';
import { BudgetFault } from './limits.ts';

/** A pattern as a rule runs it. */
export interface RulePattern {
  readonly compiled: CompiledPattern;
  /**
   * What runs the value: V8's backtracking engine, or for long values the linear one.
   * @throws BudgetFault for a value that neither may run
   */
  choose(value: string): RegExp;
}

export interface PatternSafety {
  /** Whether V8 by itself gives up what backtracks exponentially. What takes a power of the length it often does not. */
  readonly isBounded: boolean;
  /** Whether the values come from the service that is protected, which has no reason to attack. */
  readonly isTrusted: boolean;
}

/** Matches no value. */
const nothing = /(?!)/;

type Bounds = Readonly<Record<Backtracking, number>>;

/**
 * From how many bytes on a pattern runs on the engine without backtracking. It takes up to half a microsecond for a byte of any
 * value, where the other one takes a nanosecond for most and, at these lengths, a few milliseconds for the worst.
 */
const longValue: Bounds = { linear: Number.POSITIVE_INFINITY, polynomial: 256, exponential: 12 };
const longValueIfBounded: Bounds = {
  linear: Number.POSITIVE_INFINITY,
  polynomial: 1_024,
  exponential: 1_024,
};

/**
 * Where the linear engine does not take a pattern (possessive loops, counts, back-references), longer values are not looked at
 * but refused: of those of CRS, the worst takes 15 ms for so many bytes, and sixteen times that for four times as many.
 */
const longestValue: Bounds = { linear: Number.POSITIVE_INFINITY, polynomial: 4_096, exponential: 4_096 };

/** @throws PatternError */
export function compileRulePattern(source: string, { isBounded, isTrusted }: PatternSafety): RulePattern {
  const compiled = compilePattern(source, rxOptions);
  const plain = new RegExp(compiled.source);
  const kind = backtracking(compiled.root);
  if (kind === 'linear') return { compiled, choose: () => plain };
  const automaton = Automaton.of(compiled.root);
  const isDismissed = (value: string): boolean =>
    automaton !== undefined && value.length >= longValue[kind] && !automaton.mayMatch(value);
  const linear = linearExpression(compiled);
  const from = (isBounded ? longValueIfBounded : longValue)[kind];
  if (linear !== undefined) {
    return {
      compiled,
      choose(value) {
        if (value.length < from) return plain;
        return isDismissed(value) ? nothing : linear;
      },
    };
  }
  const longest = isTrusted ? Number.POSITIVE_INFINITY : longestValue[kind];
  const relaxed = relaxedExpression(compiled);
  return {
    compiled,
    choose(value) {
      // What fails is what backtracks for long: most of it fails here, in linear time.
      if (isDismissed(value)) return nothing;
      if (relaxed !== undefined && value.length >= longValue[kind] && !relaxed.test(value)) return nothing;
      if (value.length > longest) throw new BudgetFault('a value is too long for a pattern that backtracks');
      return plain;
    },
  };
}
