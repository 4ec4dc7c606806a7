import type { AST } from '@eslint-community/regexpp';
import { type CharacterSet, characterSet, flagsAt, isCharacterElement } from './character-set.ts';
import { isAnchored, isLookaround } from './cost.ts';

/** A step of a pattern. It goes on with the one behind it unless it says otherwise. */
export type Instruction =
  | { readonly kind: 'character'; readonly set: CharacterSet }
  /** Either of two; `number` counts the splits of the program. */
  | { readonly kind: 'split'; readonly first: number; readonly second: number; readonly number: number }
  | { readonly kind: 'jump'; readonly to: number }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  | { readonly kind: 'boundary'; readonly negate: boolean }
  | { readonly kind: 'look'; readonly program: Program; readonly negate: boolean }
  | { readonly kind: 'match' };

export interface Program {
  readonly instructions: readonly Instruction[];
  readonly splits: number;
  /** Whether it reads the text from right to left: within a look-behind. */
  readonly backward: boolean;
}

/** More instructions than any sensible pattern comes to: repeats with a bound are written out. */
const mostInstructions = 20_000;

/** Undefined for a pattern with back-references or assertions that go by a flag, and for one that is too large. */
export function compileProgram(pattern: AST.Pattern, unicode: boolean): Program | undefined {
  try {
    const writer = new Writer(unicode, false, { left: mostInstructions });
    if (!pattern.alternatives.every(isAnchored))
      writer.loop(0, Infinity, () => writer.add({ kind: 'character', set: everything }));
    return writer.finish(pattern.alternatives);
  } catch (error) {
    if (error instanceof NotWritable) return undefined;
    throw error;
  }
}

class NotWritable extends Error {
  override name = 'NotWritable';
}

const everything: CharacterSet = { has: () => true, ascii: -1n, others: true };

class Writer {
  readonly #unicode: boolean;
  readonly #backward: boolean;
  readonly #room: { left: number };
  readonly #instructions: Instruction[] = [];
  readonly #sets = new Map<string, CharacterSet>();
  #splits = 0;

  constructor(unicode: boolean, backward: boolean, room: { left: number }) {
    this.#unicode = unicode;
    this.#backward = backward;
    this.#room = room;
  }

  finish(alternatives: readonly AST.Alternative[]): Program {
    this.#oneOf(alternatives);
    this.add({ kind: 'match' });
    return { instructions: this.#instructions, splits: this.#splits, backward: this.#backward };
  }

  add(instruction: Instruction): number {
    this.#room.left--;
    if (this.#room.left < 0) throw new NotWritable('The pattern is too large.');
    return this.#instructions.push(instruction) - 1;
  }

  /** Which of two ways comes first makes no difference to whether there is a match, so lazy loops are greedy here. */
  loop(min: number, max: number, round: () => void): void {
    for (let count = 0; count < min; count++) {
      const before = this.#instructions.length;
      round();
      // More of nothing is nothing: "(?:){1000000000}" takes no time.
      if (this.#instructions.length === before) break;
    }
    if (max === Infinity) {
      const split = this.#split();
      round();
      this.add({ kind: 'jump', to: split });
      this.#settle(split, this.#instructions.length);
      return;
    }
    const splits: number[] = [];
    for (let count = min; count < max; count++) {
      splits.push(this.#split());
      round();
    }
    for (const split of splits) this.#settle(split, this.#instructions.length);
  }

  #oneOf(alternatives: readonly AST.Alternative[]): void {
    const jumps: number[] = [];
    for (const [at, { elements }] of alternatives.entries()) {
      const split = at < alternatives.length - 1 ? this.#split() : undefined;
      for (const element of this.#backward ? elements.toReversed() : elements) this.#write(element);
      if (split === undefined) break;
      jumps.push(this.add({ kind: 'jump', to: 0 }));
      this.#settle(split, this.#instructions.length);
    }
    for (const jump of jumps) this.#instructions[jump] = { kind: 'jump', to: this.#instructions.length };
  }

  #write(element: AST.Element): void {
    if (isCharacterElement(element)) {
      const key = `${flagsAt(element)}/${element.raw}`;
      let set = this.#sets.get(key);
      if (set === undefined) {
        set = characterSet(element, this.#unicode);
        this.#sets.set(key, set);
      }
      this.add({ kind: 'character', set });
      return;
    }
    switch (element.type) {
      case 'Group':
      case 'CapturingGroup':
        this.#oneOf(element.alternatives);
        return;
      case 'Quantifier':
        this.loop(element.min, element.max, () => this.#write(element.element));
        return;
      case 'Assertion':
        this.add(this.#assertion(element));
        return;
      default:
        throw new NotWritable(`There is no instruction for ${element.type}.`);
    }
  }

  #assertion(assertion: AST.Assertion): Instruction {
    if (isLookaround(assertion)) {
      const writer = new Writer(this.#unicode, assertion.kind === 'lookbehind', this.#room);
      return { kind: 'look', program: writer.finish(assertion.alternatives), negate: assertion.negate };
    }
    const flags = flagsAt(assertion);
    if (flags.includes(assertion.kind === 'word' ? 'i' : 'm'))
      throw new NotWritable('There is no instruction for an assertion with this flag.');
    return assertion.kind === 'word'
      ? { kind: 'boundary', negate: assertion.negate }
      : { kind: assertion.kind };
  }

  #split(): number {
    const at = this.#instructions.length;
    return this.add({ kind: 'split', first: at + 1, second: 0, number: this.#splits++ });
  }

  #settle(split: number, second: number): void {
    const instruction = this.#instructions[split]!;
    if (instruction.kind === 'split') this.#instructions[split] = { ...instruction, second };
  }
}
