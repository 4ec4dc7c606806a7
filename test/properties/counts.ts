import assert from 'node:assert/strict';

/** What was expected: a run in which nearly everything is refused, or nothing, shows little. */
export class Counts {
  #taken = 0;
  #refused = 0;

  add(isTaken: boolean): boolean {
    if (isTaken) this.#taken++;
    else this.#refused++;
    return isTaken;
  }

  assertBoth(): void {
    const least = (this.#taken + this.#refused) / 20;
    const isEnough = least > 1 && this.#taken > least && this.#refused > least;
    assert.ok(isEnough, `${this.#taken} taken, ${this.#refused} refused`);
  }
}

/** For the message of a failure. */
export function shown(definition: unknown, request: unknown): string {
  return `${JSON.stringify(definition)} and ${JSON.stringify(request)}`;
}
