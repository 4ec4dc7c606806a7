/** Something that must go on receiving. */
export interface Watched {
  /** Bytes received so far; only ever grows. */
  readonly received: number;
  readonly timeout: number;
  readonly minimumRate: number;
  stalled(): void;
}

interface Entry {
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
  readonly #watched = new Map<Watched, Entry>();
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
    this.#watched.set(watched, { from: bytes, startedAt: now, seen: bytes, seenAt: now });
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.check(), this.#interval);
    this.#timer.unref();
  }

  remove(watched: Watched): void {
    this.#watched.delete(watched);
  }

  /** Looks once; the timer calls it. */
  check(): void {
    const now = this.#now();
    for (const [watched, entry] of this.#watched) {
      if (this.#keepsUp(watched, entry, now)) continue;
      this.#watched.delete(watched);
      watched.stalled();
    }
    if (this.#watched.size > 0 || this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #keepsUp(watched: Watched, entry: Entry, now: number): boolean {
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
}
