import { statSync } from 'node:fs';

export interface WatchOptions {
  readonly intervalMs: number;
  /** Something that differs when the content of a file may differ; undefined for a file that is not there. */
  readonly mark?: (file: string) => string | undefined;
  /** Calls `poll` at each interval until the function that it returns is called. */
  readonly every?: (poll: () => void, intervalMs: number) => () => void;
}

/**
 * Calls `onChange` after a file has changed, vanished or come back. A change counts once two polls in a row see the
 * same state, so a file that is still being written is not read half, and several files changed together give one call.
 *
 * It polls, as events of the file system do not come through for network and overlay file systems, nor for the swap of
 * a symbolic link further up, with which Kubernetes replaces a mounted ConfigMap. Polls do not keep the process alive.
 * @param files asked at each poll: a reload may have added some, whose state of that moment is taken as known
 * @param onChange must not throw
 */
export function watchFiles(
  files: () => readonly string[],
  onChange: () => void,
  { intervalMs, mark = markOf, every = everyInterval }: WatchOptions,
): { stop(): void } {
  if (!(intervalMs > 0)) throw new RangeError('intervalMs must be above 0');
  const look = (): Marks => new Map(files().map((file) => [file, mark(file)]));
  let known = look();
  let pending: Marks | undefined;
  let stopped = false;

  const poll = (): void => {
    if (stopped) return;
    const current = look();
    const unchanged = [...current].every(([file, state]) => !known.has(file) || known.get(file) === state);
    if (unchanged) {
      known = current;
      pending = undefined;
    } else if (pending !== undefined && equal(pending, current)) {
      known = current;
      pending = undefined;
      onChange();
    } else {
      pending = current;
    }
  };
  const cancel = every(poll, intervalMs);
  return {
    stop(): void {
      stopped = true;
      cancel();
    },
  };
}

type Marks = ReadonlyMap<string, string | undefined>;

function equal(a: Marks, b: Marks): boolean {
  return a.size === b.size && [...a].every(([file, state]) => b.has(file) && b.get(file) === state);
}

/** Follows symbolic links, so that the inode changes when a link is swapped. */
function markOf(file: string): string | undefined {
  try {
    const { mtimeNs, size, ino, dev } = statSync(file, { bigint: true });
    return `${mtimeNs} ${size} ${ino} ${dev}`;
  } catch {
    return undefined;
  }
}

function everyInterval(poll: () => void, intervalMs: number): () => void {
  const timer = setInterval(poll, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}
