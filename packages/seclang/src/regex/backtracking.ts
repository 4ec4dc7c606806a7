import { type ByteSet, intersect, union } from './byte-set.ts';
import { bytesWithin, firstBytes, firstOfSequence } from './first-bytes.ts';
import { type Node, type Repeat, walk } from './syntax.ts';

/**
 * What a backtracking engine may spend on a text of n bytes, at most: `linear`; `polynomial`, a power of n, also for one
 * loop that every position of the text may start; `exponential`.
 */
export type Backtracking = 'linear' | 'polynomial' | 'exponential';

/** Loops up to this bound are counted as part of the pattern's size. */
const fewRounds = 8;

/**
 * Sorts patterns by what they could cost. It errs on the dear side: a pattern called exponential need not be, one called
 * linear or polynomial is no worse (the test counts steps).
 */
export function backtracking(root: Node): Backtracking {
  let loops = 0;
  for (const node of walk(root)) {
    if (!isLoop(node)) continue;
    loops++;
    if (isAmbiguous(node)) return 'exponential';
  }
  return loops === 0 ? 'linear' : 'polynomial';
}

const isLoop = (node: Node): node is Repeat => node.kind === 'repeat' && node.max > fewRounds;

/** Whether one text can be split into rounds of the loop in more than one way. */
function isAmbiguous({ item, mode }: Repeat): boolean {
  if (mode === 'possessive') return false;
  const again = firstBytes(item);
  return variesBefore(item, again.bytes);
}

/** Whether something in the node has a choice that what follows it does not settle at once. */
function variesBefore(node: Node, next: ByteSet): boolean {
  switch (node.kind) {
    case 'alternatives': {
      const firsts = node.items.map(firstBytes);
      const overlap = firsts.some(
        ({ bytes, nullable }, at) =>
          nullable || firsts.slice(at + 1).some((other) => intersect(bytes, other.bytes)),
      );
      return overlap || node.items.some((item) => variesBefore(item, next));
    }
    case 'repeat': {
      if (node.mode === 'possessive') return false;
      const within = bytesWithin(node.item);
      const varies = node.max > node.min && intersect(within, next);
      return varies || variesBefore(node.item, union(next, firstBytes(node.item).bytes));
    }
    case 'sequence':
      return node.items.some((item, at) => {
        const rest = firstOfSequence(node.items.slice(at + 1));
        return variesBefore(item, rest.nullable ? union(rest.bytes, next) : rest.bytes);
      });
    case 'group':
      return variesBefore(node.item, next);
    case 'backreference':
      return true;
    default:
      // Atomic groups and look-around are left once they have matched.
      return false;
  }
}
