import type { AST } from '@eslint-community/regexpp';
import { type CharacterSet, characterSet, isCharacterElement } from '../character-set.ts';
import { isAnchored } from '../cost.ts';

/** Goes on with what follows, at a place. */
type Next = (place: number) => boolean;

/** Thrown once so many steps were taken. */
export class Abandoned extends Error {}

/** The plainest engine for patterns without back-references: tries every way in order, and counts comparisons. */
export class Backtracker {
  readonly #pattern: AST.Pattern;
  readonly #unicode: boolean;
  readonly #sets = new Map<AST.Element, CharacterSet>();
  #text = '';
  steps = 0;

  constructor(pattern: AST.Pattern, unicode: boolean) {
    this.#pattern = pattern;
    this.#unicode = unicode;
  }

  test(text: string, most: number): boolean {
    this.#text = text;
    this.steps = -most;
    try {
      const last = this.#pattern.alternatives.every(isAnchored) ? 0 : text.length;
      for (let start = 0; start <= last; start++)
        if (this.#oneOf(this.#pattern.alternatives, start, () => true, true)) return true;
      return false;
    } finally {
      this.steps += most;
    }
  }

  #oneOf(alternatives: readonly AST.Alternative[], place: number, next: Next, forward: boolean): boolean {
    return alternatives.some(({ elements }) =>
      this.#inOrder(forward ? elements : elements.toReversed(), 0, place, next, forward),
    );
  }

  #inOrder(
    elements: readonly AST.Element[],
    at: number,
    place: number,
    next: Next,
    forward: boolean,
  ): boolean {
    const element = elements[at];
    if (element === undefined) return next(place);
    return this.#one(element, place, (then) => this.#inOrder(elements, at + 1, then, next, forward), forward);
  }

  #one(element: AST.Element, place: number, next: Next, forward: boolean): boolean {
    if (isCharacterElement(element)) return this.#character(element, place, next, forward);
    switch (element.type) {
      case 'Group':
      case 'CapturingGroup':
        return this.#oneOf(element.alternatives, place, next, forward);
      case 'Quantifier':
        return this.#rounds(element, 0, place, next, forward);
      case 'Assertion':
        this.#count();
        return this.#holds(element, place) && next(place);
      default:
        throw new Error(`Not for ${element.type}.`);
    }
  }

  #rounds(quantifier: AST.Quantifier, round: number, place: number, next: Next, forward: boolean): boolean {
    const { min, max, greedy, element } = quantifier;
    const again = (): boolean =>
      round < max &&
      this.#one(
        element,
        place,
        (then) => (then !== place || round < min) && this.#rounds(quantifier, round + 1, then, next, forward),
        forward,
      );
    if (round < min) return again();
    return greedy ? again() || next(place) : next(place) || again();
  }

  #character(
    element: Parameters<typeof characterSet>[0],
    place: number,
    next: Next,
    forward: boolean,
  ): boolean {
    this.#count();
    let set = this.#sets.get(element);
    if (set === undefined) {
      set = characterSet(element, this.#unicode);
      this.#sets.set(element, set);
    }
    const at = forward ? place : place - 1;
    const character = this.#text.charCodeAt(at);
    return !Number.isNaN(character) && set.has(character) && next(forward ? place + 1 : place - 1);
  }

  #holds(assertion: AST.Assertion, place: number): boolean {
    switch (assertion.kind) {
      case 'start':
        return place === 0;
      case 'end':
        return place === this.#text.length;
      case 'word': {
        const isWord = (at: number): boolean => /^\w$/.test(this.#text.charAt(at));
        return (isWord(place - 1) !== isWord(place)) !== assertion.negate;
      }
      default:
        return (
          this.#oneOf(assertion.alternatives, place, () => true, assertion.kind === 'lookahead') !==
          assertion.negate
        );
    }
  }

  #count(): void {
    this.steps++;
    if (this.steps >= 0) throw new Abandoned();
  }
}
