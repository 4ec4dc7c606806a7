import { type FileHandle, open } from 'node:fs/promises';

/** Bytes that may wait for a slow disk; above it, lines are dropped and counted rather than memory filled. */
const mostWaiting = 64 * 1_048_576;

/** Appends whole lines to files or to stdout, in order, a write at a time. */
export class LogFiles {
  readonly #destinations = new Map<string, Destination>();
  readonly #onDropped: (lines: number) => void;
  readonly #warn: (message: string) => void;

  constructor(onDropped: (lines: number) => void, warn: (message: string) => void) {
    this.#onDropped = onDropped;
    this.#warn = warn;
  }

  /**
   * @param destination `stdout`, or `file:` and an absolute path
   * @param lines UTF-8
   * @param count of the lines
   */
  write(destination: string, lines: Uint8Array, count: number): void {
    let to = this.#destinations.get(destination);
    if (to === undefined) {
      to = new Destination(destination, this.#warn);
      this.#destinations.set(destination, to);
    }
    if (!to.add(lines)) this.#onDropped(count);
  }

  /** Files are opened anew with the next line, as after a rotation. */
  reopen(): void {
    for (const destination of this.#destinations.values()) destination.reopen();
  }

  /** Resolves when all that was given is written. */
  async close(): Promise<void> {
    await Promise.all([...this.#destinations.values()].map((destination) => destination.close()));
  }
}

class Destination {
  readonly #name: string;
  readonly #warn: (message: string) => void;
  #waiting: Uint8Array[] = [];
  #size = 0;
  #writing: Promise<void> | undefined;
  #file: FileHandle | undefined;
  #stale = false;
  #failing = false;

  constructor(name: string, warn: (message: string) => void) {
    this.#name = name;
    this.#warn = warn;
  }

  add(lines: Uint8Array): boolean {
    if (this.#size + lines.length > mostWaiting) return false;
    this.#waiting.push(lines);
    this.#size += lines.length;
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
    });
    return true;
  }

  reopen(): void {
    this.#stale = true;
  }

  async close(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    await this.#file?.close();
    this.#file = undefined;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const bytes = this.#waiting.length === 1 ? this.#waiting[0]! : Buffer.concat(this.#waiting);
      this.#waiting = [];
      this.#size = 0;
      try {
        await this.#append(bytes);
        if (this.#failing) this.#warn(`${this.#name} can be written again`);
        this.#failing = false;
      } catch (error) {
        if (!this.#failing) this.#warn(`${this.#name} cannot be written: ${(error as Error).message}`);
        this.#failing = true;
      }
    }
  }

  async #append(bytes: Uint8Array): Promise<void> {
    if (this.#name === 'stdout') {
      await new Promise<void>((resolve, reject) => {
        process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
      });
      return;
    }
    if (this.#stale) {
      await this.#file?.close();
      this.#file = undefined;
      this.#stale = false;
    }
    // Records are for the operator: nobody else on the machine reads who called what.
    this.#file ??= await open(this.#name.slice('file:'.length), 'a', 0o640);
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at);
      at += bytesWritten;
    }
  }
}
