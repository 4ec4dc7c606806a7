import type { LinkRun } from './link.ts';
import type { EngineRule } from './rule.ts';
import type { State } from './state.ts';

/** A rule ready to run. */
export interface RunnableRule extends EngineRule {
  readonly links: readonly LinkRun[];
  /** Where the phase goes on once it has matched. */
  readonly next: number;
}

/** Runs the rules of a phase in their order, until its end or until one of them ends it. */
export function runPhase(rules: readonly RunnableRule[], state: State): void {
  for (let at = 0; at < rules.length && !state.hasEnded; ) {
    const rule = rules[at]!;
    const isRemoved = state.removed !== undefined && state.removed[rule.index] === 1;
    at = !isRemoved && matches(rule, state) ? rule.next : at + 1;
  }
}

function matches(rule: RunnableRule, state: State): boolean {
  state.begin(rule);
  for (const link of rule.links) {
    if (!link(state)) return false;
    if (state.hasEnded) return true;
  }
  return true;
}
