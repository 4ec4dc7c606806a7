import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Bundle } from '../compile.ts';
import { createCounterMemory } from '../counters/counter-memory.ts';
import { SharedCounters } from '../counters/shared-counters.ts';
import { DocumentReader } from '../documents/documents.ts';
import { fetchJson } from '../documents/fetch-json.ts';
import type { CertificatesByListener, ListenersSettings } from '../listener/listeners.ts';
import { Totals } from '../metrics/totals.ts';
import { LogFiles } from '../sinks/log-files.ts';
import { KeyUses } from '../stores/key-uses.ts';
import { DataThread } from './data-thread.ts';
import type { FromDataThread, ThreadFault } from './messages.ts';

export interface ControlOptions {
  readonly threads: number | 'auto' | undefined;
  readonly counterMemory: number | undefined;
  /** Called whenever a data thread begins to take connections. */
  readonly onListening: () => void;
  /** One line for the operator. */
  readonly log: (message: string) => void;
}

/** TLS session tickets are worth no more than the time for which their key is kept. */
const rotateTicketKeys = 12 * 3_600_000;
const startTimeout = 30_000;
/** In which a message that another thread sends as well is no news. */
const sameMessage = 5_000;
/** For what a thread that was replaced has begun. */
const finishTimeout = 10_000;

/** The main thread's side of the data threads: starts, reloads, replaces and ends them, and collects what they tell. */
export class Control {
  readonly totals = new Totals();
  readonly #options: ControlOptions;
  readonly #memory: SharedArrayBuffer;
  readonly #counters: SharedCounters;
  /** For all threads, so that their number does not multiply what issuers are asked. */
  readonly #documents = new DocumentReader(fetchJson);
  readonly #secret = randomBytes(32);
  readonly #logs: LogFiles;
  readonly #keyUses: KeyUses;
  readonly #threads = new Set<DataThread>();
  /** Those that take requests. */
  readonly #listening = new WeakSet<DataThread>();
  /** Those in whose place another one was started already. */
  readonly #replaced = new WeakSet<DataThread>();
  /** When a thread's warning was passed on last. */
  readonly #told = new Map<string, number>();
  #bundle: Bundle;
  #listeners: ListenersSettings;
  #nextId = 1;
  #generation = 0;
  #flushes = 0;
  #ending = false;
  /** Starts that failed in a row: what dies at once is not started in a tight loop. */
  #failures = 0;
  readonly #rotation: NodeJS.Timeout;

