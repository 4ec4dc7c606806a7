import type { Target } from '../parse/targets.ts';
import type { Item } from './item.ts';
import { compileSelector } from './selector.ts';

/** Whether a value is left out. */
export type Exclusion = (item: Item) => boolean;

export type Exclusions = readonly Exclusion[];

/** `!ARGS:id`, or what `ctl:ruleRemoveTargetById` names. */
export function compileExclusion({ variable, selector }: Target): Exclusion {
  if (selector === undefined) return (item) => item.variable === variable;
  const selects = compileSelector(selector);
  return (item) => item.variable === variable && item.key !== undefined && selects(item.key);
}

export const isExcluded = (exclusions: Exclusions, item: Item): boolean =>
  exclusions.some((exclusion) => exclusion(item));
