import type { Transformation } from '../../transformations/transformation.ts';
import type { EngineTarget } from '../targets.ts';
import { chainOf, type Step, stepOf } from './chain.ts';
import type { Change, ColumnPlan, ColumnPlans, ViewPlan } from './columns.ts';
import { maximumOperators } from './facts.ts';
import { LiteralIndex } from './literal-index.ts';
import { RecurringFacts } from './recurring.ts';

export type NamedTransformation = readonly [name: string, run: Transformation];

/** Collects, while rules are compiled, the columns and the literals that they ask for. */
export class Planner {
  readonly #plans = new Map<string, ColumnPlan>();
  readonly #views = new Map<string, ViewPlan>();
  readonly #steps = new Map<string, Step>();
  readonly #groups: (readonly string[])[] = [];
  readonly #groupNumbers = new Map<string, number>();

  #operators = 0;

  column(target: EngineTarget): ColumnPlan {
    const known = this.#plans.get(target.key);
    if (known !== undefined) return known;
    const plan = { index: this.#plans.size, target };
    this.#plans.set(target.key, plan);
    return plan;
  }

  /** @param chain transformations by their names */
  view(targets: readonly EngineTarget[], chain: readonly NamedTransformation[]): ViewPlan {
    const columns = targets.map((target) => this.column(target));
    const key = `${columns.map(({ index }) => index).join()} ${chain.map(([name]) => name).join()}`;
    const known = this.#views.get(key);
    if (known !== undefined) return known;
    const source = chain.length === 0 ? undefined : this.view(targets, []);
    const plan = { index: this.#views.size, columns, chain: chainOf(this.steps(chain)), source };
    this.#views.set(key, plan);
    return plan;
  }

  steps(chain: readonly NamedTransformation[]): readonly Step[] {
    return chain.map(([name, run]) => this.#step(name, run));
  }

  #step(name: string, run: Transformation): Step {
    const known = this.#steps.get(name);
    if (known !== undefined) return known;
    const step = stepOf(this.#steps.size, name, run);
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
