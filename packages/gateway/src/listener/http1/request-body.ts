import { Readable } from 'node:stream';

/** The content of a request as it arrives. */
export class RequestBody extends Readable {
  readonly #wanted: () => void;

  /** @param wanted called when more of it can be taken */
  constructor(wanted: () => void) {
    super({ highWaterMark: 65_536 });
    this.#wanted = wanted;
  }

  override _read(): void {
    this.#wanted();
  }
}
