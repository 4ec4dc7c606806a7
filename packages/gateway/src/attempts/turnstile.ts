/**
 * Lets so many pieces of work run at once and so many wait. Hashing a password takes a third of a second of the few threads
 * that the whole process has for such work: a crowd at the door must not keep the gateway from reading files.
 */
export class Turnstile {
  readonly #atOnce: number;
  readonly #waitingAtMost: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(atOnce: number, waitingAtMost: number) {
    this.#atOnce = atOnce;
    this.#waitingAtMost = waitingAtMost;
  }

  /** @returns undefined, at once, when as many wait as may */
  run<T>(work: () => Promise<T>): Promise<T> | undefined {
    if (this.#running >= this.#atOnce && this.#waiting.length >= this.#waitingAtMost) return undefined;
    return this.#inTurn(work);
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#atOnce) await new Promise<void>((go) => this.#waiting.push(go));
    else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
