import { textIn } from './json-text.ts';

/** What one step down leads to. */
export interface Arrival {
  /** Where the search goes on from there; undefined when nothing further down is looked for. */
  readonly next: Follower | undefined;
  /** What ends here, as indices of whoever searches; undefined when nothing does. */
  readonly ended: readonly number[] | undefined;
  /** Of each of them, whether the name is spelled as it was asked for. */
  readonly exact: readonly boolean[];
}

/** Where somebody who goes through a document is, and where each step down leads. */
export interface Follower {
  /** @param start of the name, behind its quote @param end of the name, at its quote */
  member(bytes: Buffer, start: number, end: number): Arrival;
  item(index: number): Arrival;
}

/** Names that are remembered at one spot. Others choose names: what comes beyond is worked out each time. */
const mostRemembered = 256;
const longestRemembered = 64;

/** Names are told apart by their bytes; a hash finds the one to compare with. */
interface Remembered {
  readonly name: Buffer;
  readonly arrival: Arrival;
}

/** Where a search through a JSON document is at one place of it; the same spot serves every place and document like it. */
export abstract class Spot implements Follower {
  readonly #remembered = new Map<number, Remembered>();

  /** What the name of a member leads to, worked out anew. */
  protected abstract arriveAt(name: string): Arrival;

  abstract item(index: number): Arrival;

  /**
   * Goes down to a member. The bytes of a name that was met before lead on without a string being made of them.
   * @param start of the name, behind its quote
   * @param end of the name, at its quote
   */
  member(bytes: Buffer, start: number, end: number): Arrival {
    const length = end - start;
    if (length > longestRemembered) return this.arriveAt(textIn(bytes, start, end));
    let hash = 0x811c9dc5;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
    const known = this.#remembered.get(hash);
    if (known !== undefined && isSame(known.name, bytes, start, length)) return known.arrival;
    const arrival = this.arriveAt(textIn(bytes, start, end));
    if (known === undefined && this.#remembered.size < mostRemembered)
      this.#remembered.set(hash, { name: Buffer.from(bytes.subarray(start, end)), arrival });
    return arrival;
  }
}

function isSame(name: Buffer, bytes: Buffer, start: number, length: number): boolean {
  if (name.length !== length) return false;
  for (let i = 0; i < length; i++) if (name[i] !== bytes[start + i]) return false;
  return true;
}