  constructor(
    bundle: Bundle,
    listeners: Omit<ListenersSettings, 'ticketKeys' | 'reusePort'>,
    options: ControlOptions,
  ) {
    this.#options = options;
    this.#bundle = bundle;
    this.#listeners = { ...listeners, ticketKeys: randomBytes(48), reusePort: hasReusePort };
    this.#memory = createCounterMemory(options.counterMemory ?? 32 * 1_048_576);
    this.#counters = new SharedCounters(this.#memory);
    this.#logs = new LogFiles((lines) => {
      this.totals.logLinesDropped += lines;
    }, options.log);
    this.#keyUses = new KeyUses(bundle.stateFolder, options.log);
    this.#rotation = setInterval(() => this.#rotateTicketKeys(), rotateTicketKeys);
    this.#rotation.unref();
  }

  get counters(): SharedCounters {
    return this.#counters;
  }

  /** What rate counters live in, for another thread that counts. */
  get counterMemory(): SharedArrayBuffer {
    return this.#memory;
  }

  /** True when at least one thread takes requests. */
  get ready(): boolean {
    return !this.#ending && [...this.#threads].some((thread) => this.#listening.has(thread));
  }

  /** @throws ThreadsFailed when the threads cannot prepare the configuration, or cannot listen */
  async start(): Promise<void> {
    const wanted = this.#options.threads ?? 'auto';
    const count = !hasReusePort ? 1 : wanted === 'auto' ? availableParallelism() : wanted;
    const outcomes = await Promise.all(Array.from({ length: count }, () => this.#startThread()));
    const faults = outcomes.find((outcome) => outcome.length > 0);
    if (faults === undefined) return;
    await this.end(0);
    throw new ThreadsFailed(faults);
  }

  /**
   * Prepares the configuration in every thread beside the one that runs, and swaps when all could.
   * @returns what was wrong, upon which nothing has changed; empty when it is in force
   */
  async reload(bundle: Bundle): Promise<readonly ThreadFault[]> {
    const generation = ++this.#generation;
    const threads = [...this.#threads].filter((thread) => this.#listening.has(thread));
    const outcomes = await Promise.all(
      threads.map((thread) => {
        const reply = thread.expect(`prepared ${generation}`);
        thread.send({ type: 'prepare', generation, bundle });
        return reply;
      }),
    );
    const faults = outcomes.flatMap((message) => (message?.type === 'prepared' ? message.faults : []));
    if (faults.length > 0) {
      for (const thread of threads) thread.send({ type: 'discard', generation });
      return faults;
    }
    // Threads that start from now on get it from here.
    this.#bundle = bundle;
    await Promise.all(
      threads.map((thread) => {
        const reply = thread.expect(`swapped ${generation}`);
        thread.send({ type: 'swap', generation });
        return reply;
      }),
    );
    // A thread that started while the others prepared may have the old one: it is told as well.
    for (const thread of this.#threads) {
      if (threads.includes(thread)) continue;
      thread.send({ type: 'prepare', generation, bundle });
      thread.send({ type: 'swap', generation });
    }
    this.#logs.reopen();
    return [];
  }

  setCertificates(certificates: CertificatesByListener): void {
    // Threads that start from now on get them from here.
    const listeners = this.#listeners.listeners.map(({ tls, ...each }) => {
      const renewed = certificates.get(each.name) ?? tls?.certificates;
      return { ...each, tls: tls && renewed && { ...tls, certificates: renewed } };
    });
    this.#listeners = { ...this.#listeners, listeners };
    for (const thread of this.#threads) thread.send({ type: 'certificates', certificates });
  }

  /** Has every thread tell what it counted by now, so that a reader of the totals sees all of it. */
  async flush(): Promise<void> {
    const id = ++this.#flushes;
    await within(
      1_000,
      Promise.all(
        [...this.#threads].map((thread) => {
          const reply = thread.expect(`flushed ${id}`);
          thread.send({ type: 'flush', id });
          return reply;
        }),
      ),
    );
  }

  /** Lets requests in flight finish, for at most `timeout` milliseconds, then ends everything. */
  async end(timeout: number): Promise<void> {
    this.#ending = true;
    clearInterval(this.#rotation);
    const threads = [...this.#threads];
    const ended = threads.map((thread) => thread.expect('ended'));
    for (const thread of threads) thread.send({ type: 'drain', timeout });
    await within(timeout + 3_000, Promise.all(ended));
    await Promise.all([...this.#threads].map((thread) => thread.terminate()));
    this.#keyUses.end();
    await this.#logs.close();
  }

  /** @returns why the thread could not start; empty when it runs */
  async #startThread(): Promise<readonly ThreadFault[]> {
    const start = {
      bundle: this.#bundle,
      listeners: this.#listeners,
      counters: this.#memory,
      secret: this.#secret,
    };
    const thread: DataThread = new DataThread(
      this.#nextId++,
      start,
      (message) => this.#take(thread, message),
      (_, error) => this.#ended(thread, error),
    );
    this.#threads.add(thread);
    const outcome = await within(startTimeout, thread.expect('started'));
    if (outcome?.type === 'listening') {
      this.#listening.add(thread);
      this.#options.onListening();
      this.#failures = 0;
      return [];
    }
    this.#threads.delete(thread);
    void thread.terminate();
    return outcome?.type === 'failed'
      ? outcome.faults
      : [{ place: [], message: 'a data thread did not start' }];
  }

  #take(thread: DataThread, message: FromDataThread): void {
    switch (message.type) {
      case 'batch':
        for (const [destination, lines, count] of message.logs) this.#logs.write(destination, lines, count);
        for (const delta of message.series) this.totals.add(delta);
        this.totals.addClientErrors(message.clientErrors);
        this.#keyUses.add(message.keyUses);
        this.totals.threads.set(thread.id, message.report);
        return;
      case 'readDocument':
        return void this.#documents
          .read(message.location, message.youngerThan)
          .then((reading) => thread.send({ type: 'document', id: message.id, reading }));
      case 'warning':
        return this.#tell(message.message);
      case 'dying':
        this.#options.log(`data thread ${thread.id} is replaced, as nothing caught this: ${message.message}`);
        this.#listening.delete(thread);
        this.#replaced.add(thread);
        // It answers what it has begun, while the new one takes what comes.
        return void this.#replace().then(() => thread.send({ type: 'drain', timeout: finishTimeout }));
      default:
    }
  }

  /** Every thread notices what is wrong with a file; the operator is told once. */
  #tell(message: string): void {
    const now = performance.now();
    const before = this.#told.get(message);
    if (before !== undefined && now - before < sameMessage) return;
    if (this.#told.size >= 100) this.#told.clear();
    this.#told.set(message, now);
    this.#options.log(message);
  }

  #ended(thread: DataThread, error: Error | undefined): void {
    const ran = this.#listening.has(thread);
    this.#threads.delete(thread);
    this.totals.threads.delete(thread.id);
    if (this.#ending || this.#replaced.has(thread) || !ran) return;
    this.#options.log(
      `data thread ${thread.id} died and is replaced${error === undefined ? '' : `: ${error.message}`}`,
    );
    void this.#replace();
  }

  async #replace(): Promise<void> {
    this.totals.threadsReplaced++;
    while (!this.#ending) {
      const [fault] = await this.#startThread();
      if (fault === undefined) return;
      const wait = Math.min(10_000, 100 * 2 ** this.#failures++);
      this.#options.log(`a data thread cannot be started, next try in ${wait} ms: ${fault.message}`);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  #rotateTicketKeys(): void {
    const ticketKeys = randomBytes(48);
    this.#listeners = { ...this.#listeners, ticketKeys };
    for (const thread of this.#threads) thread.send({ type: 'ticketKeys', keys: ticketKeys });
  }
}

/** The threads did not start; the faults say why. */
export class ThreadsFailed extends Error {
  readonly faults: readonly ThreadFault[];

  constructor(faults: readonly ThreadFault[]) {
    super(faults.map(({ message }) => message).join('; '));
    this.name = 'ThreadsFailed';
    this.faults = faults;
  }
}

/** Where the kernel does not spread connections over sockets of one port, one data thread has to do. */
export const hasReusePort = process.platform === 'linux';

async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
