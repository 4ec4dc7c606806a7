import { allBytes, type ByteSet, noBytes, union } from './byte-set.ts';
import { type Node, walk } from './syntax.ts';

export interface First {
  /** Every byte that a match can begin with; some that it cannot may be in it. */
  readonly bytes: ByteSet;
  /** Whether it may match without taking a byte. */
  readonly nullable: boolean;
}

/** What a match of the node begins with. Assertions count as met. */
export function firstBytes(node: Node): First {
  switch (node.kind) {
    case 'byte':
      return { bytes: node.set, nullable: false };
    case 'empty':
    case 'assertion':
    case 'look':
      return { bytes: noBytes, nullable: true };
    case 'backreference':
      return { bytes: allBytes, nullable: true };
    case 'group':
    case 'atomic':
      return firstBytes(node.item);
    case 'repeat': {
      const { bytes, nullable } = firstBytes(node.item);
      return node.max === 0
        ? { bytes: noBytes, nullable: true }
        : { bytes, nullable: nullable || node.min === 0 };
    }
    case 'sequence':
      return firstOfSequence(node.items);
    case 'alternatives': {
      const firsts = node.items.map(firstBytes);
      return {
        bytes: union(...firsts.map(({ bytes }) => bytes)),
        nullable: firsts.some(({ nullable }) => nullable),
      };
    }
  }
}

export function firstOfSequence(items: readonly Node[]): First {
  let bytes = noBytes;
  for (const item of items) {
    const first = firstBytes(item);
    bytes = union(bytes, first.bytes);
    if (!first.nullable) return { bytes, nullable: false };
  }
  return { bytes, nullable: true };
}

/** Every byte that the node can take anywhere. */
export function bytesWithin(node: Node): ByteSet {
  const sets: ByteSet[] = [];
  for (const each of walk(node)) {
    if (each.kind === 'byte') sets.push(each.set);
    if (each.kind === 'backreference') return allBytes;
  }
  return union(...sets);
}
