import type { Socket } from 'node:net';
import { ChunkedReader } from '../../http/chunked.ts';
import { endOfHead } from '../../http/field-lines.ts';
import { fieldName } from '../../http/field-name.ts';
import { Malformed } from '../../http/malformed.ts';
import { RequestBody } from './request-body.ts';
import { type RequestHead, readRequestHead } from './request-head.ts';

/** Whoever answers what is read. */
export interface RequestTaker {
  /** A head is here; it may be answered before this returns. */
  begin(head: RequestHead): void;
  /** Content that nobody wanted is over: the next request may come. */
  restIsOver(): void;
  /** What came is no request, or not the content that its head announced. */
  malformed(error: Malformed): void;
}

export interface ReadingLimits {
  /** Milliseconds. */
  readonly headTimeout: number;
  readonly idleTimeout: number;
  /** Bytes. */
  readonly maxHeadSize: number;
}

/** Bytes that may follow a request that is not answered yet; beyond them the client has to wait. */
const mostHeld = 65_536;
/** Requests that are served in one turn of the event loop from bytes that are here already. */
const mostInTurn = 16;

/**
 * Reads the requests that come on a connection, one at a time: what a client sends ahead (RFC 9112 section 9.3.2) is held,
 * and beyond a bound left in the network, until the taker asks for the next one.
 */
export class RequestReader {
  readonly #socket: Socket;
  readonly #taker: RequestTaker;
  readonly #limits: ReadingLimits;
  /** What the next bytes are: of a head, of content, of content that nobody wants, behind a request, or nobody's. */
  #expects: 'head' | 'content' | 'discarded' | 'nothing' | 'the end' = 'head';
  /** Of a head that is not complete. */
  #partial: Buffer | undefined = undefined;
  /** A head is due: its first bytes are here, or it is the first one, for which a client has no reason to wait. */
  #hasBegun = true;
  /** A client that does not read its replies gets no further ones. */
  #awaitsDrain = false;
  /** Milliseconds at which that, the head, or the wait for its first byte, has taken too long. */
  #due: number;
  #left = 0;
  #chunked: ChunkedReader | undefined = undefined;
  #body: RequestBody | undefined = undefined;
  /** Bytes that came before their time. */
  #held: Buffer | undefined = undefined;
  /** Heads since the last turn of the event loop that brought bytes. */
  #inTurn = 0;
  #working = false;

