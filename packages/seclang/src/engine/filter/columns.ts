import type { Item } from '../item.ts';
import type { State } from '../state.ts';
import type { EngineTarget } from '../targets.ts';
import type { Changes } from '../variables.ts';
import type { Classes } from './byte-classes.ts';
import { FactBook, type Facts, type Step } from './facts.ts';
import { LiteralIndex } from './literal-index.ts';
import { RecurringFacts } from './recurring.ts';

/** The values of a target behind a chain of transformations. */
export interface Column {
  readonly items: readonly Item[];
  /** One for each item. */
  readonly facts: readonly Facts[];
  /** Those of all values together. */
  readonly letters: number;
  readonly marks: number;
  readonly groups: Uint32Array;
}

/** A column as rules ask for it. Rules with the same target and chain share one. */
export interface ColumnPlan {
  readonly index: number;
  readonly target: EngineTarget;
  readonly steps: readonly Step[];
  /** Without a byte of these the whole chain changes nothing. */
  readonly trigger: Classes;
  /** The column of the same target without a chain; undefined for that itself. */
  readonly source: ColumnPlan | undefined;
}

/** What is the same for all transactions. */
export interface ColumnPlans {
  readonly count: number;
  readonly literals: LiteralIndex;
  readonly recurring: RecurringFacts;
  /** Columns that are no longer true once the request's body is there, and once there is more of the response. */
  readonly byChange: Readonly<Record<Exclude<Changes, 'never' | 'always'>, readonly number[]>>;
}

const noLiterals = new LiteralIndex([]);

export const noPlans: ColumnPlans = {
  count: 0,
  literals: noLiterals,
  recurring: new RecurringFacts(noLiterals),
  byChange: { body: [], response: [] },
};

/** The columns of one transaction: each is made when a rule first asks for it. */
export class Columns {
  readonly #plans: ColumnPlans;
  readonly #columns: (Column | undefined)[];
  readonly #book: FactBook;

  constructor(plans: ColumnPlans, state: State) {
    this.#plans = plans;
    this.#columns = new Array<Column | undefined>(plans.count).fill(undefined);
    this.#book = new FactBook(plans.literals, state);
  }

  get book(): FactBook {
    return this.#book;
  }

  /** What the target looks at has changed. */
  forget(changed: keyof ColumnPlans['byChange']): void {
    for (const index of this.#plans.byChange[changed]) this.#columns[index] = undefined;
  }

  get(plan: ColumnPlan, state: State): Column {
    let column = this.#columns[plan.index];
    if (column === undefined) {
      column = this.#make(plan, state);
      this.#columns[plan.index] = column;
    }
    return column;
  }

  #make(plan: ColumnPlan, state: State): Column {
    const { source, steps, trigger, target } = plan;
    if (source === undefined) {
      const items = target.items(state);
      return this.#summarise(
        items,
        items.map((item) => this.#plans.recurring.of(item) ?? this.#book.of(item.value)),
      );
    }
    const before = this.get(source, state);
    if ((before.letters & trigger.letters) === 0 && (before.marks & trigger.marks) === 0) return before;
    return this.#summarise(
      before.items,
      before.facts.map((facts) => this.#behind(facts, steps, trigger)),
    );
  }

  #behind(start: Facts, steps: readonly Step[], trigger: Classes): Facts {
    if ((start.letters & trigger.letters) === 0 && (start.marks & trigger.marks) === 0) return start;
    let facts = start;
    for (const step of steps) facts = this.#book.after(facts, step);
    return facts;
  }

  #summarise(items: readonly Item[], all: readonly Facts[]): Column {
    const { none } = this.#plans.literals;
    let letters = 0;
    let marks = 0;
    let groups = none;
    for (const facts of all) {
      letters |= facts.letters;
      marks |= facts.marks;
      if (facts.groups === none) continue;
      if (groups === none) groups = Uint32Array.from(facts.groups);
      else for (let word = 0; word < groups.length; word++) groups[word]! |= facts.groups[word]!;
    }
    return { items, facts: all, letters, marks, groups };
  }
}
