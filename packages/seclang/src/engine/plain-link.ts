import { isExcluded } from './exclusions.ts';
import type { EngineLink, LinkRun, OnMatch } from './link.ts';
import type { State } from './state.ts';

/**
 * A link evaluated as the language has it, without anything left out or remembered: every value of every target, through every
 * transformation, to the operator.
 */
export function plainLink(link: EngineLink, onMatch: OnMatch): LinkRun {
  const { targets, operator, isNegated } = link;
  if (targets.length === 0) {
    return (state) => {
      if (!isNegated) onMatch(state, undefined, '', []);
      return !isNegated;
    };
  }
  return (state) => {
    let isMatch = false;
    const items = targets.flatMap((target) => target.items(state));
    for (const item of items) {
      // What the rule itself takes away counts at once.
      if (isExcluded(exclusionsOf(link, state), item)) continue;
      for (const value of valuesOf(link, item.value)) {
        state.spend(value.length, operator.weight);
        const match = operator.run(value, state);
        if ((match === false) !== isNegated) continue;
        isMatch = true;
        if (onMatch(state, item, value, match === false ? [] : match)) return true;
      }
    }
    return isMatch;
  };
}

function exclusionsOf({ rule, isFirst }: EngineLink, state: State) {
  return (isFirst ? state.exclusions?.get(rule.index) : undefined) ?? [];
}

/** The value behind all transformations; with `multiMatch` as it was and behind each that changes it. */
function valuesOf({ chain, source }: EngineLink, value: string): string[] {
  const steps = [value];
  for (const transform of chain) {
    const before = steps.at(-1)!;
    const after = transform(before);
    if (after !== before) steps.push(after);
  }
  return source.multiMatch ? steps : steps.slice(-1);
}
