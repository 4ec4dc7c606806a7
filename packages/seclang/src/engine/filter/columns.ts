import type { Item } from '../item.ts';
import type { State } from '../state.ts';
import type { EngineTarget } from '../targets.ts';
import type { Changes } from '../variables/entry.ts';
import { type Classes, noClasses } from './byte-classes.ts';
import { type Chain, classesBehind, mayChange } from './chain.ts';
import { FactBook, type Facts } from './facts.ts';
import { type Groups, LiteralIndex } from './literal-index.ts';
import { RecurringFacts } from './recurring.ts';

/** What is known of a value, or of several together. */
export interface Summary extends Classes {
  /** Of the literal index. */
  readonly groups: Groups;
}

/** Values of one target or of several in their order. */
export class Values implements Summary {
  readonly items: readonly Item[];
  /** One for each item. */
  readonly facts: readonly Facts[];
  readonly letters: number;
  readonly marks: number;
  #groups: Groups | undefined = undefined;

  constructor(items: readonly Item[], facts: readonly Facts[]) {
    let letters = 0;
    let marks = 0;
    for (let at = 0; at < facts.length; at++) {
      const each = facts[at]!;
      letters |= each.letters;
      marks |= each.marks;
    }
    this.items = items;
    this.facts = facts;
    this.letters = letters;
    this.marks = marks;
  }

  get groups(): Groups {
    this.#groups ??= union(this.facts);
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

/** The values of one target, with no transformation. Rules with the same target share one. */
export interface ColumnPlan {
  readonly index: number;
  readonly target: EngineTarget;
}

/** A column behind a chain of transformations. Rules that look at the same share one, whatever else they look at. */
export interface PartPlan {
  readonly index: number;
  readonly column: ColumnPlan;
  readonly chain: Chain;
}

/** All that a rule looks at: columns, behind the same chain. */
export interface ReachPlan {
  readonly index: number;
  readonly columns: readonly ColumnPlan[];
  readonly chain: Chain;
}

/** The classes of its values are known beforehand, at least as many as there are; the values once somebody asks for them. */
export class Part implements Classes {
  readonly letters: number;
  readonly marks: number;
  readonly length: number;
  readonly #source: Values;
  /** Undefined where no value changes. */
  readonly #chain: Chain | undefined;
  #values: Values | undefined = undefined;

  constructor(source: Values, chain: Chain) {
    const isChanged = mayChange(chain.trigger, source);
    const { letters, marks } = isChanged ? classesBehind(chain, source) : source;
    this.letters = letters;
    this.marks = marks;
    this.length = source.items.length;
    this.#source = source;
    this.#chain = isChanged ? chain : undefined;
  }

  values(book: FactBook): Values {
    this.#values ??= this.#chain === undefined ? this.#source : behind(this.#source, this.#chain, book);
    return this.#values;
  }
}

function behind({ items, facts }: Values, { steps, trigger }: Chain, book: FactBook): Values {
  const after: Facts[] = [];
  for (let at = 0; at < facts.length; at++) {
    let each = facts[at]!;
    if (mayChange(trigger, each))
      for (let step = 0; step < steps.length; step++) each = book.after(each, steps[step]!);
    after.push(each);
  }
  return new Values(items, after);
}

export type Change = Exclude<Changes, 'never' | 'always'>;

/** What is the same for all transactions. */
export interface ColumnPlans {
  readonly count: number;
  readonly partCount: number;
  readonly reachCount: number;
  readonly literals: LiteralIndex;
  readonly recurring: RecurringFacts;
  /** Columns that are no longer true once the request's body is there, and once there is more of the response. */
  readonly byChange: Readonly<Record<Change, readonly number[]>>;
  /** The same of parts. */
  readonly partsByChange: Readonly<Record<Change, readonly number[]>>;
  /** The same of what rules reach. */
  readonly reachesByChange: Readonly<Record<Change, readonly number[]>>;
}

const noLiterals = new LiteralIndex([]);

export const noPlans: ColumnPlans = {
  count: 0,
  partCount: 0,
  reachCount: 0,
  literals: noLiterals,
  recurring: new RecurringFacts(noLiterals),
  byChange: { body: [], response: [] },
  partsByChange: { body: [], response: [] },
  reachesByChange: { body: [], response: [] },
};

/** The columns, and what comes of them, of one transaction: each is made when a rule first asks for it. */
export class Columns {
  readonly book: FactBook;
  readonly #plans: ColumnPlans;
  readonly #columns: (Values | undefined)[];
  readonly #parts: (Part | undefined)[];
  /** Whether there are values, letters and marks by the index of a reach. */
  readonly #reaches: number[];

  constructor(plans: ColumnPlans, state: State) {
    this.#plans = plans;
    this.#columns = new Array<Values | undefined>(plans.count).fill(undefined);
    this.#parts = new Array<Part | undefined>(plans.partCount).fill(undefined);
    this.#reaches = new Array<number>(plans.reachCount * 3).fill(unknown);
    this.book = new FactBook(plans.literals, state);
  }

  /** What the targets look at has changed. */
  forget(change: Change): void {
    for (const index of this.#plans.byChange[change]) this.#columns[index] = undefined;
    for (const index of this.#plans.partsByChange[change]) this.#parts[index] = undefined;
    for (const index of this.#plans.reachesByChange[change]) this.#reaches[index * 3] = unknown;
  }

  /** Whether there are values. */
  reaches(plan: ReachPlan, state: State): boolean {
    const slot = plan.index * 3;
    if (this.#reaches[slot] === unknown) this.#reach(plan, slot, state);
    return this.#reaches[slot] === filled;
  }

  /** The classes that its values may have together, at least as many as there are. */
  lettersOf({ index }: ReachPlan): number {
    return this.#reaches[index * 3 + 1]!;
  }

  marksOf({ index }: ReachPlan): number {
    return this.#reaches[index * 3 + 2]!;
  }

  #reach({ columns, chain }: ReachPlan, slot: number, state: State): void {
    let letters = 0;
    let marks = 0;
    let isEmpty = true;
    for (let at = 0; at < columns.length; at++) {
      const column = this.#column(columns[at]!, state);
      if (column.items.length === 0) continue;
      isEmpty = false;
      letters |= column.letters;
      marks |= column.marks;
    }
    const before = { letters, marks };
    const after = mayChange(chain.trigger, before) ? classesBehind(chain, before) : before;
    this.#reaches[slot] = isEmpty ? empty : filled;
    this.#reaches[slot + 1] = after.letters;
    this.#reaches[slot + 2] = after.marks;
  }

  /** A column behind a chain. */
  part({ index, column, chain }: PartPlan, state: State): Part {
    let part = this.#parts[index];
    if (part === undefined) {
      const source = this.#column(column, state);
      part = source.items.length === 0 ? noPart : new Part(source, chain);
      this.#parts[index] = part;
    }
    return part;
  }

  #column({ index, target }: ColumnPlan, state: State): Values {
    let column = this.#columns[index];
    if (column === undefined) {
      column = this.#make(target.items(state));
      this.#columns[index] = column;
    }
    return column;
  }

  #make(items: readonly Item[]): Values {
    if (items.length === 0) return noValues;
    const facts: Facts[] = [];
    for (let at = 0; at < items.length; at++) facts.push(this.#factsOf(items[at]!));
    return new Values(items, facts);
  }

  #factsOf(item: Item): Facts {
    return this.#plans.recurring.of(item) ?? this.book.of(item.value);
  }
}

const unknown = 0;
const empty = 1;
const filled = 2;

const noValues = new Values([], []);
const noPart = new Part(noValues, { steps: [], trigger: noClasses });
