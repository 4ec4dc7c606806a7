import type { ApiSeries, Histogram } from './series.ts';

/** What a data thread counted since it last told; plain data. */
export interface SeriesDelta {
  readonly api: string;
  readonly requests: readonly (readonly [status: number, count: number])[];
  readonly duration: HistogramDelta;
  readonly upstreamDuration: HistogramDelta;
  readonly refusals: readonly (readonly [string, number])[];
  readonly observations: readonly (readonly [string, number])[];
  readonly upstreamErrors: readonly (readonly [string, number])[];
  readonly requestBytes: number;
  readonly replyBytes: number;
}

export interface HistogramDelta {
  readonly counts: readonly number[];
  readonly sum: number;
}

/** Takes what was counted out of the series, which start again from nothing; undefined when nothing was. */
export function takeDelta(series: ApiSeries): SeriesDelta | undefined {
  const requests: [number, number][] = [];
  series.requests.forEach((count, status) => {
    if (count > 0) requests.push([status, count]);
  });
  if (requests.length === 0) return undefined;
  series.requests.fill(0);
  const delta: SeriesDelta = {
    api: series.api,
    requests,
    duration: takeHistogram(series.duration),
    upstreamDuration: takeHistogram(series.upstreamDuration),
    refusals: takeCounts(series.refusals),
    observations: takeCounts(series.observations),
    upstreamErrors: takeCounts(series.upstreamErrors),
    requestBytes: series.requestBytes,
    replyBytes: series.replyBytes,
  };
  series.requestBytes = 0;
  series.replyBytes = 0;
  return delta;
}

function takeHistogram(histogram: Histogram): HistogramDelta {
  const delta = { counts: [...histogram.counts], sum: histogram.sum };
  histogram.counts.fill(0);
  histogram.sum = 0;
  return delta;
}

function takeCounts(counts: Map<string, number>): [string, number][] {
  const taken = [...counts];
  counts.clear();
  return taken;
}
