import { isExcluded } from '../exclusions.ts';
import type { Item } from '../item.ts';
import type { EngineLink } from '../link.ts';
import type { State } from '../state.ts';

/** Whether `ctl:` took the value away from the rule; hardly ever anything is. */
export function isLeftOut({ isFirst, rule }: EngineLink, { exclusions }: State, item: Item): boolean {
  if (exclusions === undefined || !isFirst) return false;
  const own = exclusions.get(rule.index);
  return own !== undefined && isExcluded(own, item);
}
