import { type Mark, type Marks, markOf } from './source-files.ts';

export interface WatchOptions {
  readonly intervalMs: number;
  readonly mark?: (file: string) => Mark;
  /** Calls `poll` at each interval until the function that it returns is called. */
  readonly every?: (poll: () => void, intervalMs: number) => () => void;
}

/**
 * Calls `onChange` when a file is no longer as it was read: changed, vanished or come back. A change counts once two
 * polls in a row see the same state, so a file that is still being written is not read half, and several files changed
 * together give one call. The same state gives no second call, whether or not anybody read the files upon the first.
 *
 * It polls, as events of the file system do not come through for network and overlay file systems, nor for the swap of
 * a symbolic link further up, with which Kubernetes replaces a mounted ConfigMap. Polls do not keep the process alive.
 * @param read the files, each as it was when it was read; asked at each poll, as a reload reads them anew
 * @param onChange must not throw; is given the files whose change it tells
 */
export function watchFiles(
  read: () => Marks,
  onChange: (changed: readonly string[]) => void,
  { intervalMs, mark = markOf, every = everyInterval }: WatchOptions,
): { stop(): void } {
  if (!(intervalMs > 0)) throw new RangeError('intervalMs must be above 0');
  let told: Marks | undefined;
  let pending: Marks | undefined;
  let stopped = false;

  const poll = (): void => {
    if (stopped) return;
    const known = read();
    const current: Marks = new Map([...known.keys()].map((file) => [file, mark(file)]));
    if (equal(known, current)) told = undefined;
    const isNews = ([file, state]: [string, Mark]): boolean =>
      state !== known.get(file) && !(told?.has(file) === true && state === told.get(file));
    const news = [...current].filter(isNews);
    if (news.length === 0) {
      pending = undefined;
    } else if (pending !== undefined && equal(pending, current)) {
      told = current;
      pending = undefined;
      onChange(news.map(([file]) => file));
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

function equal(a: Marks, b: Marks): boolean {
  return a.size === b.size && [...a].every(([file, state]) => b.has(file) && b.get(file) === state);
}

function everyInterval(poll: () => void, intervalMs: number): () => void {
  const timer = setInterval(poll, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}
