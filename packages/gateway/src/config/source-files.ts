import { statSync } from 'node:fs';

/** Something that differs when the content of a file may differ; undefined for a file that is not there. */
export type Mark = string | undefined;

/** By absolute path. */
export type Marks = ReadonlyMap<string, Mark>;

/** All are looked at once a second: 2,000 take the main thread 6 ms (measured, on a local disk). */
const maximumFiles = 2_000;

/** The files that a configuration is made of, each with the state that it had when it was about to be read. */
export class SourceFiles {
  readonly #marks = new Map<string, Mark>();
  readonly #maximum: number;
  #isComplete = true;

  constructor(maximum = maximumFiles) {
    this.#maximum = maximum;
  }

  /**
   * To be called before the file is read, also where it turns out not to be there: whatever happens to it from then on
   * may make another configuration.
   * @param file absolute, and as it was named: not what its symbolic links lead to, as links are swapped
   */
  add(file: string): void {
    if (this.#marks.has(file)) return;
    if (this.#marks.size < this.#maximum) this.#marks.set(file, markOf(file));
    else this.#isComplete = false;
  }

  /** The gateway itself has written the file, and whoever reads it will find that. */
  renew(file: string): void {
    if (this.#marks.has(file)) this.#marks.set(file, markOf(file));
  }

  get marks(): Marks {
    return this.#marks;
  }

  /** False when there were more than are kept. */
  get isComplete(): boolean {
    return this.#isComplete;
  }
}

/** Follows symbolic links, so that the inode changes when a link is swapped. */
export function markOf(file: string): Mark {
  try {
    const { mtimeNs, size, ino, dev } = statSync(file, { bigint: true });
    return `${mtimeNs} ${size} ${ino} ${dev}`;
  } catch {
    return undefined;
  }
}
