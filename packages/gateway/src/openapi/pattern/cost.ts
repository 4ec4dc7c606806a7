import type { AST } from '@eslint-community/regexpp';
import { type CharacterSet, characterSet, flagsAt, isCharacterElement } from './character-set.ts';

/** What a backtracking engine may spend on a part of a pattern at one place of a text, at most. */
interface Cost {
  /** In how many ways the part can match: as often is what follows it tried. */
  readonly ways: number;
  /** Comparisons of characters. */
  readonly steps: number;
  /** Of these, the ones that do not depend on how much of the text the part takes. */
  readonly base: number;
}

/** What a part of a pattern, or all that follows it, can begin with. */
interface Beginning {
  readonly ascii: bigint;
  readonly others: boolean;
  /** Whether it can match nothing. */
  readonly nullable: boolean;
  /** Whether it can match nothing at the end of the text. */
  readonly ends: boolean;
}

const step: Cost = { ways: 1, steps: 1, base: 1 };
const endless: Cost = { ways: Infinity, steps: Infinity, base: Infinity };
const never: Beginning = { ascii: 0n, others: false, nullable: false, ends: false };
const nothing: Beginning = { ...never, nullable: true };
const end: Beginning = { ...never, ends: true };
const anything: Beginning = { ascii: -1n, others: true, nullable: true, ends: true };

/**
 * How many steps a backtracking engine takes for a text of `length`, at most. It errs on the dear side. Infinity for more
 * than anybody would count.
 */
export function backtrackingCost(pattern: AST.Pattern, unicode: boolean, length: number): number {
  const reader = new CostReader(unicode, length);
  const { steps } = reader.oneOf(pattern.alternatives, nothing);
  const starts = pattern.alternatives.every(isAnchored) ? 1 : length + 1;
  return steps * starts + length;
}

/** Whether the alternative can match at the start of a text only. */
export function isAnchored({ elements: [first] }: AST.Alternative): boolean {
  return first?.type === 'Assertion' && first.kind === 'start';
}

class CostReader {
  readonly #unicode: boolean;
  readonly #length: number;
  readonly #sets = new Map<AST.Element, CharacterSet>();

  constructor(unicode: boolean, length: number) {
    this.#unicode = unicode;
    this.#length = length;
  }

  /** @param next what follows the alternatives */
  oneOf(alternatives: readonly AST.Alternative[], next: Beginning): Cost {
    let ways = 0;
    let steps = 0;
    let base = 0;
    let most = 0;
    for (const alternative of alternatives) {
      const cost = this.#inOrder(alternative.elements, next);
      ways += cost.ways;
      most = Math.max(most, cost.ways);
      steps += 1 + cost.steps;
      base += 1 + cost.base;
    }
    return { ways: this.#areDistinct(alternatives) ? most : ways, steps, base };
  }

  /** Whether the first character says which alternative it is. */
  #areDistinct(alternatives: readonly AST.Alternative[]): boolean {
    let taken = never;
    for (const { elements } of alternatives) {
      const first = this.#beginning(elements);
      if (first.nullable || overlap(first, taken)) return false;
      taken = either(first, taken);
    }
    return true;
  }

  #inOrder(elements: readonly AST.Element[], next: Beginning): Cost {
    let ways = 1;
    let steps = 0;
    let base = 0;
    for (const [at, element] of elements.entries()) {
      const cost = this.#of(element, this.#beginning(elements.slice(at + 1), next));
      steps += ways * cost.steps;
      base += ways * cost.base;
      ways *= cost.ways;
    }
    return { ways, steps, base };
  }

  #of(element: AST.Element, next: Beginning): Cost {
    switch (element.type) {
      case 'Group':
      case 'CapturingGroup':
        return this.oneOf(element.alternatives, next);
      case 'Quantifier':
        return this.#repeated(element, next);
      case 'Backreference':
        return withoutText(this.#length + 1);
      case 'Assertion':
        // Nothing goes back into a look-around once it has matched.
        return isLookaround(element)
          ? withoutText(this.oneOf(element.alternatives, anything).steps + 1)
          : step;
      default:
        return step;
    }
  }

  #repeated({ min, max, element }: AST.Quantifier, next: Beginning): Cost {
    if (max === 0) return step;
    const again = this.#beginning([element]);
    // Each round takes a character, but for those that have to be there and take nothing.
    const most = Math.min(max, this.#length + (again.nullable || again.ends ? min : 0));
    const least = Math.min(min, most);
    const one = this.#of(element, max > 1 ? either(again, next) : next);
    if (one.ways === 1) {
      // Rounds that begin as nothing behind them does: leaving the loop early leads nowhere.
      const isSettled = !again.nullable && !next.nullable && !overlap(again, next);
      const exits = most - least + 1;
      // The rounds share one text.
      return {
        ways: isSettled ? 1 : exits,
        steps: one.steps + most * one.base + exits,
        base: least * one.base + (again.nullable ? exits : 1),
      };
    }
    let ways = 0;
    let steps = 0;
    let reached = 1;
    for (let round = 0; round <= most; round++) {
      if (round >= least) ways += reached;
      steps += reached * one.steps;
      reached *= one.ways;
      if (steps > Number.MAX_SAFE_INTEGER) return endless;
    }
    return { ways, steps, base: steps };
  }

  #beginning(elements: readonly AST.Element[], next: Beginning = nothing): Beginning {
    let found = nothing;
    for (const element of elements) {
      const own = this.#beginningOf(element);
      found = { ...either(found, own), nullable: own.nullable };
      if (!own.nullable) return found;
    }
    return { ...either(found, next), nullable: next.nullable };
  }

  #beginningOf(element: AST.Element): Beginning {
    if (isCharacterElement(element)) {
      let set = this.#sets.get(element);
      if (set === undefined) {
        set = characterSet(element, this.#unicode);
        this.#sets.set(element, set);
      }
      return { ...never, ascii: set.ascii, others: set.others };
    }
    switch (element.type) {
      case 'Group':
      case 'CapturingGroup':
        return element.alternatives
          .map(({ elements }) => this.#beginning(elements))
          .reduce((all, each) => ({ ...either(all, each), nullable: all.nullable || each.nullable }), never);
      case 'Quantifier': {
        const own = this.#beginningOf(element.element);
        return element.min === 0 ? { ...own, nullable: true } : own;
      }
      case 'Assertion':
        if (isLookaround(element)) return anything;
        // The end of a line has more behind it.
        return element.kind === 'end' && !flagsAt(element).includes('m') ? end : nothing;
      default:
        return anything;
    }
  }
}

function withoutText(steps: number): Cost {
  return { ways: 1, steps, base: steps };
}

export function isLookaround(assertion: AST.Assertion): assertion is AST.LookaroundAssertion {
  return assertion.kind === 'lookahead' || assertion.kind === 'lookbehind';
}

function either(one: Beginning, other: Beginning): Beginning {
  return {
    ascii: one.ascii | other.ascii,
    others: one.others || other.others,
    nullable: one.nullable || other.nullable,
    ends: one.ends || other.ends,
  };
}

function overlap(one: Beginning, other: Beginning): boolean {
  return (one.ascii & other.ascii) !== 0n || (one.others && other.others) || (one.ends && other.ends);
}
