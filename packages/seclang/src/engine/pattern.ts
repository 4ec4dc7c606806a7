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
 * From how many bytes on a pattern runs on the engine without backtracking, which is several times slower but never takes
 * more than a time linear in the value. A pattern with nested loops never runs on the other one where it need not.
 */
const longValue: Readonly<Record<Backtracking, number>> = {
  linear: Number.POSITIVE_INFINITY,
  polynomial: 2_048,
  exponential: 0,
};

/** @throws PatternError */
export function compileRulePattern(source: string): RulePattern {
  const compiled = compilePattern(source, rxOptions);
  const plain = new RegExp(compiled.source);
  const from = longValue[backtracking(compiled.root)];
  const linear = from === Number.POSITIVE_INFINITY ? undefined : linearExpression(compiled);
  if (linear === undefined) return { compiled, choose: () => plain };
  return { compiled, choose: (value) => (value.length >= from ? linear : plain) };
}
