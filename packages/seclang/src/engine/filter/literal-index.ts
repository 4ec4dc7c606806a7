/** A set of groups as bits, 32 in a word. */
export type Groups = readonly number[];

/**
 * Literals of many groups, sought in one pass (Aho and Corasick, 1975): it tells for every group at once whether a value
 * has one of its literals, regardless of the case of ASCII letters. A group is a rule that matches nothing without one.
 */
export class LiteralIndex {
  /** In words of 32 groups, how many a set of groups takes. */
  readonly words: number;
  /** The set without any; never changed. */
  readonly none: Groups;
  readonly #classOf = new Uint8Array(256);
  readonly #width: number;
  /** The row of the state that follows, by row and class; negative where a literal ends. */
  readonly #next: Int32Array;
  /** By state, the groups whose literals end there. */
  readonly #groups: (readonly number[])[];

  constructor(groups: readonly (readonly string[])[]) {
    this.words = Math.max(1, Math.ceil(groups.length / 32));
    this.none = new Array<number>(this.words).fill(0);
    const literals = byLiteral(groups);
    let classes = 1;
    for (const literal of literals.keys())
      for (let at = 0; at < literal.length; at++) {
        const byte = literal.charCodeAt(at);
        if (this.#classOf[byte] === 0) this.#classOf[byte] = classes++;
      }
    for (let byte = 0x41; byte <= 0x5a; byte++) this.#classOf[byte] = this.#classOf[byte | 0x20]!;
    this.#width = classes;
    const { next, ends } = this.#trie(literals);
    this.#next = next;
    this.#groups = ends;
    this.#complete();
  }

  #trie(literals: ReadonlyMap<string, readonly number[]>) {
    const states = 1 + [...literals.keys()].reduce((sum, { length }) => sum + length, 0);
    const next = new Int32Array(states * this.#width);
    const ends: (readonly number[])[] = [[]];
    for (const [literal, groups] of literals) {
      let state = 0;
      for (let at = 0; at < literal.length; at++) {
        const slot = state * this.#width + this.#classOf[literal.charCodeAt(at)]!;
        if (next[slot] === 0) next[slot] = ends.push([]) - 1;
        state = next[slot]!;
      }
      ends[state] = groups;
    }
    return { next: next.slice(0, ends.length * this.#width), ends };
  }

  /** Breadth first: where no literal goes on, a state goes where its longest suffix goes, and ends what that ends. */
  #complete(): void {
    const suffix = new Uint32Array(this.#groups.length);
    const queue = [0];
    for (let read = 0; read < queue.length; read++) {
      const state = queue[read]!;
      for (let column = 1; column < this.#width; column++) {
        const slot = state * this.#width + column;
        const target = this.#next[slot]!;
        const fallback = state === 0 ? 0 : this.#next[suffix[state]! * this.#width + column]!;
        if (target === 0) this.#next[slot] = fallback;
        else {
          suffix[target] = fallback;
          this.#groups[target] = [...new Set([...this.#groups[target]!, ...this.#groups[fallback]!])];
          queue.push(target);
        }
      }
    }
    for (let slot = 0; slot < this.#next.length; slot++) {
      const state = this.#next[slot]!;
      this.#next[slot] = this.#groups[state]!.length > 0 ? -state * this.#width : state * this.#width;
    }
  }

  /** The groups that have a literal in the value, as bits. */
  find(value: string): Groups {
    const next = this.#next;
    const classOf = this.#classOf;
    let found: number[] | undefined;
    for (let at = 0, row = 0; at < value.length; at++) {
      row = next[row + classOf[value.charCodeAt(at)]!]!;
      if (row >= 0) continue;
      row = -row;
      found ??= this.none.slice();
      const groups = this.#groups[row / this.#width]!;
      for (let each = 0; each < groups.length; each++) {
        const group = groups[each]!;
        found[group >> 5]! |= 1 << (group & 31);
      }
    }
    return found ?? this.none;
  }
}

function byLiteral(groups: readonly (readonly string[])[]): Map<string, number[]> {
  const literals = new Map<string, number[]>();
  for (const [group, list] of groups.entries())
    for (const literal of new Set(list)) {
      const of = literals.get(literal);
      if (of === undefined) literals.set(literal, [group]);
      else of.push(group);
    }
  return literals;
}
