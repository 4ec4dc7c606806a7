import type { Judgement } from './body-judge.ts';
import { shortened, type ValidationError } from './validation-error.ts';

/** What the lines of a body come to together. */
export class JudgedLines {
  readonly #bytes: Buffer;
  readonly #most: number;
  readonly #errors: ValidationError[] = [];
  /** Ignored, or taken out. */
  readonly #passed: ValidationError[] = [];
  readonly #pieces: Buffer[] = [];
  #copied = 0;

  constructor(bytes: Buffer, most: number) {
    this.#bytes = bytes;
    this.#most = most;
  }

  get isFull(): boolean {
    return this.#errors.length >= this.#most;
  }

  add(index: number, start: number, end: number, judgement: Judgement): void {
    if (judgement === undefined) return;
    if ('body' in judgement) {
      this.#pieces.push(this.#bytes.subarray(this.#copied, start), judgement.body);
      this.#copied = end;
    }
    const [list, found] =
      'errors' in judgement
        ? [this.#errors, judgement.errors]
        : [this.#passed, 'body' in judgement ? judgement.stripped : judgement.ignored];
    for (const error of found.slice(0, this.#most - list.length))
      list.push({
        ...error,
        pointer: shortened(`/${index}${error.pointer ?? ''}`),
        ...(error.offset !== undefined && { offset: start + error.offset }),
      });
  }

  get judgement(): Judgement {
    if (this.#errors.length > 0) return { errors: this.#errors };
    if (this.#passed.length === 0) return undefined;
    if (this.#pieces.length === 0) return { ignored: this.#passed };
    const body = Buffer.concat([...this.#pieces, this.#bytes.subarray(this.#copied)]);
    return { body, stripped: this.#passed };
  }
}
