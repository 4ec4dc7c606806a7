import { emit } from './emit.ts';
import { type Node, type Pattern, walk } from './syntax.ts';

/**
 * An expression for V8's linear engine that matches every text that the pattern matches, and perhaps some more: loops give
 * back what possessive ones and atomic groups would keep. Where it does not match, neither does the pattern. Undefined where
 * it would not be so (what must not match would be relaxed too), and where the engine does not take it or is not switched on.
 */
export function relaxedExpression({ root, groups }: Pattern): RegExp | undefined {
  for (const node of walk(root)) if (node.kind === 'look' && node.negative) return undefined;
  try {
    return new RegExp(emit(relax(root), groups).source, 'l');
  } catch {
    return undefined;
  }
}

function relax(node: Node): Node {
  switch (node.kind) {
    case 'atomic':
      return relax(node.item);
    case 'repeat':
      return { ...node, item: relax(node.item), mode: node.mode === 'possessive' ? 'greedy' : node.mode };
    case 'group':
    case 'look':
      return { ...node, item: relax(node.item) };
    case 'sequence':
    case 'alternatives':
      return { ...node, items: node.items.map(relax) };
    default:
      return node;
  }
}
