import type { HistogramDelta, SeriesDelta } from './delta.ts';
import { durationBounds } from './series.ts';

/** What one data thread says of itself. */
export interface ThreadReport {
  readonly connections: number;
  readonly inProgress: number;
  /** Seconds: the 99th percentile and the largest delay of its event loop since the last report. */
  readonly loopDelayP99: number;
  readonly loopDelayMax: number;
}

interface HistogramTotal {
  readonly counts: number[];
  sum: number;
}

interface ApiTotal {
  readonly requests: Map<number, number>;
  readonly duration: HistogramTotal;
  readonly upstreamDuration: HistogramTotal;
  readonly refusals: Map<string, number>;
  readonly observations: Map<string, number>;
  readonly upstreamErrors: Map<string, number>;
  requestBytes: number;
  replyBytes: number;
}

/** What all data threads have counted since the start; kept by the main thread, so the death of one loses nothing. */
export class Totals {
  readonly apis = new Map<string, ApiTotal>();
  readonly threads = new Map<number, ThreadReport>();
  /** Connections cut off before there was a request, by code. */
  readonly clientErrors = new Map<string, number>();
  readonly reloads = { succeeded: 0, failed: 0 };
  threadsReplaced = 0;
  logLinesDropped = 0;

  add(delta: SeriesDelta): void {
    let total = this.apis.get(delta.api);
    if (total === undefined) {
      total = emptyTotal();
      this.apis.set(delta.api, total);
    }
    for (const [status, count] of delta.requests)
      total.requests.set(status, (total.requests.get(status) ?? 0) + count);
    addHistogram(total.duration, delta.duration);
    addHistogram(total.upstreamDuration, delta.upstreamDuration);
    addCounts(total.refusals, delta.refusals);
    addCounts(total.observations, delta.observations);
    addCounts(total.upstreamErrors, delta.upstreamErrors);
    total.requestBytes += delta.requestBytes;
    total.replyBytes += delta.replyBytes;
  }

  addClientErrors(counts: readonly (readonly [string, number])[]): void {
    addCounts(this.clientErrors, counts);
  }
}

function emptyTotal(): ApiTotal {
  return {
    requests: new Map(),
    duration: emptyHistogram(),
    upstreamDuration: emptyHistogram(),
    refusals: new Map(),
    observations: new Map(),
    upstreamErrors: new Map(),
    requestBytes: 0,
    replyBytes: 0,
  };
}

function emptyHistogram(): HistogramTotal {
  return { counts: new Array<number>(durationBounds.length + 1).fill(0), sum: 0 };
}

function addHistogram(total: HistogramTotal, delta: HistogramDelta): void {
  delta.counts.forEach((count, i) => {
    total.counts[i]! += count;
  });
  total.sum += delta.sum;
}

function addCounts(total: Map<string, number>, counts: readonly (readonly [string, number])[]): void {
  for (const [key, count] of counts) total.set(key, (total.get(key) ?? 0) + count);
}
