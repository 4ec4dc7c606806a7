import { type Backtracking, backtracking } from '../regex/backtracking.ts';
import { type CompiledPattern, compilePattern, linearExpression } from '../regex/compile.ts';
import { rxOptions } from '../regex/translate.ts';

/** A pattern as a rule runs it. */
export interface RulePattern {
  readonly compiled: CompiledPattern;
  /** What runs the value: V8's backtracking engine, or for long values the linear one. */
  choose(value: string): RegExp;
}

/**
 * From how many bytes on a pattern runs on the engine without backtracking, which is several times slower but never takes more
 * than a time linear in the value. Two to the power of the shorter bound, where loops are nested, and the other one to the
 * power of three are a few milliseconds at most.
 */
const longValue: Readonly<Record<Backtracking, number>> = {
  linear: Number.POSITIVE_INFINITY,
  polynomial: 256,
  exponential: 12,
};

/**
 * @param isBounded whether V8 itself gives up backtracking that goes on for too long, and takes the linear engine then
 * (`--enable-experimental-regexp-engine-on-excessive-backtracks`): values need not be sorted by length beforehand
 * @throws PatternError
 */
export function compileRulePattern(source: string, isBounded: boolean): RulePattern {
  const compiled = compilePattern(source, rxOptions);
  const plain = new RegExp(compiled.source);
  const from = isBounded ? Number.POSITIVE_INFINITY : longValue[backtracking(compiled.root)];
  const linear = from === Number.POSITIVE_INFINITY ? undefined : linearExpression(compiled);
  if (linear === undefined) return { compiled, choose: () => plain };
  return { compiled, choose: (value) => (value.length >= from ? linear : plain) };
}
