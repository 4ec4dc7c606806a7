import type { LinkRun } from './link.ts';
import type { EngineRule } from './rule.ts';
import type { Shortcuts } from './settled.ts';
import type { State } from './state.ts';

/** A rule ready to run. */
export interface RunnableRule extends EngineRule {
  readonly links: readonly LinkRun[];
  /** Where the phase goes on once it has matched. */
  readonly next: number;
}

/** The rules of a phase. */
export interface PhaseRules {
  readonly rules: readonly RunnableRule[];
  /** Undefined where all of them are to be evaluated plainly. */
  readonly shortcuts: Shortcuts | undefined;
}

/** Runs the rules of a phase in their order, until its end or until one of them ends it. @param from the first */
export function runPhase({ rules, shortcuts }: PhaseRules, state: State, from: number): void {
  let at = from;
  while (at < rules.length && !state.hasEnded) {
    if (shortcuts !== undefined && state.followsShortcuts) {
      at = shortcuts.live[at]!;
      if (at === rules.length) return;
      const jump = shortcuts.jumps[at];
      if (jump !== undefined) {
        state.begin(rules[at]!);
        state.noteMatch(jump, false);
        at = rules[at]!.next;
        continue;
      }
    }
    at = runRule(rules, at, state);
  }
}

/** @returns the index of the rule that follows */
export function runRule(rules: readonly RunnableRule[], at: number, state: State): number {
  const rule = rules[at]!;
  const isRemoved = state.removed !== undefined && state.removed[rule.index] === 1;
  return !isRemoved && matches(rule, state) ? rule.next : at + 1;
}

function matches(rule: RunnableRule, state: State): boolean {
  state.begin(rule);
  for (const link of rule.links) {
    if (!link(state)) return false;
    if (state.hasEnded) return true;
  }
  return true;
}
