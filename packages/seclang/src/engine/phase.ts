import type { Gates } from './filter/gates.ts';
import type { LinkGate, LinkRun } from './link.ts';
import type { EngineRule } from './rule.ts';
import type { Shortcuts } from './settled.ts';
import type { State } from './state.ts';

/** A rule ready to run. */
export interface RunnableRule extends EngineRule {
  readonly links: readonly LinkRun[];
  /** Of the first of them. */
  readonly gate: LinkGate | undefined;
  /** Where the phase goes on once it has matched. */
  readonly next: number;
}

/** The rules of a phase. */
export interface PhaseRules {
  readonly rules: readonly RunnableRule[];
  /** Undefined where all of them are to be evaluated plainly. */
  readonly shortcuts: Shortcuts | undefined;
  readonly gates: Gates;
}

/**
 * Runs the rules of a phase in their order, until its end, until one of them ends it, or until the step is at its end.
 * @param from the first
 * @returns the one to go on with
 */
export function runPhase({ rules, shortcuts, gates }: PhaseRules, state: State, from: number): number {
  let at = from;
  while (at < rules.length && !state.hasEnded && !state.isDue) {
    if (state.pause === undefined) {
      if (shortcuts !== undefined && state.followsShortcuts) {
        at = shortcuts.live[at]!;
        if (at === rules.length) break;
        const jump = shortcuts.jumps[at];
        if (jump !== undefined) {
          state.begin(rules[at]!);
          state.noteMatch(jump, false);
          at = rules[at]!.next;
          continue;
        }
      }
      if (!gates.isOpen(at, state)) {
        at++;
        continue;
      }
    }
    at = runRule(rules, at, state);
  }
  return state.hasEnded ? rules.length : at;
}

/** @returns the index of the rule that follows; the same where rules rest within this one */
export function runRule(rules: readonly RunnableRule[], at: number, state: State): number {
  const rule = rules[at]!;
  // One that has begun goes on to its end, even where it removes itself.
  if (state.pause === undefined && state.removed !== undefined && state.removed[rule.index] === 1)
    return at + 1;
  const isMatch = matches(rule, state);
  if (state.pause !== undefined) return at;
  return isMatch ? rule.next : at + 1;
}

function matches(rule: RunnableRule, state: State): boolean {
  const { links } = rule;
  const first = state.pause?.link ?? 0;
  if (state.pause === undefined) state.begin(rule);
  for (let index = first; index < links.length; index++) {
    const isMatch = links[index]!(state);
    if (state.pause !== undefined) state.pause.link = index;
    if (!isMatch) return false;
    if (state.hasEnded) return true;
  }
  return true;
}
