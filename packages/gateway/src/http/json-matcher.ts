import { atRoot, descend, foldName, type JsonPath, type Positions } from './json-path.ts';
import { type Arrival, Spot } from './json-spot.ts';

/** Where all paths are at one place of a document. */
class State extends Spot {
  readonly #matcher: JsonMatcher;
  readonly #positions: Positions;
  /** For any item of an array, where no path asks for one of them by its index. */
  #anyItem: Arrival | undefined = undefined;
  readonly #indexMatters: boolean;

  constructor(matcher: JsonMatcher, positions: Positions) {
    super();
    this.#matcher = matcher;
    this.#positions = positions;
    this.#indexMatters = positions.some(
      (path, i) => i % 2 === 0 && isIndex(matcher.paths[path]!, positions[i + 1]!),
    );
  }

  item(index: number): Arrival {
    if (this.#indexMatters) return this.arriveAt(String(index));
    this.#anyItem ??= this.arriveAt('0');
    return this.#anyItem;
  }

  protected arriveAt(name: string): Arrival {
    const { paths } = this.#matcher;
    const { next, ended } = descend(paths, this.#positions, foldName(name));
    const exact = (ended ?? []).map((path) => {
      const step = paths[path]!.steps.at(-1)!;
      return typeof step === 'string' || step.name === name;
    });
    return { next: this.#matcher.state(next), ended, exact };
  }
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
  readonly root: Spot | undefined;
  readonly #states = new Map<string, State>();

  constructor(paths: readonly JsonPath[]) {
    this.paths = paths;
    this.root = this.state(atRoot(paths));
  }

  /** The one state with these positions; undefined when there are none. */
  state(positions: Positions): Spot | undefined {
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
