import type { Transformation } from '../../transformations/transformation.ts';
import type { EngineTarget } from '../targets.ts';
import { chainOf, type Step, stepOf } from './chain.ts';
import type { Change, ColumnPlan, ColumnPlans, PartPlan, ReachPlan } from './columns.ts';
import { maximumOperators } from './facts.ts';
import { LiteralIndex } from './literal-index.ts';
import { RecurringFacts } from './recurring.ts';

export type NamedTransformation = readonly [name: string, run: Transformation];

/** Collects, while rules are compiled, the columns and the literals that they ask for. */
export class Planner {
  readonly #plans = new Map<string, ColumnPlan>();
  readonly #parts = new Map<string, PartPlan>();
  readonly #reaches = new Map<string, ReachPlan>();
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
  parts(targets: readonly EngineTarget[], chain: readonly NamedTransformation[]): readonly PartPlan[] {
    return targets.map((target) => this.#part(this.column(target), chain));
  }

  /** @param chain transformations by their names */
  reach(targets: readonly EngineTarget[], chain: readonly NamedTransformation[]): ReachPlan {
    const columns = targets.map((target) => this.column(target));
    const key = `${columns.map(({ index }) => index).join()} ${namesOf(chain)}`;
    const known = this.#reaches.get(key);
    if (known !== undefined) return known;
    const plan = { index: this.#reaches.size, columns, chain: chainOf(this.steps(chain)) };
    this.#reaches.set(key, plan);
    return plan;
  }

  #part(column: ColumnPlan, chain: readonly NamedTransformation[]): PartPlan {
    const key = `${column.index} ${namesOf(chain)}`;
    const known = this.#parts.get(key);
    if (known !== undefined) return known;
    const plan = { index: this.#parts.size, column, chain: chainOf(this.steps(chain)) };
    this.#parts.set(key, plan);
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
    const parts = [...this.#parts.values()];
    const reaches = [...this.#reaches.values()];
    const columnsOf = (change: Change): number[] => plans.filter(isOf(change)).map(({ index }) => index);
    const partsOf = (change: Change): number[] =>
      parts.filter(({ column }) => isOf(change)(column)).map(({ index }) => index);
    const reachesOf = (change: Change): number[] =>
      reaches.filter(({ columns }) => columns.some(isOf(change))).map(({ index }) => index);
    return {
      count: plans.length,
      partCount: parts.length,
      reachCount: reaches.length,
      literals,
      recurring: new RecurringFacts(literals),
      byChange: { body: columnsOf('body'), response: columnsOf('response') },
      partsByChange: { body: partsOf('body'), response: partsOf('response') },
      reachesByChange: { body: reachesOf('body'), response: reachesOf('response') },
    };
  }
}

const namesOf = (chain: readonly NamedTransformation[]): string => chain.map(([name]) => name).join();

const isOf =
  (change: Change) =>
  ({ target }: ColumnPlan): boolean =>
    target.changes === change;
