import type { Match } from '../../operators/operator.ts';
import type { Item } from '../item.ts';
import type { EngineLink, LinkRun, OnMatch } from '../link.ts';
import { plainLink } from '../plain-link.ts';
import type { State } from '../state.ts';
import type { ColumnPlan, ViewPlan } from './columns.ts';
import { dynamicLink } from './dynamic-link.ts';
import type { Facts, Step } from './facts.ts';
import { compileFilter, type Filter, mayMatch } from './filter.ts';
import { isLeftOut } from './left-out.ts';
import type { Planner } from './planner.ts';
import { txLink } from './tx-link.ts';

/**
 * The same as `plainLink`, faster: a value goes through a chain of transformations once, however many rules ask for that,
 * and to no operator that cannot match it. What changes while rules run is looked at plainly.
 */
export function filteredLink(link: EngineLink, onMatch: OnMatch, planner: Planner): LinkRun {
  const { targets, operator, isNegated, source } = link;
  const tx = txLink(link, onMatch);
  if (tx !== undefined) return tx;
  const isDynamic = targets.some(({ changes }) => changes === 'always');
  if (targets.length === 0 || (isDynamic && source.multiMatch)) return plainLink(link, onMatch);
  if (isDynamic) return dynamicLink(link, onMatch);
  const chain = source.transformations.map((name, at) => [name, link.chain[at]!] as const);
  const filter = isNegated ? undefined : compileFilter(operator.needs, planner);
  const test = valueTest(link, onMatch, filter, operator.isPure ? planner.operator() : undefined);
  if (source.multiMatch) {
    const steps = chain.map(([name, run]) => planner.step(name, run));
    return multiMatch(
      link,
      targets.map((target) => planner.column(target, [])),
      steps,
      test,
    );
  }
  const plan = planner.view(targets.map((target) => planner.column(target, chain)));
  return lastStep(link, plan, filter, test);
}

/** @returns whether it matched, and `ended` where the rule ends with that */
type ValueTest = (state: State, item: Item, facts: Facts) => boolean | 'ended';

function valueTest(
  { operator, isNegated }: EngineLink,
  onMatch: OnMatch,
  filter: Filter | undefined,
  number: number | undefined,
): ValueTest {
  const { run } = operator;
  return (state, item, facts) => {
    if (filter !== undefined && !mayMatch(filter, facts)) return false;
    let match: Match = false;
    if (number === undefined || !facts.isRefusedBy(number)) {
      state.spend(facts.value.length);
      match = run(facts.value, state);
      if (match === false && number !== undefined) facts.refuse(number);
    }
    if ((match === false) !== isNegated) return false;
    return onMatch(state, item, facts.value, match === false ? noGroups : match) ? 'ended' : true;
  };
}

const noGroups: readonly string[] = [];

function lastStep(link: EngineLink, plan: ViewPlan, filter: Filter | undefined, test: ValueTest): LinkRun {
  return (state) => {
    const view = state.columns.view(plan, state);
    const { columns } = view;
    if (columns.length === 0 || (filter !== undefined && !mayMatch(filter, view))) return false;
    let isMatch = false;
    for (let at = 0; at < columns.length; at++) {
      const column = columns[at]!;
      if (filter !== undefined && !mayMatch(filter, column)) continue;
      const { items, facts } = column;
      for (let index = 0; index < items.length; index++) {
        const item = items[index]!;
        if (isLeftOut(link, state, item)) continue;
        const result = test(state, item, facts[index]!);
        if (result === 'ended') return true;
        isMatch ||= result;
      }
    }
    return isMatch;
  };
}

function multiMatch(
  link: EngineLink,
  plans: readonly ColumnPlan[],
  steps: readonly Step[],
  test: ValueTest,
): LinkRun {
  return (state) => {
    let isMatch = false;
    for (const plan of plans) {
      const { items, facts } = state.columns.get(plan, state);
      for (let index = 0; index < items.length; index++) {
        const item = items[index]!;
        if (isLeftOut(link, state, item)) continue;
        let last = facts[index]!;
        let result = test(state, item, last);
        for (let step = 0; step < steps.length && result !== 'ended'; step++) {
          isMatch ||= result;
          const next = state.columns.book.after(last, steps[step]!);
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
