import { Readable } from 'node:stream';
import type { BodyLimits } from '../policy.ts';
import type { ProblemName } from '../problems/catalogue.ts';
import type { StallWatch, Watched } from './stall-watch.ts';

/** Why a body was not read to its end. */
export class BodyFault extends Error {
  readonly problem: ProblemName;

  constructor(problem: ProblemName) {
    super(problem);
    this.name = 'BodyFault';
    this.problem = problem;
  }

  /** Whose refusal it is: bounds are those of request-limits, the rest is HTTP itself. */
  get decidedBy(): string {
    return this.problem === 'body-timeout' || this.problem === 'body-too-large' ? 'request-limits' : 'http';
  }
}

/** Sizes up to this are taken in whole before the upstream is asked for a connection. */
export const heldAnyway = 65_536;

/**
 * Reads a body into memory, up to `limit` bytes.
 *
 * A slow sender holds nothing but its own connection meanwhile: the upstream sees the request once the body
 * is here. (Sixty-four slow bodies passed on at once keep a whole upstream pool busy.)
 *
 * @param done the bytes; or, when there are more than `limit`, the bytes so far with the stream to go on
 *   with; or the fault
 */
export class WholeBody implements Watched {
  received = 0;
  readonly timeout: number;
  readonly minimumRate: number;
  readonly #source: Readable;
  readonly #limit: number;
  readonly #watch: StallWatch;
  readonly #done: (fault: BodyFault | undefined, bytes: Buffer, more: boolean) => void;
  #first: Buffer | undefined = undefined;
  #rest: Buffer[] | undefined = undefined;
  #over = false;

  constructor(
    source: Readable,
    limit: number,
    limits: BodyLimits,
    watch: StallWatch,
    done: (fault: BodyFault | undefined, bytes: Buffer, more: boolean) => void,
  ) {
    this.#source = source;
    this.#limit = limit;
    this.timeout = limits.timeout;
    this.minimumRate = limits.minimumRate;
    this.#watch = watch;
    this.#done = done;
    source.on('data', this.#onData);
    source.on('end', this.#onEnd);
    source.on('error', ignore);
    if (this.timeout > 0) watch.add(this);
  }

  stalled(): void {
    this.#finish(new BodyFault('body-timeout'), false);
  }

  bodyBroke(problem: ProblemName): void {
    this.#finish(new BodyFault(problem), false);
  }

  /** The caller went away. */
  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    this.#release();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.received += chunk.length;
    if (this.#first === undefined) this.#first = chunk;
    else if (this.#rest === undefined) this.#rest = [this.#first, chunk];
    else this.#rest.push(chunk);
    if (this.received > this.#limit) {
      this.#source.pause();
      this.#finish(undefined, true);
    }
  };

  readonly #onEnd = (): void => {
    if (!brokenOff(this.#source)) this.#finish(undefined, false);
  };

  #finish(fault: BodyFault | undefined, more: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.#release();
    const bytes = this.#rest === undefined ? (this.#first ?? empty) : Buffer.concat(this.#rest);
    this.#done(fault, bytes, more);
  }

  #release(): void {
    this.#watch.remove(this);
    this.#source.off('data', this.#onData);
    this.#source.off('end', this.#onEnd);
  }
}

const empty = Buffer.alloc(0);

/** Errors come with the end of the connection or stream, where they are dealt with. */
function ignore(): void {}

/**
 * A client that resets a stream without an error code makes Node end the body where it is (RFC 9113 section 8.1): what
 * came so far is no whole body. In an honest end the stream is still open then, as it waits for its reply.
 */
function brokenOff(source: Readable): boolean {
  return source.closed;
}

/** The rest of a body on its way to the upstream, with back-pressure, counted and watched. */
export class PassingBody extends Readable implements Watched {
  received: number;
  readonly timeout: number;
  readonly minimumRate: number;
  readonly #source: Readable;
  readonly #size: number;
  readonly #watch: StallWatch;
  #waiting = true;

  /** @param head what was read already; it goes first */
  constructor(source: Readable, head: Buffer, limits: BodyLimits, watch: StallWatch) {
    super({ highWaterMark: 65_536 });
    this.#source = source;
    this.#size = limits.size;
    this.timeout = limits.timeout;
    this.minimumRate = limits.minimumRate;
    this.#watch = watch;
    this.received = head.length;
    if (head.length > 0) this.push(head);
    source.on('data', (chunk: Buffer) => this.#take(chunk));
    source.on('end', () => {
      if (!brokenOff(source)) this.push(null);
    });
    source.on('error', (error) => this.destroy(error));
    // Nobody may be reading it yet when it breaks off; whoever is about to looks at `errored`.
    this.on('error', ignore);
    source.pause();
    if (this.timeout > 0) watch.add(this);
  }

  stalled(): void {
    // While the upstream does not read, it is not the caller who is slow.
    if (this.#waiting) this.destroy(new BodyFault('body-timeout'));
    else this.#watch.add(this);
  }

  bodyBroke(problem: ProblemName): void {
    this.destroy(new BodyFault(problem));
  }

  /** Once the reply has begun, the caller may pause as it likes: the idle timeout of the upstream rules. */
  release(): void {
    this.#watch.remove(this);
  }

  override _read(): void {
    this.#waiting = true;
    this.#source.resume();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#watch.remove(this);
    this.#source.pause();
    callback(error);
  }

  #take(chunk: Buffer): void {
    if (this.destroyed) return;
    this.received += chunk.length;
    if (this.received > this.#size) {
      this.destroy(new BodyFault('body-too-large'));
      return;
    }
    if (this.push(chunk)) return;
    this.#waiting = false;
    this.#source.pause();
  }
}
