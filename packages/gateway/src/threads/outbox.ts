import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { KeyUse } from '../environment.ts';
import { takeDelta } from '../metrics/delta.ts';
import { type ApiSeries, increment } from '../metrics/series.ts';
import type { Batch } from './messages.ts';

const flushEvery = 100;
const reportEvery = 1_000;
/**
 * Bytes of a chunk; it is sent when the next line might not fit. Large, as each message wakes the main thread: at
 * 15,000 requests a second, chunks of an eighth of this cost 1 µs a request. Memory that is not written to is not used.
 */
const chunkSize = 1_048_576;
/** The longest line in UTF-16 units; it can take three bytes for each. Records are far shorter. */
const longestLine = 32_768;

/**
 * Lines for one destination. They are written as bytes at once: a string that grows line by line is a tree of
 * thousands of pieces, which costs more to flatten and to copy into the other thread than all the rest of the record.
 */
class WaitingLines {
  #chunk = Buffer.from(new ArrayBuffer(chunkSize));
  #used = 0;
  count = 0;

  /** @returns false when the chunk is full and has to be taken first */
  add(line: string): boolean {
    if (line.length * 3 > chunkSize - this.#used) return false;
    this.#used += this.#chunk.write(line, this.#used);
    this.count++;
    return true;
  }

  take(): Uint8Array<ArrayBuffer> {
    const taken = new Uint8Array(this.#chunk.buffer, 0, this.#used);
    this.#chunk = Buffer.from(new ArrayBuffer(chunkSize));
    this.#used = 0;
    this.count = 0;
    return taken;
  }
}

/** What a data thread has for the main thread, sent in batches: a message for each request would cost more than it. */
export class Outbox {
  readonly #send: (batch: Batch, transfer: readonly ArrayBuffer[]) => void;
  readonly #load: { readonly inProgress: number };
  readonly #connections: () => number;
  readonly #logs = new Map<string, WaitingLines>();
  readonly #clientErrors = new Map<string, number>();
  /** By key and secret; as many as there are, at most. */
  readonly #keyUses = new Map<string, KeyUse>();
  /** Of the configuration in force, and of those that still have requests in flight. */
  #series: ApiSeries[] = [];
  readonly #delay = monitorEventLoopDelay({ resolution: 20 });
  #reportedAt = 0;

  constructor(
    send: (batch: Batch, transfer: readonly ArrayBuffer[]) => void,
    load: { readonly inProgress: number },
    connections: () => number,
  ) {
    this.#send = send;
    this.#load = load;
    this.#connections = connections;
    this.#delay.enable();
    setInterval(() => this.flush(false), flushEvery).unref();
  }

  openLog(destination: string): (line: string) => void {
    let waiting = this.#logs.get(destination);
    if (waiting === undefined) {
      waiting = new WaitingLines();
      this.#logs.set(destination, waiting);
    }
    const into = waiting;
    return (line) => {
      const kept = line.length <= longestLine ? line : `${line.slice(0, longestLine - 1)}\n`;
      if (into.add(kept)) return;
      this.flush(false);
      into.add(kept);
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

  /** Coalesced, as a key may be used thousands of times until the next batch. */
  keyUsed(...use: KeyUse): void {
    const [id, former] = use;
    this.#keyUses.set(former === 0 ? id : `${id} ${former}`, use);
  }

  /** @param all also what is only sent once a second */
  flush(all: boolean): void {
    const logs: [string, Uint8Array<ArrayBuffer>, number][] = [];
    for (const [destination, waiting] of this.#logs) {
      const { count } = waiting;
      if (count > 0) logs.push([destination, waiting.take(), count]);
    }
    const now = performance.now();
    const due = all || now - this.#reportedAt >= reportEvery;
    if (!due && logs.length === 0) return;
    if (due) this.#reportedAt = now;
    const clientErrors = [...this.#clientErrors];
    this.#clientErrors.clear();
    const keyUses = due ? [...this.#keyUses.values()] : [];
    if (due) this.#keyUses.clear();
    const batch: Batch = {
      type: 'batch',
      logs,
      series: due ? this.#series.map(takeDelta).filter((delta) => delta !== undefined) : [],
      clientErrors,
      keyUses,
      report: {
        connections: this.#connections(),
        inProgress: this.#load.inProgress,
        loopDelayP99: this.#delay.percentile(99) / 1e9,
        loopDelayMax: this.#delay.max / 1e9,
      },
    };
    this.#send(
      batch,
      logs.map(([, lines]) => lines.buffer),
    );
    if (due) this.#delay.reset();
  }
}
