/** Something that must go on receiving. */
export interface Watched {
  /** Bytes received so far; only ever grows. */
  readonly received: number;
  readonly timeout: number;
  readonly minimumRate: number;
  stalled(): void;
}

interface Entry {
  readonly watched: Watched;
  /** Bytes at the start of the window, and when it started. */
  from: number;
  startedAt: number;
  /** Bytes at the last look that saw any progress, and when that was. */
  seen: number;
  seenAt: number;
}

/**
 * Cuts off whoever sends too slowly. One coarse timer for a whole thread instead of one for each request:
 * a stall is seen at most `interval` late. A trickle counts as a stall too: in each window of `timeout`
 * milliseconds `minimumRate` bytes a second must have come.
 */
export class StallWatch {
  // An array and not a Map: see Connection in connections.ts for what a Map would leave behind.
  #entries: Entry[] = [];
  readonly #interval: number;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;

  constructor(interval = 500, now: () => number = () => performance.now()) {
    this.#interval = interval;
    this.#now = now;
  }

  add(watched: Watched): void {
    const now = this.#now();
    const bytes = watched.received;
    this.#entries.push({ watched, from: bytes, startedAt: now, seen: bytes, seenAt: now });
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.check(), this.#interval);
    this.#timer.unref();
  }

  /** The usual case is the one added last, as most bodies are complete at once. */
  remove(watched: Watched): void {
    const entries = this.#entries;
    for (let i = entries.length - 1; i >= 0; i--) {
      if (entries[i]!.watched !== watched) continue;
      const last = entries.pop()!;
      if (i < entries.length) entries[i] = last;
      return;
    }
  }

  /** Looks once; the timer calls it. */
  check(): void {
    const now = this.#now();
    const slow: Watched[] = [];
    this.#entries = this.#entries.filter((entry) => {
      if (keepsUp(entry, now)) return true;
      slow.push(entry.watched);
      return false;
    });
    for (const watched of slow) watched.stalled();
    if (this.#entries.length > 0 || this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

function keepsUp(entry: Entry, now: number): boolean {
  const { watched } = entry;
  if (watched.received !== entry.seen) {
    entry.seen = watched.received;
    entry.seenAt = now;
  } else if (now - entry.seenAt >= watched.timeout) return false;
  if (now - entry.startedAt < watched.timeout) return true;
  const kept = watched.received - entry.from >= (watched.minimumRate * watched.timeout) / 1000;
  entry.from = watched.received;
  entry.startedAt = now;
  return kept;
}
