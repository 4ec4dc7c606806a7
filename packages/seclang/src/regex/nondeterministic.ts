import { allBytes, type ByteSet } from './byte-set.ts';
import type { Node, Repeat } from './syntax.ts';

/**
 * A pattern as a nondeterministic automaton (Thompson, 1968) that takes every text the pattern takes, and some more: what
 * looks around always holds, a back-reference stands for any bytes, counts beyond a few have no bound, and loops give back
 * what possessive ones would keep.
 */
export interface Nondeterministic {
  readonly start: number;
  /** By state, the bytes that it takes; undefined for those that take none. */
  readonly sets: readonly (ByteSet | undefined)[];
  /** By state, the one that follows; the first of two for those that take none. */
  readonly next: readonly number[];
  /** By state, the second of two; -1 without one. */
  readonly other: readonly number[];
  /** By state, whether it is passed at the start of the text alone. */
  readonly isStart: readonly boolean[];
}

/** The state behind the pattern. */
export const accepting = 0;

const maximumStates = 4_000;
/** How many rounds of a loop are told apart, and how many where that takes too many states. */
const fewRounds = [12, 1] as const;

/** Undefined for a pattern that is too large. */
export function nondeterministic(root: Node): Nondeterministic | undefined {
  for (const rounds of fewRounds) {
    const builder = new Builder(rounds);
    const start = builder.before(root, accepting);
    if (builder.sets.length <= maximumStates) return { ...builder.parts, start };
  }
  return undefined;
}

class Builder {
  readonly sets: (ByteSet | undefined)[] = [];
  readonly #next: number[] = [];
  readonly #other: number[] = [];
  readonly #isStart: boolean[] = [];
  readonly #rounds: number;

  constructor(rounds: number) {
    this.#rounds = rounds;
    this.#push(undefined, -1);
  }

  get parts() {
    return { sets: this.sets, next: this.#next, other: this.#other, isStart: this.#isStart };
  }

  /** @returns the state from which the node leads to the one that is to follow */
  before(node: Node, follows: number): number {
    // One that is too large is given up anyway.
    if (this.sets.length > maximumStates) return follows;
    switch (node.kind) {
      case 'byte':
        return this.#push(node.set, follows);
      case 'sequence':
        return node.items.reduceRight((after, item) => this.before(item, after), follows);
      case 'alternatives':
        return node.items
          .map((item) => this.before(item, follows))
          .reduceRight((later, first) => this.#push(undefined, first, later));
      case 'group':
      case 'atomic':
        return this.before(node.item, follows);
      case 'repeat':
        return this.#repeat(node, follows);
      case 'backreference':
        return this.#loop({ kind: 'byte', set: allBytes }, follows);
      case 'assertion':
        if (node.what !== 'start') return follows;
        this.#isStart[this.#push(undefined, follows)] = true;
        return this.sets.length - 1;
      case 'empty':
      case 'look':
        return follows;
    }
  }

  #repeat({ item, min, max }: Repeat, follows: number): number {
    const needed = Math.min(min, this.#rounds);
    let at = follows;
    if (max - needed > this.#rounds) at = this.#loop(item, follows);
    else
      for (let round = needed; round < max; round++)
        at = this.#push(undefined, this.before(item, at), follows);
    for (let round = 0; round < needed; round++) at = this.before(item, at);
    return at;
  }

  #loop(item: Node, follows: number): number {
    const again = this.#push(undefined, -1, follows);
    this.#next[again] = this.before(item, again);
    return again;
  }

  #push(set: ByteSet | undefined, next: number, other = -1): number {
    this.#next.push(next);
    this.#other.push(other);
    this.#isStart.push(false);
    return this.sets.push(set) - 1;
  }
}
