/** Upper bounds of the duration histograms, in seconds. */
export const durationBounds = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

/** A histogram as Prometheus counts: one count for each bound, the rest, and the sum of all values. */
export class Histogram {
  readonly counts = new Float64Array(durationBounds.length + 1);
  sum = 0;

  /** @param seconds */
  observe(seconds: number): void {
    let i = 0;
    while (i < durationBounds.length && seconds > durationBounds[i]!) i++;
    this.counts[i]!++;
    this.sum += seconds;
  }
}

/**
 * What one data thread counts for one API since it last told the main thread. Labels are only what the
 * configuration and the catalogue contain (API, status, policy, problem, target), never what a client sent,
 * so the number of series is bounded.
 */
export class ApiSeries {
  readonly api: string;
  /** By status, 0 for requests that ended without a reply. */
  readonly requests = new Float64Array(600);
  readonly duration = new Histogram();
  readonly upstreamDuration = new Histogram();
  /** By `policy problem`. */
  readonly refusals = new Map<string, number>();
  /** By `policy problem`, for policies in `monitor`. */
  readonly observations = new Map<string, number>();
  /** By error code of the upstream. */
  readonly upstreamErrors = new Map<string, number>();
  requestBytes = 0;
  replyBytes = 0;

  constructor(api: string) {
    this.api = api;
  }
}

export function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