  constructor(socket: Socket, taker: RequestTaker, limits: ReadingLimits, now: number) {
    this.#socket = socket;
    this.#taker = taker;
    this.#limits = limits;
    this.#due = now + limits.headTimeout;
    socket.on('data', this.#onData);
  }

  get isReceiving(): boolean {
    return this.#expects === 'content';
  }

  /** Bytes of content that have yet to come; infinity for chunks. */
  get left(): number {
    return this.#left;
  }

  /** A part of a head is here. */
  get isWithinHead(): boolean {
    return this.#expects === 'head' && this.#partial !== undefined;
  }

  /**
   * What has taken too long, if anything: the head of a request; or whatever there was between two of them, for which
   * nobody has to be told. Bytes that the client sends are no sign that it reads, so Node's own timeout is none either.
   */
  overdue(now: number): 'head' | 'pause' | undefined {
    if (now < this.#due) return undefined;
    if (this.#awaitsDrain) return 'pause';
    if (this.#expects !== 'head' || this.#held !== undefined) return undefined;
    return this.#hasBegun ? 'head' : 'pause';
  }

  /** The content of the request under way. */
  body(): RequestBody {
    this.#body ??= new RequestBody(() => {
      if (this.#expects === 'content') this.#socket.resume();
    });
    return this.#body;
  }

  /** What is left of the content is read and thrown away. */
  discard(): void {
    this.#expects = 'discarded';
    this.#socket.resume();
  }

  /** Takes the next request, which may be here already; not while content of the one before is to come. */
  next(): void {
    if (this.#expects !== 'nothing') return;
    this.#body = undefined;
    this.#chunked = undefined;
    this.#due = performance.now() + this.#limits.idleTimeout;
    this.#awaitsDrain = this.#socket.writableNeedDrain;
    if (this.#awaitsDrain) {
      this.#socket.once('drain', this.#onDrained);
      return;
    }
    this.#expects = 'head';
    if (this.#socket.isPaused()) this.#socket.resume();
    if (this.#held !== undefined) this.#advance();
  }

  /** Whatever else comes is thrown away. */
  stop(): void {
    this.#expects = 'the end';
    this.#held = undefined;
    this.#partial = undefined;
  }

  /** Leaves the bytes of the connection to somebody else, from those behind the request under way on. */
  release(): void {
    const held = this.#held;
    this.stop();
    this.#socket.off('data', this.#onData).pause();
    if (held !== undefined) this.#socket.unshift(held);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#inTurn = 0;
    this.#held = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk]);
    this.#advance();
  };

  readonly #onDrained = (): void => this.next();

  readonly #inNextTurn = (): void => {
    this.#inTurn = 0;
    if (this.#expects !== 'head') return;
    this.#socket.resume();
    this.#advance();
  };

  /** Takes what is there, as far as it is its time. */
  #advance(): void {
    if (this.#working) return;
    this.#working = true;
    try {
      while (this.#held !== undefined && this.#expects !== 'nothing') {
        // The event that says so comes later.
        if (this.#socket.destroyed) return this.stop();
        if (this.#expects === 'head' && ++this.#inTurn > mostInTurn) {
          // Many small requests in one piece must not keep the others waiting.
          this.#socket.pause();
          setImmediate(this.#inNextTurn);
          return;
        }
        const bytes = this.#held;
        this.#held = undefined;
        const at = this.#take(bytes);
        if (at < bytes.length && this.#expects !== 'the end')
          this.#held = at === 0 ? bytes : bytes.subarray(at);
      }
    } catch (error) {
      this.stop();
      if (!(error instanceof Malformed)) throw error;
      this.#taker.malformed(error);
    } finally {
      this.#working = false;
    }
    if (this.#held !== undefined && this.#held.length > mostHeld) this.#socket.pause();
  }

  /** @returns how much of the bytes was taken */
  #take(bytes: Buffer): number {
    switch (this.#expects) {
      case 'head':
        return this.#takeHead(bytes);
      case 'content':
      case 'discarded':
        return this.#takeContent(bytes);
      case 'the end':
        return bytes.length;
      case 'nothing':
        return 0;
    }
  }

  #takeHead(received: Buffer): number {
    const before = this.#partial === undefined ? 0 : this.#partial.length;
    const bytes = this.#partial === undefined ? received : Buffer.concat([this.#partial, received]);
    // RFC 9112 section 2.2: an empty line before a request is left over from the one before.
    let start = 0;
    while (bytes[start] === cr && bytes[start + 1] === lf) start += 2;
    const end = endOfHead(bytes, Math.max(start, before - 3));
    const { maxHeadSize, headTimeout } = this.#limits;
    if (end < 0 || end - start > maxHeadSize) {
      if (bytes.length - start > maxHeadSize) throw new Malformed('HEAD_SIZE');
      // What can never become a head need not be waited for.
      const latest = bytes.toString('latin1', Math.max(start, before - 1));
      if (!beginning.test(bytes.toString('latin1', start, start + 33))) throw new Malformed('REQUEST_LINE');
      if (bareLineFeed.test(latest)) throw new Malformed('FIELD');
      if (!this.#hasBegun) this.#due = performance.now() + headTimeout;
      this.#hasBegun = true;
      this.#partial = start === bytes.length ? undefined : bytes.subarray(start);
      return received.length;
    }
    this.#partial = undefined;
    this.#hasBegun = false;
    this.#begin(readRequestHead(bytes, start, end));
    return end + 4 - before;
  }

  #begin(head: RequestHead): void {
    const { content } = head;
    this.#expects = content === 0 ? 'nothing' : 'content';
    this.#left = content === 'chunked' ? Number.POSITIVE_INFINITY : content;
    this.#chunked = content === 'chunked' ? new ChunkedReader() : undefined;
    this.#taker.begin(head);
  }

  #takeContent(bytes: Buffer): number {
    let at: number;
    let isComplete: boolean;
    if (this.#chunked === undefined) {
      at = Math.min(bytes.length, this.#left);
      this.#left -= at;
      this.#pass(at === bytes.length ? bytes : bytes.subarray(0, at));
      isComplete = this.#left === 0;
    } else {
      const chunked = this.#chunked;
      at = chunked.read(bytes, 0, bytes.length, (content) => this.#pass(content));
      isComplete = chunked.trailers !== undefined;
      if (isComplete) checkTrailers(chunked.trailers!);
    }
    if (isComplete) this.#endContent();
    return at;
  }

  #pass(content: Buffer): void {
    if (this.#expects !== 'content' || content.length === 0) return;
    if (!this.body().push(content)) this.#socket.pause();
  }

  #endContent(): void {
    const isWanted = this.#expects === 'content';
    if (this.#expects === 'the end') return;
    this.#expects = 'nothing';
    if (!isWanted) return this.#taker.restIsOver();
    this.body().push(null);
    // Whether the client is still there is to be seen even if its content is not read at once.
    if (this.#socket.isPaused()) this.#socket.resume();
  }
}

const lf = 0x0a;
const cr = 0x0d;

/** Others, such as the first bytes of TLS, begin no request. */
const beginning = /^(?:\r?$|[A-Z][A-Z-]{0,30}(?: |$))/;

/** A head whose lines end with LF alone (RFC 9112 section 2.2) has no empty line that we would find. */
const bareLineFeed = /[^\r]\n/;

/** RFC 9110 section 6.5.1: what frames or routes a message must come before its content. */
function checkTrailers(trailers: readonly string[]): void {
  for (let i = 0; i < trailers.length; i += 2) {
    const { lower } = fieldName(trailers[i]!);
    if (lower === 'content-length' || lower === 'transfer-encoding' || lower === 'host')
      throw new Malformed('TRAILER');
  }
}
