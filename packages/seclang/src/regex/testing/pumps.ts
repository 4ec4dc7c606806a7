import { type ByteSet, members } from '../byte-set.ts';
import type { Node } from '../syntax.ts';

const fewRounds = 8;

/**
 * Texts on which a pattern backtracks for long, if it can: for each loop what leads to it, then what it takes over and over,
 * and in the end a byte with which nothing matches; the same with what leads to it repeated as well.
 */
export function pumped(root: Node, length: number, most: number): string[] {
  const texts = new Set<string>();
  for (const [before, pump] of loops(root, '')) {
    texts.add(`${before}${repeated(pump, length)}\x01`);
    texts.add(`${repeated(before + pump, length)}\x01`);
    if (texts.size >= most) break;
  }
  return [...texts];
}

const repeated = (text: string, length: number): string => text.repeat(Math.ceil(length / text.length));

function* loops(node: Node, before: string): Generator<[before: string, pump: string]> {
  switch (node.kind) {
    case 'sequence': {
      let led = before;
      for (const item of node.items) {
        yield* loops(item, led);
        led += example(item);
      }
      return;
    }
    case 'alternatives':
      for (const item of node.items) yield* loops(item, before);
      return;
    case 'repeat': {
      const pump = example(node.item);
      if (node.max > fewRounds && pump !== '') yield [before, pump];
      yield* loops(node.item, before);
      return;
    }
    case 'group':
    case 'atomic':
    case 'look':
      yield* loops(node.item, before);
  }
}

/** A text that the node takes, mostly. */
function example(node: Node): string {
  switch (node.kind) {
    case 'byte':
      return oneOf(node.set);
    case 'sequence':
      return node.items.map(example).join('');
    case 'alternatives':
      return node.items.map(example).find((text) => text !== '') ?? '';
    case 'group':
    case 'atomic':
      return example(node.item);
    case 'repeat':
      return example(node.item).repeat(Math.min(Math.max(node.min, 1), fewRounds));
    default:
      return '';
  }
}

/** A letter or a digit rather than a mark, which another part of the pattern may look for. */
function oneOf(set: ByteSet): string {
  const bytes = members(set).map((byte) => String.fromCharCode(byte));
  return bytes.find((byte) => /[a-z0-9 ]/.test(byte)) ?? bytes[0] ?? '';
}
