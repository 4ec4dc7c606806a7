/**
 * Many phrases, sought in one pass (Aho and Corasick, 1975): a state for each beginning of a phrase, and for each state and
 * byte the state that follows, so that a value of n bytes takes n steps whatever the number of phrases and whatever the
 * attacker writes. Bytes that no phrase has share one class; the table has a column for each class.
 */
export class PhraseSet {
  readonly #classOf = new Uint8Array(256);
  readonly #width: number;
  /** The row of the state that follows, by row and class; negative where a phrase ends there. */
  readonly #next: Int32Array;
  /** The length of the longest phrase that ends in a state, 0 for none. */
  readonly #length: Uint32Array;
  /** Whether a phrase begins with the byte: until one does, nothing needs to be followed. */
  readonly #begins = new Uint8Array(256);

  constructor(phrases: readonly string[]) {
    let classes = 1;
    for (const phrase of phrases)
      for (let index = 0; index < phrase.length; index++) {
        const byte = fold(phrase.charCodeAt(index));
        if (this.#classOf[byte] === 0) this.#classOf[byte] = classes++;
      }
    for (let byte = 0x41; byte <= 0x5a; byte++) this.#classOf[byte] = this.#classOf[byte | 0x20]!;
    this.#width = classes;
    const { next, length } = this.#trie(phrases);
    this.#next = next;
    this.#length = length;
    this.#complete();
    for (let byte = 0; byte < 256; byte++)
      this.#begins[byte] = this.#next[this.#classOf[byte]!] === 0 ? 0 : 1;
  }

  #trie(phrases: readonly string[]): { next: Int32Array; length: Uint32Array } {
    const states = 1 + phrases.reduce((total, phrase) => total + phrase.length, 0);
    const next = new Int32Array(states * this.#width);
    const length = new Uint32Array(states);
    let count = 1;
    for (const phrase of phrases) {
      let state = 0;
      for (let index = 0; index < phrase.length; index++) {
        const slot = state * this.#width + this.#classOf[phrase.charCodeAt(index)]!;
        if (next[slot] === 0) next[slot] = count++;
        state = next[slot]!;
      }
      length[state] = phrase.length;
    }
    return { next: next.slice(0, count * this.#width), length: length.slice(0, count) };
  }

  /** Fills in, breadth first, where a state goes on a byte with which no phrase continues: where its longest suffix goes. */
  #complete(): void {
    const suffix = new Uint32Array(this.#length.length);
    const queue = [0];
    for (let state = queue[0]!, read = 0; read < queue.length; state = queue[++read]!) {
      for (let column = 1; column < this.#width; column++) {
        const slot = state * this.#width + column;
        const target = this.#next[slot]!;
        const fallback = state === 0 ? 0 : this.#next[suffix[state]! * this.#width + column]!;
        if (target === 0) this.#next[slot] = fallback;
        else {
          suffix[target] = fallback;
          this.#length[target] ||= this.#length[fallback]!;
          queue.push(target);
        }
      }
    }
    for (let slot = 0; slot < this.#next.length; slot++) {
      const state = this.#next[slot]!;
      this.#next[slot] = this.#length[state]! > 0 ? -state * this.#width : state * this.#width;
    }
  }

  /** @returns the part of the value that is a phrase, of those that end first the longest */
  find(value: string): string | undefined {
    const { length } = value;
    const next = this.#next;
    const classOf = this.#classOf;
    const begins = this.#begins;
    for (let index = 0, row = 0; index < length; index++) {
      const byte = value.charCodeAt(index);
      if (row === 0 && begins[byte] === 0) continue;
      row = next[row + classOf[byte]!]!;
      if (row < 0) {
        const size = this.#length[-row / this.#width]!;
        return value.slice(index + 1 - size, index + 1);
      }
    }
    return undefined;
  }
}

/** ASCII alone, as elsewhere in the language. */
function fold(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}
