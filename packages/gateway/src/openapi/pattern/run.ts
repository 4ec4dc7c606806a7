import type { Steps } from '../steps.ts';
import type { Program } from './program.ts';

/** So many instructions take about as long as one step of a check. */
const instructionsOfStep = 8;

/** So many words of zeros take about as long as one. */
const wordsOfStep = 128;

/** To begin anew at a place, and to remember what came of it. */
const lookOfSteps = 2;

/** A bit for each split at each place. Texts and patterns that need more are not worth it: 4 MiB. */
const mostPlaces = 2 ** 25;

/** Takes as many steps as are left. */
const tooMuch = Infinity;

/**
 * Whether the program matches somewhere in the text. No split is gone through twice at one place, so time is the size of the
 * program times the length of the text at most; what was done is taken from `steps` as it is done.
 */
export function runProgram(program: Program, text: string, unicode: boolean, steps: Steps): boolean {
  return new Run(text, unicode, steps).from(program, 0);
}

const isWord = /^\w$/;
const roundsBetweenBills = 1024;

class Run {
  readonly #text: string;
  readonly #unicode: boolean;
  readonly #steps: Steps;
  /** Of look-arounds, whether they match at a place. */
  readonly #looks = new Map<Program, Map<number, boolean>>();

  constructor(text: string, unicode: boolean, steps: Steps) {
    this.#text = text;
    this.#unicode = unicode;
    this.#steps = steps;
  }

  from({ instructions, splits, backward }: Program, start: number): boolean {
    const text = this.#text;
    const places = text.length + 1;
    if (splits * places > mostPlaces) this.#steps.take(tooMuch);
    const seen = new Uint32Array(Math.ceil((splits * places) / 32));
    // A look-around does this at every place.
    this.#steps.take(lookOfSteps + seen.length / wordsOfStep);
    // Pairs of an instruction and a place: where to go on when the way that was taken leads nowhere.
    const ways: number[] = [0, start];
    let rounds = 0;
    while (ways.length > 0) {
      let place = ways.pop()!;
      let at = ways.pop()!;
      for (;;) {
        rounds++;
        if (rounds === roundsBetweenBills) {
          this.#steps.take(rounds / instructionsOfStep);
          rounds = 0;
        }
        const instruction = instructions[at]!;
        if (instruction.kind === 'character') {
          const character = backward ? this.#before(place) : this.#at(place);
          if (character === undefined || !instruction.set.has(character)) break;
          const width = character > 0xffff ? 2 : 1;
          place += backward ? -width : width;
          at++;
        } else if (instruction.kind === 'split') {
          const bit = instruction.number * places + place;
          if ((seen[bit >>> 5]! & (1 << (bit & 31))) !== 0) break;
          seen[bit >>> 5]! |= 1 << (bit & 31);
          ways.push(instruction.second, place);
          at = instruction.first;
        } else if (instruction.kind === 'jump') {
          at = instruction.to;
        } else if (instruction.kind === 'match') {
          this.#steps.take(rounds / instructionsOfStep);
          return true;
        } else {
          if (!this.#holds(instruction, place)) break;
          at++;
        }
      }
    }
    this.#steps.take(rounds / instructionsOfStep);
    return false;
  }

  #holds(
    assertion: Exclude<Program['instructions'][number], { kind: 'character' | 'split' | 'jump' | 'match' }>,
    place: number,
  ): boolean {
    switch (assertion.kind) {
      case 'start':
        return place === 0;
      case 'end':
        return place === this.#text.length;
      case 'boundary':
        return (this.#isWordAt(place - 1) !== this.#isWordAt(place)) !== assertion.negate;
      default:
        return this.#looksAt(assertion.program, place) !== assertion.negate;
    }
  }

  #looksAt(program: Program, place: number): boolean {
    let known = this.#looks.get(program);
    if (known === undefined) {
      known = new Map();
      this.#looks.set(program, known);
    }
    let found = known.get(place);
    if (found === undefined) {
      found = this.from(program, place);
      known.set(place, found);
    }
    return found;
  }

  #isWordAt(place: number): boolean {
    return isWord.test(this.#text.charAt(place));
  }

  #at(place: number): number | undefined {
    if (place >= this.#text.length) return undefined;
    return this.#unicode ? this.#text.codePointAt(place) : this.#text.charCodeAt(place);
  }

  #before(place: number): number | undefined {
    if (place === 0) return undefined;
    const low = this.#text.charCodeAt(place - 1);
    if (!this.#unicode || place < 2 || (low & 0xfc00) !== 0xdc00) return low;
    const both = this.#text.codePointAt(place - 2)!;
    return both > 0xffff ? both : low;
  }
}
