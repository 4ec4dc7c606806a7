import type { Node } from './syntax.ts';

export interface Lengths {
  readonly min: number;
  /** `Infinity` without a bound. */
  readonly max: number;
}

/** How many bytes a match of the node takes, at least and at most. */
export function lengths(node: Node): Lengths {
  switch (node.kind) {
    case 'byte':
      return { min: 1, max: 1 };
    case 'empty':
    case 'assertion':
    case 'look':
      return { min: 0, max: 0 };
    case 'backreference':
      return { min: 0, max: Infinity };
    case 'group':
    case 'atomic':
      return lengths(node.item);
    case 'repeat': {
      const { min, max } = lengths(node.item);
      return { min: min * node.min, max: max === 0 || node.max === 0 ? 0 : max * node.max };
    }
    case 'sequence': {
      const all = node.items.map(lengths);
      return { min: sum(all.map(({ min }) => min)), max: sum(all.map(({ max }) => max)) };
    }
    case 'alternatives': {
      const all = node.items.map(lengths);
      return { min: Math.min(...all.map(({ min }) => min)), max: Math.max(...all.map(({ max }) => max)) };
    }
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
