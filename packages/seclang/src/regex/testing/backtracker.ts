import { wordBytes } from '../byte-set.ts';
import type { Assertion, Node, Pattern } from '../syntax.ts';

/** How far a match got, and what it took. */
export interface Outcome {
  /** Undefined if nothing matches. */
  readonly match: readonly [from: number, to: number] | undefined;
  readonly steps: number;
}

/** Ends a run that takes longer than a test can wait for. */
const maximumSteps = 2_000_000;

/**
 * PCRE's semantics word for word, on the tree: slow, and independent of V8. Tests compare with it and count its steps.
 * @throws Error after two million steps
 */
export function backtrack({ root }: Pattern, text: string): Outcome {
  let steps = 0;
  const captures = new Map<number, readonly [number, number]>();
  type Next = (at: number) => number | undefined;

  function run(node: Node, at: number, next: Next): number | undefined {
    if (++steps > maximumSteps) throw new Error('too many steps');
    switch (node.kind) {
      case 'empty':
        return next(at);
      case 'byte':
        return at < text.length && node.set[text.charCodeAt(at)] === 1 ? next(at + 1) : undefined;
      case 'assertion':
        return holds(node.what, text, at) ? next(at) : undefined;
      case 'sequence':
        return inSequence(node.items, 0, at, next);
      case 'alternatives':
        for (const item of node.items) {
          const end = run(item, at, next);
          if (end !== undefined) return end;
        }
        return undefined;
      case 'group': {
        const before = captures.get(node.number);
        const end = run(node.item, at, (to) => {
          const inner = captures.get(node.number);
          captures.set(node.number, [at, to]);
          const found = next(to);
          if (found === undefined) restore(node.number, inner);
          return found;
        });
        if (end === undefined) restore(node.number, before);
        return end;
      }
      case 'atomic': {
        const end = run(node.item, at, (to) => to);
        return end === undefined ? undefined : next(end);
      }
      case 'look':
        return looks(node.item, node.ahead, at) !== node.negative ? next(at) : undefined;
      case 'backreference': {
        const range = captures.get(node.number);
        if (range === undefined) return undefined;
        const taken = text.slice(...range);
        const here = text.slice(at, at + taken.length);
        const same = node.caseless ? taken.toLowerCase() === here.toLowerCase() : taken === here;
        return same ? next(at + taken.length) : undefined;
      }
      case 'repeat': {
        if (node.mode !== 'possessive') return rounds(node.item, node.min, node.max, node.mode, 0, at, next);
        const end = rounds(node.item, node.min, node.max, 'greedy', 0, at, (to) => to);
        return end === undefined ? undefined : next(end);
      }
    }
  }

  function inSequence(items: readonly Node[], index: number, at: number, next: Next): number | undefined {
    if (index === items.length) return next(at);
    return run(items[index]!, at, (to) => inSequence(items, index + 1, to, next));
  }

  function rounds(
    item: Node,
    min: number,
    max: number,
    mode: 'greedy' | 'lazy',
    count: number,
    at: number,
    next: Next,
  ): number | undefined {
    const more = (): number | undefined =>
      count >= max
        ? undefined
        : run(item, at, (to) =>
            // An empty round ends the loop.
            to === at && count >= min ? next(to) : rounds(item, min, max, mode, count + 1, to, next),
          );
    if (count < min) return more();
    return mode === 'greedy' ? (more() ?? next(at)) : (next(at) ?? more());
  }

  function looks(item: Node, ahead: boolean, at: number): boolean {
    if (ahead) return run(item, at, (to) => to) !== undefined;
    for (let from = at; from >= 0; from--)
      if (run(item, from, (to) => (to === at ? to : undefined)) !== undefined) return true;
    return false;
  }

  function restore(group: number, range: readonly [number, number] | undefined): void {
    if (range === undefined) captures.delete(group);
    else captures.set(group, range);
  }

  for (let from = 0; from <= text.length; from++) {
    captures.clear();
    const end = run(root, from, (to) => to);
    if (end !== undefined) return { match: [from, end], steps };
  }
  return { match: undefined, steps };
}

function holds(what: Assertion, text: string, at: number): boolean {
  const before = text[at - 1];
  const final = at === text.length || (at === text.length - 1 && text[at] === '\n');
  switch (what) {
    case 'start':
      return at === 0;
    case 'end':
      return at === text.length;
    case 'final':
      return final;
    case 'line-start':
      return at === 0 || (before === '\n' && at < text.length);
    case 'line-end':
      return at === text.length || text[at] === '\n';
    case 'word':
    case 'not-word':
      return (isWord(before) !== isWord(text[at])) === (what === 'word');
  }
}

const isWord = (char: string | undefined): boolean =>
  char !== undefined && wordBytes[char.charCodeAt(0)] === 1;
