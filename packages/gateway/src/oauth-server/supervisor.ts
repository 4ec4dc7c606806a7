import { renameSync, rmSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { FromOauthThread, OauthThreadStart, ToOauthThread } from './messages.ts';
import type { OauthSettings } from './settings.ts';
import { draftOf, makeSocketFolder, removeDeadSockets, socketPath } from './socket.ts';

export interface SupervisorOptions {
  readonly stateFolder: string;
  readonly counters: SharedArrayBuffer;
  /** One line for the operator. */
  readonly log: (message: string) => void;
}

/** A thread that listens, but not yet where the gateway looks. */
export interface Readied {
  /** Puts it in the place of the one before, which ends once its requests are answered. */
  commit(): void;
  discard(): void;
}

const startTimeout = 30_000;
const finishTimeout = 10_000;
const longestPause = 10_000;

/**
 * The main thread's side of the OAuth server: starts it in a thread of its own, and again when it dies. Whatever happens to
 * it, the APIs go on; its paths are answered with 503 meanwhile (upstream/failure.ts).
 */
export class OauthSupervisor {
  readonly #options: SupervisorOptions;
  readonly #socket: string;
  #current: Worker | undefined;
  #settings: OauthSettings | undefined;
  #generation = 0;
  #failures = 0;
  #ending = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#socket = socketPath(options.stateFolder);
  }

  /** Undefined where there is none to be. */
  get up(): boolean | undefined {
    return this.#settings === undefined ? undefined : this.#current !== undefined;
  }

  /** Starts it, and goes on trying where that fails. Resolves when it answers, or the first attempt has failed. */
  async start(settings: OauthSettings): Promise<void> {
    this.#settings = settings;
    try {
      makeSocketFolder(this.#socket);
      await removeDeadSockets(this.#socket);
      const readied = await this.#ready(settings);
      if (this.#ending || this.#settings !== settings) return readied.discard();
      readied.commit();
      if (this.#failures > 0) this.#options.log('the OAuth server answers again');
      this.#failures = 0;
    } catch (error) {
      this.#again(settings, `cannot be started: ${(error as Error).message}`);
    }
  }

  /**
   * Starts one with other settings beside the one that runs.
   * @param settings undefined where there is to be none
   * @throws Error when it cannot be started, upon which nothing has changed
   */
  async prepare(settings: OauthSettings | undefined): Promise<Readied> {
    const before = this.#settings;
    if (settings === undefined) {
      return {
        commit: () => {
          this.#settings = undefined;
          this.#retire(this.#current);
          this.#current = undefined;
        },
        discard: () => {},
      };
    }
    makeSocketFolder(this.#socket);
    const readied = await this.#ready(settings);
    return {
      commit: () => {
        if (this.#settings === before) this.#settings = settings;
        readied.commit();
      },
      discard: () => readied.discard(),
    };
  }

  /** Lets requests in hand finish, for at most `timeout` milliseconds. */
  async end(timeout: number): Promise<void> {
    this.#ending = true;
    const worker = this.#current;
    if (worker !== undefined) {
      const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
      worker.postMessage({ type: 'end', timeout } satisfies ToOauthThread);
      await within(timeout + 2_000, ended);
      await worker.terminate();
    }
    rmSync(this.#socket, { force: true });
  }

  #ready(settings: OauthSettings): Promise<Readied> {
    const { stateFolder, counters, log } = this.#options;
    const socket = draftOf(this.#socket, ++this.#generation);
    const start: OauthThreadStart = { settings, stateFolder, socket, counters };
    const worker = new Worker(new URL(entry, import.meta.url), { workerData: start, name: 'oauth' });
    let fault: Error | undefined;
    let ended = false;
    worker.on('error', (error: Error) => {
      fault = error;
    });
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => fail('it did not answer in time'), startTimeout);
      const fail = (why: string): void => {
        clearTimeout(late);
        void worker.terminate();
        reject(new Error(why));
      };
      worker.on('message', (message: FromOauthThread) => {
        if (message.type === 'notice') return log(`OAuth server: ${message.message}`);
        if (message.type === 'failed') return fail(message.message);
        clearTimeout(late);
        resolve({
          commit: () => {
            this.#take(worker, socket);
            if (ended) this.#lost(fault);
          },
          discard: () => {
            void worker.terminate();
            rmSync(socket, { force: true });
          },
        });
      });
      worker.on('exit', () => {
        ended = true;
        fail(fault?.message ?? 'it ended');
        if (this.#current === worker) this.#lost(fault);
      });
    });
  }

  #lost(fault: Error | undefined): void {
    this.#current = undefined;
    this.#again(this.#settings, `ended${fault === undefined ? '' : ` (${fault.message})`}`);
  }

  /** One step, so that there is no moment without a socket. */
  #take(worker: Worker, socket: string): void {
    renameSync(socket, this.#socket);
    this.#retire(this.#current);
    this.#current = worker;
  }

  #retire(worker: Worker | undefined): void {
    if (worker === undefined) return;
    worker.postMessage({ type: 'end', timeout: finishTimeout } satisfies ToOauthThread);
  }

  #again(settings: OauthSettings | undefined, what: string): void {
    if (this.#ending || settings === undefined || settings !== this.#settings) return;
    const wait = Math.min(longestPause, 100 * 2 ** Math.min(10, this.#failures++));
    this.#options.log(
      `the OAuth server ${what}; its paths are answered with 503, the APIs go on; next try in ${wait} ms`,
    );
    setTimeout(() => {
      if (!this.#ending && settings === this.#settings) void this.start(settings);
    }, wait).unref();
  }
}

/** The published package holds JavaScript, the clone TypeScript. */
const entry = import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js';

async function within(milliseconds: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
