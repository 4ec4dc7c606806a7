import type { ConfigFault, Path } from '../config/fault-text.ts';
import type { Loaded } from '../config/load.ts';
import { PrepareFault } from '../prepare-plan.ts';

/** Something wrong at a place of the configuration, not yet at a line of its file. */
export interface Misfit {
  readonly place: Path;
  readonly message: string;
}

/** What compile() threw, as places and messages. Anything but its own faults is thrown on. */
export function misfitsOf(error: unknown): Misfit[] {
  if (error instanceof AggregateError) return error.errors.flatMap(misfitsOf);
  if (!(error instanceof PrepareFault)) throw error;
  return [{ place: error.place, message: error.message }];
}

/**
 * The faults as lines of the file, in its order. What an API takes over from the top of the file is wrong there
 * and is told once, however many APIs take it over.
 */
export function placeFaults(loaded: Loaded, misfits: readonly Misfit[]): ConfigFault[] {
  const grouped = new Map<
    string,
    { place: Path; message: string; heirs: Set<string>; everywhere: boolean }
  >();
  for (const { place, message } of misfits) {
    const written = whereWritten(loaded.raw, place);
    const key = JSON.stringify([written, message]);
    const group = grouped.get(key) ?? { place: written, message, heirs: new Set(), everywhere: false };
    const heir = written.length < place.length ? place[1] : undefined;
    if (heir === undefined) group.everywhere = true;
    else group.heirs.add(String(heir));
    grouped.set(key, group);
  }
  const faults = [...grouped.values()].map(({ place, message, heirs, everywhere }) =>
    loaded.faultAt(
      place,
      `${readable(withoutName(message, place))}${everywhere ? '' : ` (in api ${[...heirs].join(', ')})`}`,
    ),
  );
  return faults.sort((a, b) => a.line - b.line || a.column - b.column);
}

/** Policies begin with their name, which the path of the fault says already. */
function withoutName(message: string, place: Path): string {
  const prefix = `${String(place.at(-1))}: `;
  return message.startsWith(prefix) ? message.slice(prefix.length) : message;
}

/** The place itself, or that of the policy set further up which has the policy. */
function whereWritten(raw: unknown, place: Path): Path {
  const at = place[2] === 'policies' ? 2 : 4;
  if (place[0] !== 'apis' || place[at] !== 'policies' || place.length < at + 2) return place;
  const policy = place[at + 1]!;
  const above: Path[] = [
    place.slice(0, at + 2),
    ['apis', place[1]!, 'policies', policy],
    ['policies', policy],
  ];
  const written = above.find((each) => valueAt(raw, each) !== undefined);
  return written === undefined ? place : [...written, ...place.slice(at + 2)];
}

/** What stands at a path of a plain value. */
export function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string | number, unknown>)[step];
  }
  return at;
}

/** Errors of the file system name a system call first; here they say what is wrong with which file. */
export function readable(message: string): string {
  const found = /^([A-Z]+): .*?, \w+(?: '(.*)')?$/s.exec(message);
  const words = found === null ? undefined : fileFaults[found[1]!];
  if (found === null || words === undefined) return message;
  return found[2] === undefined ? `a file cannot be read: ${words}` : `${found[2]} cannot be read: ${words}`;
}

const fileFaults: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EISDIR: 'it is a folder',
  ENOTDIR: 'its path leads through a file',
};
