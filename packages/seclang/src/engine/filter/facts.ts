import type { Transformation } from '../../transformations/transformation.ts';
import type { State } from '../state.ts';
import type { Classes } from './byte-classes.ts';
import { letterBits, markBits } from './byte-classes.ts';
import type { Groups, LiteralIndex } from './literal-index.ts';

/** A transformation as a chain has it. */
export interface Step {
  /** Where a value remembers what it came to. */
  readonly index: number;
  readonly run: Transformation;
  /** Without a byte of these nothing changes; undefined where anything may. */
  readonly trigger: Classes | undefined;
}

/** Whether a transformation, or a chain of them, may change a value with these classes. */
export function mayChange(trigger: Classes | undefined, { letters, marks }: Classes): boolean {
  return trigger === undefined || (letters & trigger.letters) !== 0 || (marks & trigger.marks) !== 0;
}

/** A value and what is known about it, all of which follows from its bytes. */
export class Facts {
  readonly value: string;
  readonly letters: number;
  readonly marks: number;
  /** By the index of a step, what it made of the value. */
  steps: (Facts | undefined)[] | undefined = undefined;
  /** Bits of the operators that do not match it. */
  #refused: number[] | undefined = undefined;
  #groups: Groups | undefined = undefined;
  readonly #literals: LiteralIndex;

  constructor(value: string, literals: LiteralIndex) {
    let letters = 0;
    let marks = 0;
    for (let at = 0; at < value.length; at++) {
      const byte = value.charCodeAt(at);
      letters |= letterBits[byte]!;
      marks |= markBits[byte]!;
    }
    this.value = value;
    this.letters = letters;
    this.marks = marks;
    this.#literals = literals;
  }

  /** Those of the literal index. Most values are told apart by their bytes, and never looked through for literals. */
  get groups(): Groups {
    this.#groups ??= this.#literals.find(this.value);
    return this.#groups;
  }

  isRefusedBy(operator: number): boolean {
    return this.#refused !== undefined && ((this.#refused[operator >> 5]! >> (operator & 31)) & 1) === 1;
  }

  refuse(operator: number): void {
    this.#refused ??= new Array<number>(maximumOperators >> 5).fill(0);
    this.#refused[operator >> 5]! |= 1 << (operator & 31);
  }
}

/** Operators beyond this many are asked anew each time. */
export const maximumOperators = 1_024;

/** The values of one transaction: two with the same bytes are one. */
export class FactBook {
  readonly #literals: LiteralIndex;
  readonly #known = new Map<string, Facts>();
  readonly #state: State;

  constructor(literals: LiteralIndex, state: State) {
    this.#literals = literals;
    this.#state = state;
  }

  of(value: string): Facts {
    let facts = this.#known.get(value);
    if (facts === undefined) {
      this.#state.spend(value.length);
      facts = new Facts(value, this.#literals);
      this.#known.set(value, facts);
    }
    return facts;
  }

  /** What a step makes of a value; each is taken once. */
  after(facts: Facts, { index, run, trigger }: Step): Facts {
    if (!mayChange(trigger, facts)) return facts;
    facts.steps ??= [];
    const known = facts.steps[index];
    if (known !== undefined) return known;
    const value = run(facts.value);
    const after = value === facts.value ? facts : this.of(value);
    facts.steps[index] = after;
    return after;
  }
}
