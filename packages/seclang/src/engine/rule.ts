import type { Rule } from '../model/rule.ts';

/** A rule as the engine numbers it. */
export interface EngineRule {
  /** Among the rules of all phases. */
  readonly index: number;
  readonly source: Rule;
}
