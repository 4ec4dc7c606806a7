import { monitorEventLoopDelay } from 'node:perf_hooks';
import { takeDelta } from '../metrics/delta.ts';
import { type ApiSeries, increment } from '../metrics/series.ts';
import type { Batch } from './messages.ts';

const flushEvery = 100;
const reportEvery = 1_000;
/** Characters of waiting lines at which they are sent at once. */
const large = 65_536;

/** What a data thread has for the main thread, sent in batches: a message for each request would cost more than it. */
export class Outbox {
  readonly #send: (batch: Batch) => void;
  readonly #load: { readonly inProgress: number };
  readonly #connections: () => number;
  readonly #logs = new Map<string, { lines: string; count: number }>();
  readonly #clientErrors = new Map<string, number>();
  /** Of the configuration in force, and of those that still have requests in flight. */
  #series: ApiSeries[] = [];
  readonly #delay = monitorEventLoopDelay({ resolution: 20 });
  #reportedAt = 0;

  constructor(send: (batch: Batch) => void, load: { readonly inProgress: number }, connections: () => number) {
    this.#send = send;
    this.#load = load;
    this.#connections = connections;
    this.#delay.enable();
    setInterval(() => this.flush(false), flushEvery).unref();
  }

  openLog(destination: string): (line: string) => void {
    let waiting = this.#logs.get(destination);
    if (waiting === undefined) {
      waiting = { lines: '', count: 0 };
      this.#logs.set(destination, waiting);
    }
    const into = waiting;
    return (line) => {
      into.lines += line;
      into.count++;
      if (into.lines.length >= large) this.flush(false);
    };
  }

  addSeries(series: ApiSeries): void {
    this.#series.push(series);
  }

  /** The configuration that these belong to is gone and counts nothing any more. */
  dropSeries(gone: readonly ApiSeries[]): void {
    this.flush(true);
    this.#series = this.#series.filter((series) => !gone.includes(series));
  }

  clientError(code: string): void {
    increment(this.#clientErrors, code);
  }

  /** @param all also what is only sent once a second */
  flush(all: boolean): void {
    const logs: [string, string, number][] = [];
    for (const [destination, waiting] of this.#logs) {
      if (waiting.count === 0) continue;
      logs.push([destination, waiting.lines, waiting.count]);
      waiting.lines = '';
      waiting.count = 0;
    }
    const now = performance.now();
    const due = all || now - this.#reportedAt >= reportEvery;
    if (!due && logs.length === 0) return;
    if (due) this.#reportedAt = now;
    const clientErrors = [...this.#clientErrors];
    this.#clientErrors.clear();
    this.#send({
      type: 'batch',
      logs,
      series: due ? this.#series.map(takeDelta).filter((delta) => delta !== undefined) : [],
      clientErrors,
      report: {
        connections: this.#connections(),
        inProgress: this.#load.inProgress,
        loopDelayP99: this.#delay.percentile(99) / 1e9,
        loopDelayMax: this.#delay.max / 1e9,
      },
    });
    if (due) this.#delay.reset();
  }
}
