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

/** What a rule looks at: columns, all behind the same chain. */
export interface ViewPlan {
  readonly index: number;
  readonly parts: readonly PartPlan[];
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

/** Those parts of what a rule looks at that have values. */
export class View implements Classes {
  readonly letters: number;
  readonly marks: number;
  readonly parts: readonly Part[];

  constructor(parts: readonly Part[]) {
    let letters = 0;
    let marks = 0;
    for (let at = 0; at < parts.length; at++) {
      letters |= parts[at]!.letters;
      marks |= parts[at]!.marks;
    }
    this.letters = letters;
    this.marks = marks;
    this.parts = parts;
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
  readonly viewCount: number;
  readonly literals: LiteralIndex;
  readonly recurring: RecurringFacts;
  /** Columns that are no longer true once the request's body is there, and once there is more of the response. */
  readonly byChange: Readonly<Record<Change, readonly number[]>>;
  /** The same of parts. */
  readonly partsByChange: Readonly<Record<Change, readonly number[]>>;
  /** The same of views. */
  readonly viewsByChange: Readonly<Record<Change, readonly number[]>>;
}

const noLiterals = new LiteralIndex([]);

export const noPlans: ColumnPlans = {
  count: 0,
  partCount: 0,
  viewCount: 0,
  literals: noLiterals,
  recurring: new RecurringFacts(noLiterals),
  byChange: { body: [], response: [] },
  partsByChange: { body: [], response: [] },
  viewsByChange: { body: [], response: [] },
};

/** The columns, parts and views of one transaction: each is made when a rule first asks for it. */
export class Columns {
  readonly book: FactBook;
  readonly #plans: ColumnPlans;
  readonly #columns: (Values | undefined)[];
  readonly #parts: (Part | undefined)[];
  readonly #views: (View | undefined)[];

  constructor(plans: ColumnPlans, state: State) {
    this.#plans = plans;
    this.#columns = new Array<Values | undefined>(plans.count).fill(undefined);
    this.#parts = new Array<Part | undefined>(plans.partCount).fill(undefined);
    this.#views = new Array<View | undefined>(plans.viewCount).fill(undefined);
    this.book = new FactBook(plans.literals, state);
  }

  /** What the targets look at has changed. */
  forget(change: Change): void {
    for (const index of this.#plans.byChange[change]) this.#columns[index] = undefined;
    for (const index of this.#plans.partsByChange[change]) this.#parts[index] = undefined;
    for (const index of this.#plans.viewsByChange[change]) this.#views[index] = undefined;
  }

  view(plan: ViewPlan, state: State): View {
    let view = this.#views[plan.index];
    if (view === undefined) {
      view = this.#open(plan, state);
      this.#views[plan.index] = view;
    }
    return view;
  }

  #open({ parts }: ViewPlan, state: State): View {
    const filled: Part[] = [];
    for (let at = 0; at < parts.length; at++) {
      const part = this.#part(parts[at]!, state);
      if (part.length > 0) filled.push(part);
    }
    return filled.length === 0 ? noView : new View(filled);
  }

  #part({ index, column, chain }: PartPlan, state: State): Part {
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

const noValues = new Values([], []);
const noPart = new Part(noValues, { steps: [], trigger: noClasses });
const noView = new View([]);
