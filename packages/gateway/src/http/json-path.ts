import { unescapePointer } from './json-pointer.ts';

/** One step of a path: a name (or the index of an item), any one name or item, or any number of levels. */
type Step = { readonly name: string; readonly folded: string } | 'any' | 'deep';

/**
 * A path to values in a JSON document: a JSON Pointer (RFC 6901) in which `*` stands for any one member or item, as in
 * `/items/*` for each item, and `**` for any number of levels, none included, with a name behind it.
 */
export interface JsonPath {
  readonly text: string;
  readonly steps: readonly Step[];
}

/** More steps than a document may be deep lead nowhere. */
const mostSteps = 64;

/**
 * @param text begins with a slash, unless it stands for the whole document, which is not asked for here
 * @throws Error that says how to write it
 */
export function parseJsonPath(text: string): JsonPath {
  if (!text.startsWith('/'))
    throw new Error(
      `expected a JSON Pointer such as /customerId or /items/*/price, found ${JSON.stringify(text)}`,
    );
  const tokens = text.slice(1).split('/');
  if (tokens.length > mostSteps) throw new Error(`a path has at most ${mostSteps} steps`);
  if (/~(?![01])/.test(text)) throw new Error('in a JSON Pointer ~ is written ~0, and / in a name ~1');
  if (tokens.at(-1) === '**') throw new Error('a path cannot end with **: name what is meant below');
  return { text, steps: tokens.map(stepOf) };
}

function stepOf(token: string): Step {
  if (token === '*') return 'any';
  if (token === '**') return 'deep';
  const name = unescapePointer(token);
  return { name, folded: foldName(name) };
}

/**
 * A name as the most lenient readers have it: many (Go, .NET) take `ROLE` for `role`, some by the rules of Unicode, by
 * which the Kelvin sign is a k and the long s an s. Both directions, as each alone leaves some of them out.
 */
export function foldName(name: string): string {
  return name.toUpperCase().toLowerCase();
}

/** Where the readers of paths are in a document: pairs of path and step, flat. */
export type Positions = readonly number[];

/** What one step down leads to. */
interface Descent {
  readonly next: Positions;
  /** The paths that end here, as indices; undefined when none does. */
  readonly ended: readonly number[] | undefined;
}

const nowhere: Descent = { next: [], ended: undefined };

/** All paths at the root of the document. */
export function atRoot(paths: readonly JsonPath[]): Positions {
  const positions: number[] = [];
  for (let path = 0; path < paths.length; path++) enter(paths, path, 0, positions);
  return positions;
}

/** Goes down to a member or an item. @param name folded; for an item its index */
export function descend(paths: readonly JsonPath[], positions: Positions, name: string): Descent {
  const next: number[] = [];
  let ended: number[] | undefined;
  for (let i = 0; i < positions.length; i += 2) {
    const path = positions[i]!;
    const at = positions[i + 1]!;
    const { steps } = paths[path]!;
    const step = steps[at]!;
    if (step === 'deep') {
      enter(paths, path, at, next);
      continue;
    }
    if (step !== 'any' && step.folded !== name) continue;
    if (at + 1 < steps.length) enter(paths, path, at + 1, next);
    else if (ended === undefined) ended = [path];
    else if (!ended.includes(path)) ended.push(path);
  }
  return next.length === 0 && ended === undefined ? nowhere : { next, ended };
}

/** `**` also stands for no level at all, so whoever is at it is behind it too. */
function enter(paths: readonly JsonPath[], path: number, at: number, into: number[]): void {
  const { steps } = paths[path]!;
  for (let step = at; step < steps.length; step++) {
    if (!isThere(into, path, step)) into.push(path, step);
    if (steps[step] !== 'deep') return;
  }
}

function isThere(positions: Positions, path: number, step: number): boolean {
  for (let i = 0; i < positions.length; i += 2)
    if (positions[i] === path && positions[i + 1] === step) return true;
  return false;
}
