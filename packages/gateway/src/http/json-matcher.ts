import { atRoot, descend, foldName, type JsonPath, type Positions } from './json-path.ts';

/** What one step down leads to. */
export interface Arrival {
  /** Where the paths are from there on; undefined when none leads further. */
  readonly next: Follower | undefined;
  /** Paths that end here, as indices; undefined when none does. */
  readonly ended: readonly number[] | undefined;
  /** Of each of them, whether the name is spelled as the path has it. */
  readonly exact: readonly boolean[];
}

/** Where somebody who goes through a document is, and where each step down leads. */
export interface Follower {
  /** @param start of the name, behind its quote @param end of the name, at its quote */
  member(bytes: Buffer, start: number, end: number): Arrival;
  item(index: number): Arrival;
}

/** Names that are remembered at one state. Clients choose names: what comes beyond is worked out each time. */
const mostRemembered = 256;
const longestRemembered = 64;

/** Names are told apart by their bytes; a hash finds the one to compare with. */
interface Remembered {
  readonly name: Buffer;
  readonly arrival: Arrival;
}

/** Where all paths are at one place of a document. */
export class State implements Follower {
  readonly #matcher: JsonMatcher;
  readonly #positions: Positions;
  readonly #remembered = new Map<number, Remembered>();
  /** For any item of an array, where no path asks for one of them by its index. */
  #anyItem: Arrival | undefined = undefined;
  readonly #indexMatters: boolean;

  constructor(matcher: JsonMatcher, positions: Positions) {
    this.#matcher = matcher;
    this.#positions = positions;
    this.#indexMatters = positions.some(
      (path, i) => i % 2 === 0 && isIndex(matcher.paths[path]!, positions[i + 1]!),
    );
  }

  /**
   * Goes down to a member. The bytes of a name that was met before lead on without a string being made of them.
   * @param start of the name, behind its quote
   * @param end of the name, at its quote
   */
  member(bytes: Buffer, start: number, end: number): Arrival {
    const length = end - start;
    if (length > longestRemembered) return this.#workOut(nameIn(bytes, start, end));
    let hash = 0x811c9dc5;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
    const known = this.#remembered.get(hash);
    if (known !== undefined && isSame(known.name, bytes, start, length)) return known.arrival;
    const arrival = this.#workOut(nameIn(bytes, start, end));
    if (known === undefined && this.#remembered.size < mostRemembered)
      this.#remembered.set(hash, { name: Buffer.from(bytes.subarray(start, end)), arrival });
    return arrival;
  }

  item(index: number): Arrival {
    if (this.#indexMatters) return this.#workOut(String(index));
    this.#anyItem ??= this.#workOut('0');
    return this.#anyItem;
  }

  #workOut(name: string): Arrival {
    const { paths } = this.#matcher;
    const { next, ended } = descend(paths, this.#positions, foldName(name));
    const exact = (ended ?? []).map((path) => {
      const step = paths[path]!.steps.at(-1)!;
      return typeof step === 'string' || step.name === name;
    });
    return { next: this.#matcher.state(next), ended, exact };
  }
}

/** A name as a reader has it: `\u0061` is an a. */
export function nameIn(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end);
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text;
}

function isSame(name: Buffer, bytes: Buffer, start: number, length: number): boolean {
  if (name.length !== length) return false;
  for (let i = 0; i < length; i++) if (name[i] !== bytes[start + i]) return false;
  return true;
}

function isIndex({ steps }: JsonPath, at: number): boolean {
  const step = steps[at]!;
  return typeof step !== 'string' && /^[0-9]+$/.test(step.name);
}

/** States that are kept; paths with many `**` can have very many, of which a document meets few. */
const mostStates = 1_000;

/** Paths, ready to be followed through documents: what was worked out for one document serves the next. */
export class JsonMatcher {
  readonly paths: readonly JsonPath[];
  readonly root: State | undefined;
  readonly #states = new Map<string, State>();

  constructor(paths: readonly JsonPath[]) {
    this.paths = paths;
    this.root = this.state(atRoot(paths));
  }

  /** The one state with these positions; undefined when there are none. */
  state(positions: Positions): State | undefined {
    if (positions.length === 0) return undefined;
    const key = positions.join();
    let state = this.#states.get(key);
    if (state === undefined) {
      state = new State(this, positions);
      if (this.#states.size < mostStates) this.#states.set(key, state);
    }
    return state;
  }
}
