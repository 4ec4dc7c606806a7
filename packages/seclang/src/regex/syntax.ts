import type { ByteSet } from './byte-set.ts';

/**
 * A PCRE pattern as a tree. Flags are gone from it: case is in the byte sets, `s` in what a dot stands for, `m` in which
 * assertion a `^` became, `x` and comments nowhere.
 */
export type Node =
  | { readonly kind: 'empty' }
  /** One byte out of a set. */
  | { readonly kind: 'byte'; readonly set: ByteSet }
  | { readonly kind: 'sequence'; readonly items: readonly Node[] }
  | { readonly kind: 'alternatives'; readonly items: readonly Node[] }
  | Repeat
  /** A capturing group. Alternatives of a branch reset `(?|…)` share numbers. */
  | { readonly kind: 'group'; readonly number: number; readonly item: Node }
  | { readonly kind: 'atomic'; readonly item: Node }
  | { readonly kind: 'look'; readonly ahead: boolean; readonly negative: boolean; readonly item: Node }
  | { readonly kind: 'assertion'; readonly what: Assertion }
  | { readonly kind: 'backreference'; readonly number: number; readonly caseless: boolean };

export interface Repeat {
  readonly kind: 'repeat';
  readonly item: Node;
  readonly min: number;
  /** `Infinity` without a bound. */
  readonly max: number;
  readonly mode: 'greedy' | 'lazy' | 'possessive';
}

/**
 * `start` and `end` are those of the subject; `final` is the end or before a newline that ends it (`\Z`); `line-start` is
 * the start or after a newline that does not end the subject (pcre2pattern, "Circumflex and dollar").
 */
export type Assertion = 'start' | 'end' | 'final' | 'line-start' | 'line-end' | 'word' | 'not-word';

export interface Pattern {
  readonly root: Node;
  /** Highest number of a capturing group; 0 without any. */
  readonly groups: number;
  readonly names: ReadonlyMap<string, number>;
}

/** A pattern that PCRE refuses, or one that has no exact counterpart here. */
export class PatternError extends Error {
  override name = 'PatternError';
  /** Index in the pattern. */
  readonly at: number;
  constructor(message: string, at: number) {
    super(`${message} at ${at}`);
    this.at = at;
  }
}

/** The nodes right below this one. */
export function children(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'sequence':
    case 'alternatives':
      return node.items;
    case 'repeat':
    case 'group':
    case 'atomic':
    case 'look':
      return [node.item];
    default:
      return [];
  }
}

/** Every node of the tree, parents first. */
export function* walk(node: Node): Generator<Node> {
  yield node;
  for (const child of children(node)) yield* walk(child);
}
