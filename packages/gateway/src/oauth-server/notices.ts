/** Lines for the operator, few of which a client could cause as many as it likes: so many a minute, and then how many more. */
export class Notices {
  readonly #say: (message: string) => void;
  readonly #now: () => number;
  #since = Number.NEGATIVE_INFINITY;
  #said = 0;
  #dropped = 0;

  constructor(say: (message: string) => void, now: () => number = Date.now) {
    this.#say = say;
    this.#now = now;
  }

  say(message: string): void {
    if (this.#now() - this.#since >= minute) {
      if (this.#dropped > 0) this.#say(`${this.#dropped} more messages were left out`);
      this.#since = this.#now();
      this.#said = 0;
      this.#dropped = 0;
    }
    if (this.#said === mostPerMinute) this.#dropped++;
    else {
      this.#said++;
      this.#say(message);
    }
  }
}

const minute = 60_000;
const mostPerMinute = 20;
