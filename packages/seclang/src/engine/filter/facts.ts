import type { State } from '../state.ts';
import { letterBits, markBits } from './byte-classes.ts';
import { mayChange, type Step } from './chain.ts';
import type { Groups, LiteralIndex } from './literal-index.ts';

/** A value and what is known about it, all of which follows from its bytes. */
export class Facts {
  readonly value: string;
  readonly letters: number;
  readonly marks: number;
  /** Whether it outlives the transaction, so that what operators say of it is worth to be remembered. */
  readonly isKept: boolean;
  /** By the index of a step, what it made of the value. */
  steps: (Facts | undefined)[] | undefined = undefined;
  #verdicts: Verdicts | undefined = undefined;
  #groups: Groups | undefined = undefined;
  readonly #literals: LiteralIndex;

  constructor(value: string, literals: LiteralIndex, isKept = false) {
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
    this.isKept = isKept;
    this.#literals = literals;
  }

  /** Those of the literal index. Most values are told apart by their bytes, and never looked through for literals. */
  get groups(): Groups {
    this.#groups ??= this.#literals.find(this.value);
    return this.#groups;
  }

  get verdicts(): Verdicts {
    this.#verdicts ??= new Verdicts();
    return this.#verdicts;
  }

  /** What a step makes of a value that is kept is kept as well. */
  derived(value: string): Facts {
    return new Facts(value, this.#literals, true);
  }
}

/** Operators beyond this many are asked anew each time. */
export const maximumOperators = 1_024;

const words = maximumOperators >> 5;

/** What operators say of a value, by their numbers. */
class Verdicts {
  readonly #refused: number[] = new Array<number>(words).fill(0);
  readonly #accepted: number[] = new Array<number>(words).fill(0);

  /** Undefined where it was not asked yet. */
  of(operator: number): boolean | undefined {
    if (((this.#refused[operator >> 5]! >> (operator & 31)) & 1) === 1) return false;
    return ((this.#accepted[operator >> 5]! >> (operator & 31)) & 1) === 1 ? true : undefined;
  }

  note(operator: number, isMatch: boolean): void {
    const noted = isMatch ? this.#accepted : this.#refused;
    noted[operator >> 5]! |= 1 << (operator & 31);
  }
}

/**
 * Makes what is known of the values of one transaction. To find those that have the same bytes would cost more than it saves:
 * hashing them took a tenth of the time of a request.
 */
export class FactBook {
  readonly #literals: LiteralIndex;
  readonly #state: State;

  constructor(literals: LiteralIndex, state: State) {
    this.#literals = literals;
    this.#state = state;
  }

  of(value: string): Facts {
    this.#state.spend(value.length);
    return new Facts(value, this.#literals);
  }

  /** What a step makes of a value; each is taken once. */
  after(facts: Facts, { index, run, trigger }: Step): Facts {
    if (!mayChange(trigger, facts)) return facts;
    facts.steps ??= [];
    const known = facts.steps[index];
    if (known !== undefined) return known;
    const after = this.#behind(facts, run(facts.value));
    facts.steps[index] = after;
    return after;
  }

  #behind(facts: Facts, value: string): Facts {
    if (value === facts.value) return facts;
    return facts.isKept ? facts.derived(value) : this.of(value);
  }
}
