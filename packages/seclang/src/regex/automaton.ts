import { accepting, type Nondeterministic, nondeterministic } from './nondeterministic.ts';
import type { Node } from './syntax.ts';

/**
 * Tells of a text that a pattern cannot match it, in one pass of a few nanoseconds for each byte, whatever the pattern: a
 * deterministic automaton, whose states are made as texts lead to them (as in RE2). It is there for long values, where
 * backtracking may take a power of their length, and V8's linear engine takes some hundred times as long.
 */
export class Automaton {
  readonly #parts: Nondeterministic;
  readonly #classOf: Uint8Array;
  /** By class of bytes, one of them. */
  readonly #examples: readonly number[];
  /** By state, where a match may begin anew. */
  readonly #restart: readonly number[];
  readonly #beginning: readonly number[];
  #states: (readonly number[])[] = [];
  #numbers = new Map<string, number>();
  #members = 0;
  /** By state and class, the state that follows; -1 where nobody has asked yet. */
  #table = new Int32Array(0);
  /** By state of the parts, when it was last reached. */
  readonly #reached: Uint32Array;
  #round = 0;

  /** Undefined where it would tell nothing apart: the pattern takes the empty text, or is too large. */
  static of(root: Node): Automaton | undefined {
    const parts = nondeterministic(root);
    if (parts === undefined) return undefined;
    const automaton = new Automaton(parts);
    return automaton.#takesEmpty() ? undefined : automaton;
  }

  private constructor(parts: Nondeterministic) {
    this.#parts = parts;
    this.#reached = new Uint32Array(parts.sets.length);
    const { classOf, examples } = classes(parts);
    this.#classOf = classOf;
    this.#examples = examples;
    this.#restart = this.#closure(false);
    this.#beginning = this.#closure(true);
    this.#forget();
  }

  /** False only where the pattern matches nowhere in the text. */
  mayMatch(text: string): boolean {
    const width = this.#examples.length;
    let left = fewTransitions + Math.floor(text.length / bytesForOne);
    let state = 0;
    for (let at = 0; at < text.length; at++) {
      const byte = this.#classOf[text.charCodeAt(at)]!;
      let next = this.#table[state * width + byte]!;
      if (next === unknown) {
        // To make states takes long: a text that always leads to new ones is for another engine.
        if (left-- === 0) return true;
        next = this.#follow(state, byte);
      }
      if (next === match) return true;
      state = next;
    }
    return false;
  }

  #takesEmpty(): boolean {
    return this.#beginning.includes(accepting) || this.#restart.includes(accepting);
  }

  #forget(): void {
    this.#states = [];
    this.#numbers = new Map();
    this.#members = 0;
    this.#table = new Int32Array(0);
    this.#number(this.#beginning);
  }

  #follow(state: number, byteClass: number): number {
    const { sets, next } = this.#parts;
    const byte = this.#examples[byteClass]!;
    this.#round++;
    const reached: number[] = [];
    for (const one of this.#states[state]!)
      if (sets[one]![byte] === 1 && !this.#reach(next[one]!, false, reached)) {
        this.#table[state * this.#examples.length + byteClass] = match;
        return match;
      }
    for (const one of this.#restart) this.#reach(one, false, reached);
    reached.sort((one, other) => one - other);
    if (this.#states.length >= maximumStates || this.#members + reached.length > maximumMembers) {
      this.#forget();
      return this.#number(reached);
    }
    const number = this.#number(reached);
    this.#table[state * this.#examples.length + byteClass] = number;
    return number;
  }

  #number(members: readonly number[]): number {
    const key = String.fromCharCode(...members);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#states.push(members) - 1;
    this.#numbers.set(key, number);
    this.#members += members.length;
    const width = this.#examples.length;
    if (this.#table.length < (number + 1) * width) {
      const table = new Int32Array(Math.max(8, number * 2) * width).fill(unknown);
      table.set(this.#table);
      this.#table = table;
    }
    return number;
  }

  #closure(isStart: boolean): readonly number[] {
    this.#round++;
    const reached: number[] = [];
    if (!this.#reach(this.#parts.start, isStart, reached)) return [accepting];
    return reached.sort((one, other) => one - other);
  }

  /**
   * Adds the states that take bytes and are reached from one without taking any.
   * @returns false when the pattern ends there
   */
  #reach(from: number, isStart: boolean, reached: number[]): boolean {
    const { sets, next, other, isStart: atStart } = this.#parts;
    const open = [from];
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      if (state === accepting) return false;
      if (this.#reached[state] === this.#round) continue;
      this.#reached[state] = this.#round;
      if (sets[state] !== undefined) {
        reached.push(state);
        continue;
      }
      if (atStart[state] && !isStart) continue;
      if (other[state]! >= 0) open.push(other[state]!);
      open.push(next[state]!);
    }
    return true;
  }
}

const unknown = -1;
const match = -2;

/** What is kept of one pattern: at most some 250 KB. */
const maximumStates = 256;
const maximumMembers = 40_000;

/** How many new transitions a text may lead to, and for how many of its bytes one more: each takes up to 50 µs. */
const fewTransitions = 64;
const bytesForOne = 512;

/** Bytes that no state tells apart are one class. */
function classes({ sets }: Nondeterministic): { classOf: Uint8Array; examples: number[] } {
  const classOf = new Uint8Array(256);
  let count = 1;
  for (const set of new Set(sets)) {
    if (set === undefined) continue;
    const split = new Map<number, number>();
    for (let byte = 0; byte < 256; byte++) {
      const key = classOf[byte]! * 2 + set[byte]!;
      if (!split.has(key)) split.set(key, split.size);
      classOf[byte] = split.get(key)!;
    }
    count = split.size;
  }
  const examples = Array.from({ length: count }, (_, one) => classOf.indexOf(one));
  return { classOf, examples };
}
