import type { Item } from '../item.ts';
import type { State } from '../state.ts';
import type { EngineTarget } from '../targets.ts';
import type { Changes } from '../variables/entry.ts';
import type { Classes } from './byte-classes.ts';
import { FactBook, type Facts, mayChange, type Step } from './facts.ts';
import { type Groups, LiteralIndex } from './literal-index.ts';
import { RecurringFacts } from './recurring.ts';

/** What is known of a value, or of several together. */
export interface Summary {
  readonly letters: number;
  readonly marks: number;
  /** Of the literal index. */
  readonly groups: Groups;
}

/** Of several values together. */
class Together implements Summary {
  readonly letters: number;
  readonly marks: number;
  readonly #all: readonly Summary[];
  #groups: Groups | undefined = undefined;

  constructor(all: readonly Summary[]) {
    let letters = 0;
    let marks = 0;
    for (let at = 0; at < all.length; at++) {
      const each = all[at]!;
      letters |= each.letters;
      marks |= each.marks;
    }
    this.letters = letters;
    this.marks = marks;
    this.#all = all;
  }

  get groups(): Groups {
    this.#groups ??= union(this.#all);
    return this.#groups;
  }
}

function union(all: readonly Summary[]): Groups {
  const groups = all[0]!.groups.slice();
  for (let at = 1; at < all.length; at++) {
    const more = all[at]!.groups;
    for (let word = 0; word < groups.length; word++) groups[word]! |= more[word]!;
  }
  return groups;
}

/** The values of a target behind a chain of transformations. */
export class Column extends Together {
  readonly items: readonly Item[];
  /** One for each item. */
  readonly facts: readonly Facts[];

  constructor(items: readonly Item[], facts: readonly Facts[]) {
    super(facts);
    this.items = items;
    this.facts = facts;
  }
}

/** A column as rules ask for it. Rules with the same target and chain share one. */
export interface ColumnPlan {
  readonly index: number;
  readonly target: EngineTarget;
  readonly steps: readonly Step[];
  /** Without a byte of these the whole chain changes nothing; undefined where it may change anything. */
  readonly trigger: Classes | undefined;
  /** The column of the same target without a chain; undefined for that itself. */
  readonly source: ColumnPlan | undefined;
}

/** What several columns hold, in order, without those that hold nothing. */
export class View extends Together {
  readonly columns: readonly Column[];

  constructor(columns: readonly Column[]) {
    super(columns);
    this.columns = columns;
  }
}

/** A view as rules ask for it. Rules that look at the same share one. */
export interface ViewPlan {
  readonly index: number;
  readonly columns: readonly ColumnPlan[];
}

export type Change = Exclude<Changes, 'never' | 'always'>;

/** What is the same for all transactions. */
export interface ColumnPlans {
  readonly count: number;
  readonly viewCount: number;
  readonly literals: LiteralIndex;
  readonly recurring: RecurringFacts;
  /** Columns that are no longer true once the request's body is there, and once there is more of the response. */
  readonly byChange: Readonly<Record<Change, readonly number[]>>;
  /** The same of views. */
  readonly viewsByChange: Readonly<Record<Change, readonly number[]>>;
}

const noLiterals = new LiteralIndex([]);

export const noPlans: ColumnPlans = {
  count: 0,
  viewCount: 0,
  literals: noLiterals,
  recurring: new RecurringFacts(noLiterals),
  byChange: { body: [], response: [] },
  viewsByChange: { body: [], response: [] },
};

/** The columns of one transaction: each is made when a rule first asks for it. */
export class Columns {
  readonly #plans: ColumnPlans;
  readonly #columns: (Column | undefined)[];
  readonly #views: (View | undefined)[];
  readonly #book: FactBook;

  constructor(plans: ColumnPlans, state: State) {
    this.#plans = plans;
    this.#columns = new Array<Column | undefined>(plans.count).fill(undefined);
    this.#views = new Array<View | undefined>(plans.viewCount).fill(undefined);
    this.#book = new FactBook(plans.literals, state);
  }

  get book(): FactBook {
    return this.#book;
  }

  /** What the targets look at has changed. */
  forget(change: Change): void {
    for (const index of this.#plans.byChange[change]) this.#columns[index] = undefined;
    for (const index of this.#plans.viewsByChange[change]) this.#views[index] = undefined;
  }

  view(plan: ViewPlan, state: State): View {
    let view = this.#views[plan.index];
    if (view === undefined) {
      view = this.#makeView(plan, state);
      this.#views[plan.index] = view;
    }
    return view;
  }

  #makeView(plan: ViewPlan, state: State): View {
    const columns: Column[] = [];
    for (const each of plan.columns) {
      const column = this.get(each, state);
      if (column.items.length > 0) columns.push(column);
    }
    return new View(columns);
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
      const facts = items.length === 0 ? noFacts : items.map((item) => this.#factsOf(item));
      return new Column(items, facts);
    }
    const before = this.get(source, state);
    if (before.items.length === 0) return before;
    if (!mayChange(trigger, before)) return before;
    const facts: Facts[] = [];
    for (let at = 0; at < before.facts.length; at++)
      facts.push(this.#behind(before.facts[at]!, steps, trigger));
    return new Column(before.items, facts);
  }

  #factsOf(item: Item): Facts {
    return this.#plans.recurring.of(item) ?? this.#book.of(item.value);
  }

  #behind(start: Facts, steps: readonly Step[], trigger: Classes | undefined): Facts {
    if (!mayChange(trigger, start)) return start;
    let facts = start;
    for (let at = 0; at < steps.length; at++) facts = this.#book.after(facts, steps[at]!);
    return facts;
  }
}

const noFacts: readonly Facts[] = [];
