import type { RuleSet } from '../model/rule.ts';
import { compileWith, type Engine, type EngineOptions } from './compile.ts';
import { filteredLink } from './filter/filtered-link.ts';
import { Planner } from './filter/planner.ts';

/**
 * Compiles rules once, for any number of transactions: none of them parses, composes or compiles anything any more.
 * @throws RuleFault for arguments of operators that mean nothing, all of them at once
 */
export function compileRules(ruleSet: RuleSet, options: EngineOptions = {}): Engine {
  const planner = new Planner();
  return compileWith(ruleSet, options, {
    link: (link, onMatch) => filteredLink(link, onMatch, planner),
    finish: () => planner.finish(),
    settles: true,
  });
}
