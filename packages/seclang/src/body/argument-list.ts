import type { NamedValue } from './content.ts';
import type { BodyLimits } from './limits.ts';

/** Arguments in the order of the body, as many as there may be. */
export class ArgumentList {
  readonly values: NamedValue[] = [];
  readonly #limits: BodyLimits;
  #nameBytes = 0;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
  }

  /** @returns why there is no place for it */
  add(name: string, value: string): string | undefined {
    if (this.values.length >= this.#limits.arguments) return 'there are too many arguments';
    this.#nameBytes += name.length;
    if (this.#nameBytes > this.#limits.nameBytes) return 'the names of the arguments are too long';
    this.values.push({ name, value });
    return undefined;
  }

  /**
   * What could not be taken apart, or belongs to nothing. Whoever is behind us may read it in a way of its own, and not
   * everyone refuses a body for its fault: so rules see at least the bytes. Once for a fault, whatever the limits say.
   */
  addUnread(name: string, bytes: string): void {
    this.values.push({ name, value: bytes });
  }
}
