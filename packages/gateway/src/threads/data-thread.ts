import { Worker } from 'node:worker_threads';
import type { DataThreadStart, FromDataThread, ToDataThread } from './messages.ts';

/** A data thread as the main thread sees it. */
export class DataThread {
  readonly id: number;
  readonly #worker: Worker;
  readonly #waiting = new Map<string, (message: FromDataThread | undefined) => void>();
  #ended = false;

  constructor(
    id: number,
    start: DataThreadStart,
    onMessage: (message: FromDataThread) => void,
    onEnd: (thread: DataThread, error: Error | undefined) => void,
  ) {
    this.id = id;
    this.#worker = new Worker(new URL(dataEntry, import.meta.url), { workerData: start, name: `data-${id}` });
    let failure: Error | undefined;
    this.#worker.on('message', (message: FromDataThread) => {
      const key = replyKey(message);
      const waiting = this.#waiting.get(key);
      this.#waiting.delete(key);
      if (waiting === undefined) onMessage(message);
      else waiting(message);
    });
    this.#worker.on('error', (error: Error) => {
      failure = error;
    });
    this.#worker.on('exit', () => {
      this.#ended = true;
      // Whoever waits for `ended` has what they wanted, the others get nothing.
      for (const waiting of this.#waiting.values()) waiting(undefined);
      this.#waiting.clear();
      onEnd(this, failure);
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  send(message: ToDataThread): void {
    this.#worker.postMessage(message);
  }

  /** @param key as replyKey names it
   * @returns the message, or undefined when the thread ended before */
  expect(key: string): Promise<FromDataThread | undefined> {
    if (this.#ended) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#waiting.set(key, resolve));
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** The published package holds JavaScript, the clone TypeScript. */
const dataEntry = import.meta.url.endsWith('.ts') ? './data.ts' : './data.js';

/** What a message answers: `listening` and `failed` both end a start. */
function replyKey(message: FromDataThread): string {
  switch (message.type) {
    case 'listening':
    case 'failed':
      return 'started';
    case 'prepared':
    case 'swapped':
      return `${message.type} ${message.generation}`;
    case 'flushed':
      return `flushed ${message.id}`;
    default:
      return message.type;
  }
}
