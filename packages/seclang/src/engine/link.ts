import type { Link } from '../model/rule.ts';
import { unsupportedOperators } from '../operators/unsupported.ts';
import { findTransformation } from '../transformations/registry.ts';
import type { Transformation } from '../transformations/transformation.ts';
import type { ReachPlan } from './filter/columns.ts';
import type { Item } from './item.ts';
import { compileOperator, type EngineOperator, type OperatorContext } from './operator.ts';
import type { EngineRule } from './rule.ts';
import type { State } from './state.ts';
import { compileTargets, type EngineTarget } from './targets.ts';

/** A link of a chain, its parts compiled; how they are put to use is for a `LinkCompiler`. */
export interface EngineLink {
  readonly rule: EngineRule;
  readonly source: Link;
  readonly targets: readonly EngineTarget[];
  readonly operator: EngineOperator;
  readonly isNegated: boolean;
  readonly chain: readonly Transformation[];
  /** Whether what `ctl:` takes away from the targets of the rule is taken away here. */
  readonly isFirst: boolean;
}

/** What must be there before a link can match. */
export interface LinkGate {
  /** What it looks at; without values there it does not match. */
  readonly reach: ReachPlan;
  /** Of each pair of words, letters and marks, the values must have one bit. */
  readonly pairs: Int32Array;
}

export interface CompiledLink {
  readonly run: LinkRun;
  /** Undefined where nothing is known before it runs. */
  readonly gate: LinkGate | undefined;
}

/** Looks at all values of a link. @returns whether one of them matched at least */
export type LinkRun = (state: State) => boolean;

/**
 * What a value that matches leads to.
 * @param item undefined for a `SecAction`, which looks at nothing
 * @param value behind the transformations
 * @returns whether the rule ends here, so that its other values are not looked at
 */
export type OnMatch = (
  state: State,
  item: Item | undefined,
  value: string,
  groups: readonly string[],
) => boolean;

/** One that looks at everything plainly, and one that leaves out what cannot match: both find the same. */
export type LinkCompiler = (link: EngineLink, onMatch: OnMatch) => CompiledLink;

/** @throws OperatorFault and PatternError */
export function engineLink(rule: EngineRule, source: Link, context: OperatorContext): EngineLink {
  return {
    rule,
    source,
    targets: compileTargets(source.targets, context.names),
    operator: compileOperator(source, context),
    isNegated: source.operator.negated && !unsupportedOperators.has(source.operator.name),
    chain: source.transformations.map((name) => findTransformation(name)!),
    isFirst: rule.source.links[0] === source,
  };
}
