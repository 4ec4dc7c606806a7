/** Checking a value came to more steps than a request is worth. */
export class TooManySteps extends Error {
  override name = 'TooManySteps';
}

/**
 * How much work one check may be: a step for each alternative (`anyOf`, `oneOf`) of each value, for each visit of a schema
 * that refers to others, and for what patterns take. A step takes 50 to 250 ns by our measurement.
 */
const maximumSteps = 100_000;

/** Counts the work of a check. */
export class Steps {
  #left = maximumSteps;
  #before = 0;
  #isShared = false;

  /** One filling for all checks up to `release`, of values that come together. */
  share(): void {
    this.refill();
    this.#isShared = true;
  }

  release(): void {
    this.#isShared = false;
  }

  refill(): void {
    if (this.#isShared) return;
    this.#before = this.taken;
    this.#left = maximumSteps;
  }

  /** In all checks so far: how much lies between two moments. */
  get taken(): number {
    return this.#before + maximumSteps - Math.max(this.#left, 0);
  }

  /** @throws TooManySteps */
  take(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new TooManySteps('The value is too complex to be checked.');
  }
}
