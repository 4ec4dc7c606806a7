import { type ByteSet, intersect } from './byte-set.ts';
import type { Node } from './syntax.ts';

/**
 * Whether a text of these bytes alone can match: false only if none can. Where a match also hangs on assertions, on
 * negative look-around or on back-references it answers true. Whoever knows which bytes are in a text (one pass over it)
 * can leave out every pattern for which this is false.
 */
export function canMatchWithin(node: Node, alphabet: ByteSet): boolean {
  switch (node.kind) {
    case 'empty':
    case 'assertion':
    case 'backreference':
      return true;
    case 'byte':
      return intersect(node.set, alphabet);
    case 'group':
    case 'atomic':
      return canMatchWithin(node.item, alphabet);
    case 'look':
      return node.negative || canMatchWithin(node.item, alphabet);
    case 'repeat':
      return node.min === 0 || canMatchWithin(node.item, alphabet);
    case 'sequence':
      return node.items.every((item) => canMatchWithin(item, alphabet));
    case 'alternatives':
      return node.items.some((item) => canMatchWithin(item, alphabet));
  }
}
