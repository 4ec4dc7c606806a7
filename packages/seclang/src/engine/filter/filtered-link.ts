import type { Match } from '../../operators/operator.ts';
import type { Item } from '../item.ts';
import type { CompiledLink, EngineLink, LinkRun, OnMatch } from '../link.ts';
import { plainLink } from '../plain-link.ts';
import type { State } from '../state.ts';
import type { Step } from './chain.ts';
import type { PartPlan } from './columns.ts';
import { dynamicLink } from './dynamic-link.ts';
import type { Facts } from './facts.ts';
import { compileFilter, type Filter, mayHave, mayMatch } from './filter.ts';
import { isLeftOut } from './left-out.ts';
import type { Planner } from './planner.ts';
import { txLink } from './tx-link.ts';

/**
 * The same as `plainLink`, faster: a value goes through a chain of transformations once, however many rules ask for that,
 * and to no operator that cannot match it. What changes while rules run is looked at plainly.
 */
export function filteredLink(link: EngineLink, onMatch: OnMatch, planner: Planner): CompiledLink {
  const { targets, operator, isNegated, source } = link;
  const tx = txLink(link, onMatch);
  if (tx !== undefined) return always(tx);
  const isDynamic = targets.some(({ changes }) => changes === 'always');
  if (targets.length === 0 || (isDynamic && source.multiMatch)) return always(plainLink(link, onMatch));
  if (isDynamic) return always(dynamicLink(link, onMatch));
  const chain = source.transformations.map((name, at) => [name, link.chain[at]!] as const);
  const filter = isNegated ? undefined : compileFilter(operator.needs, planner);
  const test = valueTest(link, onMatch, filter, operator.isPure ? planner.operator() : undefined);
  const run = source.multiMatch
    ? multiMatch(link, planner.parts(targets, []), planner.steps(chain), test)
    : lastStep(link, planner.parts(targets, chain), filter, test);
  return { run, gate: { reach: planner.reach(targets, chain), pairs: filter?.pairs ?? noPairs } };
}

const noPairs = new Int32Array();
const always = (run: LinkRun): CompiledLink => ({ run, gate: undefined });

/** @returns whether it matched, and `ended` where the rule ends with that */
type ValueTest = (state: State, item: Item, facts: Facts) => boolean | 'ended';

function valueTest(
  { operator, isNegated }: EngineLink,
  onMatch: OnMatch,
  filter: Filter | undefined,
  number: number | undefined,
): ValueTest {
  const { run, weight } = operator;
  return (state, item, facts) => {
    if (filter !== undefined && !mayMatch(filter, facts)) return false;
    const isKept = number !== undefined && facts.isKept;
    // Whether it matches is all that is remembered: what it captures would be missing.
    const known = isKept ? facts.verdicts.of(number) : undefined;
    if (known === isNegated && known !== undefined) return false;
    let match: Match = false;
    if (known === undefined || !isNegated) {
      state.spend(facts.value.length, weight);
      match = run(facts.value, state);
      if (isKept && known === undefined) facts.verdicts.note(number, match !== false);
      if ((match === false) !== isNegated) return false;
    }
    return onMatch(state, item, facts.value, match === false ? noGroups : match) ? 'ended' : true;
  };
}

const noGroups: readonly string[] = [];

function lastStep(
  link: EngineLink,
  plans: readonly PartPlan[],
  filter: Filter | undefined,
  test: ValueTest,
): LinkRun {
  return (state) => {
    const { columns } = state;
    const from = state.takePause();
    let isMatch = from?.isMatch ?? false;
    // Of all parts together.
    let index = 0;
    for (let at = 0; at < plans.length; at++) {
      const part = columns.part(plans[at]!, state);
      if (part.length === 0) continue;
      const begin = index;
      index += part.length;
      if (from !== undefined && from.index >= index) continue;
      if (filter !== undefined && !mayHave(filter, part)) continue;
      const values = part.values(columns.book);
      if (filter !== undefined && !mayMatch(filter, values)) continue;
      const { items, facts } = values;
      for (let each = Math.max(0, (from?.index ?? 0) - begin); each < items.length; each++) {
        if (state.isDue) return rest(state, begin + each, isMatch);
        const item = items[each]!;
        if (isLeftOut(link, state, item)) continue;
        const result = test(state, item, facts[each]!);
        if (result === 'ended') return true;
        isMatch ||= result;
      }
    }
    return isMatch;
  };
}

function rest(state: State, index: number, isMatch: boolean): false {
  state.pause = { link: 0, index, isMatch };
  return false;
}

function multiMatch(
  link: EngineLink,
  plans: readonly PartPlan[],
  steps: readonly Step[],
  test: ValueTest,
): LinkRun {
  return (state) => {
    const { columns } = state;
    const { book } = columns;
    const from = state.takePause();
    let isMatch = from?.isMatch ?? false;
    let index = 0;
    for (let at = 0; at < plans.length; at++) {
      const { items, facts } = columns.part(plans[at]!, state).values(book);
      const begin = index;
      index += items.length;
      for (let each = Math.max(0, (from?.index ?? 0) - begin); each < items.length; each++) {
        if (state.isDue) return rest(state, begin + each, isMatch);
        const item = items[each]!;
        if (isLeftOut(link, state, item)) continue;
        let last = facts[each]!;
        let result = test(state, item, last);
        for (let step = 0; step < steps.length && result !== 'ended'; step++) {
          isMatch ||= result;
          const next = book.after(last, steps[step]!);
          result = next !== last && test(state, item, next);
          last = next;
        }
        if (result === 'ended') return true;
        isMatch ||= result;
      }
    }
    return isMatch;
  };
}
