import type { Effect, Outcome, Phase } from '../parse/action.ts';
import type { Macro } from '../parse/macro.ts';
import type { Operator } from '../parse/operator.ts';
import type { Position } from '../parse/problem.ts';
import type { Settings } from '../parse/settings.ts';
import type { Target } from '../parse/targets.ts';

/** A rule with its chain, all defaults and updates applied. */
export interface Rule extends Position {
  readonly id: number;
  readonly phase: Phase;
  /** At least one; the rule matches if all of them do, in order. A `SecAction` has one without targets, which always does. */
  readonly links: readonly Link[];
  /** With `block`, what the default action of the phase says. */
  readonly outcome: Outcome;
  /** Whether the rule says `block`, so that somebody else may decide what that means. */
  readonly block: boolean;
  readonly status: number;
  readonly log: boolean;
  readonly auditlog: boolean;
  readonly tags: readonly Macro[];
  /** 0 to 7 as in syslog. */
  readonly severity: number | undefined;
  readonly ver: string | undefined;
  readonly rev: string | undefined;
  readonly maturity: number | undefined;
  readonly accuracy: number | undefined;
  /**
   * Where evaluation of the phase goes on once the rule has matched: an index in the phase's list, which may be its length.
   * Undefined without `skip` and `skipAfter`.
   */
  readonly next: number | undefined;
}

export interface Link extends Position {
  readonly targets: readonly Target[];
  readonly operator: Operator;
  /** What the operator's argument names, by the order of the argument: the contents of its files. */
  readonly data: readonly string[];
  /** Names of transformations in order. */
  readonly transformations: readonly string[];
  readonly multiMatch: boolean;
  readonly capture: boolean;
  /** Happen as soon as this link matches, whatever the links behind it say. */
  readonly effects: readonly Effect[];
  readonly message: Macro | undefined;
  readonly logdata: Macro | undefined;
}

export interface RuleSet {
  /** In the order of evaluation. */
  readonly phases: Readonly<Record<Phase, readonly Rule[]>>;
  readonly settings: Readonly<Settings>;
}
