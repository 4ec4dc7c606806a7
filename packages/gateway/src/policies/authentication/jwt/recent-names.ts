/** Names that clients sent lately: bounded in number, forgotten after a time. */
export class RecentNames {
  readonly #keptFor: number;
  readonly #most: number;
  readonly #until = new Map<string, number>();

  /**
   * @param keptFor milliseconds
   * @param most when there are more, all are forgotten: what is remembered only saves work
   */
  constructor(keptFor: number, most = 1_000) {
    this.#keptFor = keptFor;
    this.#most = most;
  }

  /** @param now milliseconds since the epoch */
  has(name: string, now: number): boolean {
    const until = this.#until.get(name);
    if (until === undefined) return false;
    // A clock that was set back must not make a name stay for longer.
    if (now < until && now >= until - this.#keptFor) return true;
    this.#until.delete(name);
    return false;
  }

  add(name: string, now: number): void {
    if (this.#until.size >= this.#most) this.#until.clear();
    this.#until.set(name, now + this.#keptFor);
  }

  clear(): void {
    this.#until.clear();
  }
}
