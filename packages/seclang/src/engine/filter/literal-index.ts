import { lowerCase } from '../../regex/literals.ts';

/** A set of groups as bits, 32 in a word. */
export type Groups = readonly number[];

/** Shorter literals are in most values, and what they are made of is known without looking for them. */
export const shortestLiteral = 3;

/** So much of a literal is sought: the whole of them would take a table of 14 MB for CRS, and this tells them apart as well. */
const longestPart = 6;

/**
 * Literals of many groups, sought in one pass (Aho and Corasick, 1975): it tells for every group at once whether a value may
 * have one of its literals, regardless of the case of ASCII letters, in time linear in the value whatever it holds. A group is
 * an operator that matches nothing without one.
 */
export class LiteralIndex {
  /** The set without any; never changed. */
  readonly none: Groups;
  readonly #classOf = new Uint8Array(256);
  readonly #width: number;
  /** The state that follows, by state and class of the byte. */
  readonly #next: Uint32Array;
  /** By state, the groups of which a part ends there; undefined for most. */
  readonly #groups: (readonly number[] | undefined)[];

  /** @param groups literals, none shorter than `shortestLiteral` */
  constructor(groups: readonly (readonly string[])[]) {
    this.none = new Array<number>(Math.max(1, Math.ceil(groups.length / 32))).fill(0);
    const parts = byPart(groups);
    let classes = 1;
    for (const part of parts.keys())
      for (let at = 0; at < part.length; at++) {
        const byte = part.charCodeAt(at);
        if (this.#classOf[byte] === 0) this.#classOf[byte] = classes++;
      }
    for (let byte = 0x41; byte <= 0x5a; byte++) this.#classOf[byte] = this.#classOf[byte | 0x20]!;
    this.#width = classes;
    const { next, ends } = this.#trie(parts);
    this.#next = next;
    this.#groups = ends;
    this.#complete();
  }

  #trie(parts: ReadonlyMap<string, readonly number[]>) {
    const states = 1 + [...parts.keys()].reduce((sum, { length }) => sum + length, 0);
    const next = new Uint32Array(states * this.#width);
    const ends: (readonly number[] | undefined)[] = [undefined];
    for (const [part, groups] of parts) {
      let state = 0;
      for (let at = 0; at < part.length; at++) {
        const slot = state * this.#width + this.#classOf[part.charCodeAt(at)]!;
        if (next[slot] === 0) next[slot] = ends.push(undefined) - 1;
        state = next[slot]!;
      }
      ends[state] = groups;
    }
    return { next: next.slice(0, ends.length * this.#width), ends };
  }

  /** Breadth first: where no part goes on, a state goes where its longest suffix goes, and ends what that ends. */
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
          const more = this.#groups[fallback];
          if (more !== undefined)
            this.#groups[target] = [...new Set([...(this.#groups[target] ?? []), ...more])];
          queue.push(target);
        }
      }
    }
  }

  /** The groups of which a literal may be in the value; the others have none there. */
  find(value: string): Groups {
    const next = this.#next;
    const classOf = this.#classOf;
    const width = this.#width;
    let found: number[] | undefined;
    for (let at = 0, state = 0; at < value.length; at++) {
      state = next[state * width + classOf[value.charCodeAt(at)]!]!;
      const groups = this.#groups[state];
      if (groups === undefined) continue;
      found ??= this.none.slice();
      for (let index = 0; index < groups.length; index++) {
        const group = groups[index]!;
        found[group >> 5]! |= 1 << (group & 31);
      }
    }
    return found ?? this.none;
  }
}

function byPart(groups: readonly (readonly string[])[]): Map<string, number[]> {
  const parts = new Map<string, number[]>();
  for (const [group, literals] of groups.entries())
    for (const part of new Set(literals.map((literal) => rarestPart(lowerCase(literal))))) {
      const members = parts.get(part);
      if (members === undefined) parts.set(part, [group]);
      else members.push(group);
    }
  return parts;
}

function rarestPart(literal: string): string {
  let best = literal.slice(0, longestPart);
  for (let start = 1; start + longestPart <= literal.length; start++) {
    const part = literal.slice(start, start + longestPart);
    if (commonness(part) < commonness(best)) best = part;
  }
  return best;
}

/** Letters from the rarest in English text on, and the blank; anything else is rarer still. */
function commonness(text: string): number {
  return Array.from(text, (one) => 'zqjxkvbywgpfmucdlhrsnioate '.indexOf(one) + 1).reduce(
    (sum, each) => sum + each,
  );
}
