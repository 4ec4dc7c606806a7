import type { Item } from '../item.ts';
import type { EngineLink, LinkRun, OnMatch } from '../link.ts';
import type { State } from '../state.ts';
import { isLeftOut } from './left-out.ts';

/**
 * A link that looks at what rules change while they run: nothing is kept of it from one rule to the next. Its values are those
 * from before the rule, whatever its first match changes.
 */
export function dynamicLink(link: EngineLink, onMatch: OnMatch): LinkRun {
  const { targets, operator, isNegated, chain } = link;
  const { run, weight } = operator;
  return (state) => {
    const items = targets.length === 1 ? targets[0]!.items(state) : allItems(link, state);
    let isMatch = false;
    for (let index = 0; index < items.length; index++) {
      const item = items[index]!;
      if (isLeftOut(link, state, item)) continue;
      let { value } = item;
      for (let step = 0; step < chain.length; step++) value = chain[step]!(value);
      state.spend(value.length, weight);
      const match = run(value, state);
      if ((match === false) !== isNegated) continue;
      isMatch = true;
      if (onMatch(state, item, value, match === false ? [] : match)) return true;
    }
    return isMatch;
  };
}

function allItems({ targets }: EngineLink, state: State): readonly Item[] {
  let all: Item[] | undefined;
  for (const target of targets)
    for (const item of target.items(state)) {
      all ??= [];
      all.push(item);
    }
  return all ?? none;
}

const none: readonly Item[] = [];
