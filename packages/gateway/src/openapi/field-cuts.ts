import type { Follower } from '../http/json-spot.ts';
import { textIn } from '../http/json-text.ts';
import { visitJson } from '../http/json-visit.ts';
import type { FieldPath } from './unknown-fields.ts';

/**
 * A JSON document without some of its fields; everything else stays as it is, byte for byte.
 * @param bytes valid JSON without a name twice
 */
export function withoutFields(bytes: Buffer, fields: readonly FieldPath[]): Buffer {
  const root = new CutTree();
  for (const field of fields) {
    let tree = root;
    for (const step of field) tree = tree.below(step);
    tree.isCut = true;
  }
  return visitJson(bytes, { root }, () => true);
}

class CutTree implements Follower {
  isCut = false;
  readonly #below = new Map<string | number, CutTree>();

  below(step: string | number): CutTree {
    let tree = this.#below.get(step);
    if (tree === undefined) {
      tree = new CutTree();
      this.#below.set(step, tree);
    }
    return tree;
  }

  member(bytes: Buffer, start: number, end: number) {
    return this.#arrival(textIn(bytes, start, end));
  }

  item(index: number) {
    return this.#arrival(index);
  }

  #arrival(step: string | number) {
    const next = this.#below.get(step);
    return next?.isCut === true
      ? { next: undefined, ended: [0], exact: [true] }
      : { next, ended: undefined, exact: [] };
  }
}
