import type { RuleSet } from '../../model/rule.ts';
import { compileWith, type Engine, type EngineOptions } from '../compile.ts';
import { noPlans } from '../filter/columns.ts';
import { plainLink } from '../plain-link.ts';

/** Rules evaluated plainly, with which what the library runs is compared. */
export const compilePlainly = (ruleSet: RuleSet, options: EngineOptions = {}): Engine =>
  compileWith(ruleSet, options, {
    link: (link, onMatch) => ({ run: plainLink(link, onMatch), gate: undefined }),
    finish: () => noPlans,
    settles: false,
  });
