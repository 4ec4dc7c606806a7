import type { Transformation } from '../../transformations/transformation.ts';
import type { EngineTarget } from '../targets.ts';
import { type Classes, join, noClasses } from './byte-classes.ts';
import type { Change, ColumnPlan, ColumnPlans, ViewPlan } from './columns.ts';
import { maximumOperators, type Step } from './facts.ts';
import { LiteralIndex } from './literal-index.ts';
import { RecurringFacts } from './recurring.ts';
import { triggerOf } from './triggers.ts';

/** Collects, while rules are compiled, the columns and the literals that they ask for. */
export class Planner {
  readonly #plans = new Map<string, ColumnPlan>();
  readonly #views = new Map<string, ViewPlan>();
  readonly #steps = new Map<string, Step>();
  readonly #groups: (readonly string[])[] = [];
  readonly #groupNumbers = new Map<string, number>();

  #operators = 0;

  column(target: EngineTarget, chain: readonly (readonly [name: string, run: Transformation])[]): ColumnPlan {
    const key = `${target.key} ${chain.map(([name]) => name).join()}`;
    const known = this.#plans.get(key);
    if (known !== undefined) return known;
    const source = chain.length === 0 ? undefined : this.column(target, []);
    const steps = chain.map(([name, run]) => this.step(name, run));
    const trigger = triggerOfChain(steps);
    const plan = { index: this.#plans.size, target, steps, trigger, source };
    this.#plans.set(key, plan);
    return plan;
  }

  view(columns: readonly ColumnPlan[]): ViewPlan {
    const key = columns.map(({ index }) => index).join();
    const known = this.#views.get(key);
    if (known !== undefined) return known;
    const plan = { index: this.#views.size, columns };
    this.#views.set(key, plan);
    return plan;
  }

  step(name: string, run: Transformation): Step {
    const known = this.#steps.get(name);
    if (known !== undefined) return known;
    const step = { index: this.#steps.size, run, trigger: triggerOf(name) };
    this.#steps.set(name, step);
    return step;
  }

  /** @returns the number of the group with these literals */
  group(literals: readonly string[]): number {
    const key = JSON.stringify(literals);
    const known = this.#groupNumbers.get(key);
    if (known !== undefined) return known;
    this.#groupNumbers.set(key, this.#groups.length);
    return this.#groups.push(literals) - 1;
  }

  /** @returns a number of its own for an operator; undefined for those beyond the bound */
  operator(): number | undefined {
    return this.#operators < maximumOperators ? this.#operators++ : undefined;
  }

  finish(): ColumnPlans {
    const literals = new LiteralIndex(this.#groups);
    const plans = [...this.#plans.values()];
    const views = [...this.#views.values()];
    const columnsOf = (change: Change): number[] => plans.filter(isOf(change)).map(({ index }) => index);
    const viewsOf = (change: Change): number[] =>
      views.filter(({ columns }) => columns.some(isOf(change))).map(({ index }) => index);
    return {
      count: plans.length,
      viewCount: views.length,
      literals,
      recurring: new RecurringFacts(literals),
      byChange: { body: columnsOf('body'), response: columnsOf('response') },
      viewsByChange: { body: viewsOf('body'), response: viewsOf('response') },
    };
  }
}

const isOf =
  (change: Change) =>
  ({ target }: ColumnPlan): boolean =>
    target.changes === change;

function triggerOfChain(steps: readonly Step[]): Classes | undefined {
  let all = noClasses;
  for (const { trigger } of steps) {
    if (trigger === undefined) return undefined;
    all = join(all, trigger);
  }
  return all;
}
