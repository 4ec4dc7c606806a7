/** The public interface of the library. */
export { type Loaded, type LoadOptions, loadRules, type RuleSource } from './load.ts';
export type { Link, Rule, RuleSet } from './model/rule.ts';
export type { Effect, Outcome, Phase, SetVariable } from './parse/action.ts';
export type { Control } from './parse/control.ts';
export type { RuleFiles } from './parse/files.ts';
export type { Macro, MacroVariable } from './parse/macro.ts';
export type { Operator } from './parse/operator.ts';
export { describeProblem, type Position, type Problem } from './parse/problem.ts';
export type { Settings } from './parse/settings.ts';
export type { Selector, Target } from './parse/targets.ts';
export type { Dialect } from './parse/words.ts';
export { type CompiledPattern, compilePattern } from './regex/compile.ts';
export type { PatternOptions } from './regex/parse.ts';
export { PatternError } from './regex/syntax.ts';
export { rxOptions } from './regex/translate.ts';
