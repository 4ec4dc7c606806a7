import type { Outcome as RuleOutcome } from '../parse/action.ts';

/** What a phase leads to. Once it is no longer `pass`, it stays what it is. */
export type Outcome = { readonly kind: 'pass' } | Disruption;

export interface Disruption {
  readonly kind: 'deny' | 'drop' | 'redirect';
  readonly status: number;
  readonly cause: Cause;
  /** Of the rule that decided, where it was one. */
  readonly ruleId: number | undefined;
  /** Of a redirect. */
  readonly location: string | undefined;
}

/**
 * What decided: a rule; a limit on the size of a body; a body that cannot be read and that no rule refused; the end of the
 * budget; a fault in the engine or a limit of its own.
 */
export type Cause = 'rule' | 'body-limit' | 'body-fault' | 'budget' | 'fault';

export const pass: Outcome = { kind: 'pass' };

/** A rule that matched and logs. */
export interface RuleMatch {
  readonly ruleId: number;
  readonly phase: number;
  readonly message: string;
  readonly logdata: string;
  readonly tags: readonly string[];
  /** 0 to 7 as in syslog. */
  readonly severity: number | undefined;
  /** What the rule says, whether or not it was done. */
  readonly outcome: RuleOutcome['kind'];
  /** The variable that matched last, such as `ARGS:id`, and its value behind all transformations. */
  readonly variable: string;
  readonly value: string;
}
