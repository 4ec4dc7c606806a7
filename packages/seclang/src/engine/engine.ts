import type { RuleSet } from '../model/rule.ts';
import { compileWith, type Engine, type EngineOptions } from './compile.ts';
import { plainLink } from './plain-link.ts';

/**
 * Compiles rules once, for any number of transactions: none of them parses, composes or compiles anything any more.
 * @throws RuleFault for arguments of operators that mean nothing, all of them at once
 */
export function compileRules(ruleSet: RuleSet, options: EngineOptions = {}): Engine {
  return compileWith(ruleSet, options, plainLink);
}
