import { bytesWithin } from './first-bytes.ts';
import { type Node, PatternError, walk } from './syntax.ts';

/**
 * Refuses references that V8 reads otherwise than PCRE:
 * - to a group that may not have taken part: PCRE fails there, V8 matches the empty string;
 * - in a look-behind, which V8 reads from right to left;
 * - regardless of case to what may hold bytes above 0x7F, of which V8 knows cases and PCRE does not.
 * Groups that a loop may pass by in a later round are returned: V8 forgets what an earlier round captured, PCRE does not.
 * @throws PatternError
 */
export function checkReferences(root: Node): ReadonlySet<number> {
  const groups = new Map<number, Node[]>();
  for (const node of walk(root)) {
    if (node.kind === 'group') groups.set(node.number, [...(groups.get(node.number) ?? []), node.item]);
  }
  const forgotten = new Set<number>();

  /** The groups that are certainly set behind the node, given those before it. */
  function visit(node: Node, before: ReadonlySet<number>, behind: boolean): ReadonlySet<number> {
    switch (node.kind) {
      case 'sequence':
        return node.items.reduce((set, item) => visit(item, set, behind), before);
      case 'alternatives': {
        const after = node.items.map((item) => visit(item, before, behind));
        return new Set([...after[0]!].filter((group) => after.every((set) => set.has(group))));
      }
      case 'group':
        return new Set([...visit(node.item, before, behind), node.number]);
      case 'atomic':
        return visit(node.item, before, behind);
      case 'look': {
        const after = visit(node.item, before, behind || !node.ahead);
        return node.negative ? before : after;
      }
      case 'repeat': {
        // What a round before has set is not known to be set in this one.
        const after = visit(node.item, before, behind);
        if (node.max > 1) {
          for (const inner of walk(node.item))
            if (inner.kind === 'group' && !after.has(inner.number)) forgotten.add(inner.number);
        }
        return node.min === 0 ? before : after;
      }
      case 'backreference':
        if (behind) throw new PatternError('reference in a look-behind', 0);
        if (!before.has(node.number))
          throw new PatternError(`reference to group ${node.number}, which may not have taken part`, 0);
        if (node.caseless && groups.get(node.number)!.some((item) => bytesWithin(item).includes(1, 0x80)))
          throw new PatternError(
            `reference regardless of case to group ${node.number}, which can hold other bytes than ASCII`,
            0,
          );
        return before;
      default:
        return before;
    }
  }
  visit(root, new Set(), false);
  return forgotten;
}
