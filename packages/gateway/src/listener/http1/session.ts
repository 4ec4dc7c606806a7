import type { Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import { ChunkedReader } from '../../http/chunked.ts';
import { endOfHead } from '../../http/field-lines.ts';
import { fieldName } from '../../http/field-name.ts';
import { Malformed } from '../../http/malformed.ts';
import { catalogue, type ProblemName } from '../../problems/catalogue.ts';
import type { Connection } from '../connections.ts';
import type { Inbound } from '../inbound.ts';
import { closeGently } from '../lingering.ts';
import type { StallWatch, Watched } from '../stall-watch.ts';
import { UnparsedInbound } from '../unparsed.ts';
import { Http1Inbound, type Session } from './inbound.ts';
import { RequestBody } from './request-body.ts';
import { readRequestHead } from './request-head.ts';

/** What sessions have in common. */
export interface SessionHost {
  readonly stalls: StallWatch;
  /** Milliseconds. */
  readonly headTimeout: number;
  readonly idleTimeout: number;
  /** Tells clients how long an idle connection is kept, so that they do not use one that is about to end. */
  readonly keepAliveLine: string;
  /** Bytes. */
  readonly maxHeadSize: number;
  /** Each reply is the last on its connection. */
  readonly draining: boolean;
  serve(inbound: Inbound): void;
  /** Refuses what never became a request, so that the refusal is counted and recorded like any other. */
  refuse(inbound: Inbound, problem: ProblemName, reason: string): void;
  /** Counts what was cut off, with the status that was answered; 0 for none. */
  clientError(code: string, status: number, socket: Socket): void;
}

/** Bytes that may follow a request that is not answered yet; beyond them the client has to wait. */
const mostHeld = 65_536;
/** Requests that are served in one turn of the event loop from bytes that are here already. */
const mostInTurn = 16;
/** Bytes of an unwanted body that are read to keep the connection; more, and it is closed. */
const discarded = 65_536;
/** Milliseconds for them. */
const discardTimeout = 10_000;

/**
 * A client connection that speaks HTTP/1.1. It carries one request at a time: what a client sends ahead (RFC 9112
 * section 9.3.2) waits, so that replies cannot come in another order, and nobody is served out of turn.
 */
export class Http1Session implements Session {
  readonly connection: Connection;
  readonly #host: SessionHost;
  readonly #socket: Socket;
  /** What the next bytes are: of a head, of content, of content that nobody wants, behind a request, or nobody's. */
  #expects: 'head' | 'content' | 'discarded' | 'nothing' | 'the end' = 'head';
  #current: Http1Inbound | undefined = undefined;
  /** Of a head that is not complete. */
  #partial: Buffer | undefined = undefined;
  /** Milliseconds at which the head, or the wait for one, began. */
  #since: number;
  /** A head is due: its first bytes are here, or it is the first one, for which a client has no reason to wait. */
  #begun = true;
  #left = 0;
  #chunked: ChunkedReader | undefined = undefined;
  #body: RequestBody | undefined = undefined;
  #expectsContinue = false;
  #persistent = true;
  /** Bytes that came before their time. */
  #held: Buffer | undefined = undefined;
  /** The watch over content that is thrown away. */
  #rest: Watched | undefined = undefined;
  #working = false;

  constructor(connection: Connection, host: SessionHost, now: number) {
    this.connection = connection;
    this.#host = host;
    this.#since = now;
    const { socket } = connection;
    this.#socket = socket;
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('error', ignore);
    socket.on('drain', this.#onDrain);
    // Set only while bytes wait to be sent, see write.
    socket.on('timeout', this.#onStuck);
  }

  /** Looks whether a head, or the next request, is overdue. */
  look(now: number): void {
    if (this.#expects !== 'head' || this.#held !== undefined) return;
    const { headTimeout, idleTimeout } = this.#host;
    if (now - this.#since < (this.#begun ? headTimeout : idleTimeout)) return;
    if (this.#begun) this.#refuse('header-timeout', 'HEAD_TIMEOUT');
    else this.#socket.destroy();
  }

  get keepAliveLine(): string {
    return this.#host.keepAliveLine;
  }

  // --- what comes in ---

  readonly #onData = (chunk: Buffer): void => {
    this.#held = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk]);
    this.#advance();
  };

  /** Takes what is there, as far as it is its time. */
  readonly #advance = (): void => {
    if (this.#working) return;
    this.#working = true;
    let served = 0;
    try {
      while (this.#held !== undefined && this.#expects !== 'nothing') {
        const bytes = this.#held;
        this.#held = undefined;
        if (this.#expects === 'head' && ++served > mostInTurn) {
          // Many small requests in one piece must not keep the others waiting.
          this.#held = bytes;
          this.#socket.pause();
          setImmediate(() => {
            this.#socket.resume();
            this.#advance();
          });
          return;
        }
        const at = this.#take(bytes);
        if (at < bytes.length) this.#held = at === 0 ? bytes : bytes.subarray(at);
      }
    } catch (error) {
      this.#held = undefined;
      this.#fault(error);
    } finally {
      this.#working = false;
    }
    if (this.#held !== undefined && this.#held.length > mostHeld) this.#socket.pause();
  };

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
    const { maxHeadSize } = this.#host;
    if (!this.#begun) {
      this.#begun = true;
      this.#since = performance.now();
    }
    const before = this.#partial === undefined ? 0 : this.#partial.length;
    const bytes = this.#partial === undefined ? received : Buffer.concat([this.#partial, received]);
    // RFC 9112 section 2.2: an empty line before a request is left over from the one before.
    let start = 0;
    while (bytes[start] === cr && bytes[start + 1] === lf) start += 2;
    const end = endOfHead(bytes, Math.max(start, before - 3));
    if (end < 0 || end - start > maxHeadSize) {
      if (bytes.length - start > maxHeadSize) throw new Malformed('HEAD_SIZE');
      // What can never become a head need not be waited for.
      const latest = bytes.toString('latin1', Math.max(start, before - 1));
      if (!beginning.test(bytes.toString('latin1', start, start + 33))) throw new Malformed('REQUEST_LINE');
      if (bareLineFeed.test(latest)) throw new Malformed('FIELD');
      this.#partial = start === bytes.length ? undefined : bytes.subarray(start);
      return received.length;
    }
    this.#partial = undefined;
    this.#begun = false;
    this.#begin(bytes, start, end);
    return end + 4 - before;
  }

  #begin(bytes: Buffer, start: number, end: number): void {
    const head = readRequestHead(bytes, start, end);
    const { content } = head;
    this.#expects = content === 0 ? 'nothing' : 'content';
    this.#left = content === 'chunked' ? Number.POSITIVE_INFINITY : content;
    this.#chunked = content === 'chunked' ? new ChunkedReader() : undefined;
    this.#expectsContinue = head.expectsContinue;
    this.#persistent = head.persistent;
    const inbound = new Http1Inbound(head, this);
    this.#current = inbound;
    this.connection.current = inbound;
    // Behind CONNECT, and a switch that does not happen, comes what the client wants to tunnel, and no request.
    if (this.#host.draining || head.method === 'CONNECT' || head.upgrade !== undefined) this.closeAfter();
    this.#host.serve(inbound);
  }

  #takeContent(bytes: Buffer): number {
    let at: number;
    let complete: boolean;
    if (this.#chunked === undefined) {
      at = Math.min(bytes.length, this.#left);
      this.#left -= at;
      this.#pass(at === bytes.length ? bytes : bytes.subarray(0, at));
      complete = this.#left === 0;
    } else {
      at = this.#chunked.read(bytes, 0, bytes.length, (piece) => this.#pass(piece));
      complete = this.#chunked.trailers !== undefined;
      if (complete) checkTrailers(this.#chunked.trailers!);
    }
    if (complete) this.#contentOver();
    return at;
  }

  #pass(piece: Buffer): void {
    if (this.#expects !== 'content' || piece.length === 0) return;
    if (!this.#ensureBody().push(piece)) this.#socket.pause();
  }

  #contentOver(): void {
    const wanted = this.#expects === 'content';
    if (this.#expects === 'the end') return;
    this.#expects = wanted ? 'nothing' : 'head';
    if (wanted) this.#ensureBody().push(null);
    else this.#next();
  }

  #ensureBody(): RequestBody {
    this.#body ??= new RequestBody(() => {
      if (this.#expects === 'content') this.#socket.resume();
    });
    return this.#body;
  }

  readonly #onEnd = (): void => {
    // Where the end of a client's half means that it is gone, nobody does work that nobody waits for.
    if (this.#current !== undefined) this.#socket.destroy();
    else if (this.#partial !== undefined && this.#expects === 'head') this.#fault(new Malformed('EOF'));
    else this.#socket.end();
  };

  // --- what is wrong with it ---

  #fault(error: unknown): void {
    if (!(error instanceof Malformed)) {
      this.#socket.destroy();
      throw error;
    }
    this.#refuse(error.code === 'HEAD_SIZE' ? 'fields-too-large' : 'malformed-request', error.code);
  }

  #refuse(problem: ProblemName, code: string): void {
    const { socket, closing } = this.connection;
    const current = this.#current;
    const isReceiving = this.#expects === 'content';
    this.#expects = 'the end';
    this.connection.closing = true;
    let status = 0;
    if (current === undefined && !closing && socket.writable) {
      status = catalogue[problem].status;
      this.#host.refuse(new UnparsedInbound(this.connection, this.#host.stalls), problem, code);
    } else if (current !== undefined && isReceiving && !current.replying) {
      status = catalogue[problem].status;
      current.bodyBroke(problem);
      // Bytes in between would be read as part of the reply that is under way.
    } else if (!closing || current !== undefined) socket.destroy();
    this.#host.clientError(code, status, socket);
  }

  // --- what goes out ---

  write(data: string | Buffer, encoding?: 'latin1'): boolean {
    const socket = this.#socket;
    const flowing = typeof data === 'string' ? socket.write(data, encoding) : socket.write(data);
    // Node's own timeout sees whether anything of it moves.
    if (!flowing && socket.timeout !== this.#host.idleTimeout) socket.setTimeout(this.#host.idleTimeout);
    return flowing;
  }

  readonly #onDrain = (): void => {
    this.#socket.setTimeout(0);
  };

  readonly #onStuck = (): void => {
    if (this.#socket.writableLength > 0) this.#socket.destroy();
  };

  onDrain(callback: () => void): void {
    this.#socket.once('drain', callback);
  }

  body(): Readable {
    if (this.#expectsContinue) {
      this.#expectsContinue = false;
      this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');
    }
    return this.#ensureBody();
  }

  closeAfter(): void {
    this.connection.closing = true;
  }

  settle(): void {
    if (this.#expects === 'content') this.#discardRest();
  }

  replied(inbound: Http1Inbound): void {
    if (this.#current !== inbound) return;
    this.#current = undefined;
    this.connection.current = undefined;
    this.settle();
    if (!this.#persistent || this.connection.closing) {
      this.connection.closing = true;
      this.#expects = 'the end';
      this.#held = undefined;
      closeGently(this.#socket, this.#host.stalls);
      return;
    }
    if (this.#expects === 'nothing') {
      this.#expects = 'head';
      this.#next();
    }
  }

  /** The connection waits for the next request, which may be here already. */
  #next(): void {
    this.#body = undefined;
    this.#chunked = undefined;
    this.#since = performance.now();
    if (this.#rest !== undefined) this.#host.stalls.remove(this.#rest);
    this.#rest = undefined;
    if (this.#socket.writableNeedDrain) {
      // A client that does not read its replies gets no further ones.
      this.#expects = 'nothing';
      this.#socket.once('drain', () => {
        this.#expects = 'head';
        this.#next();
      });
      return;
    }
    if (this.#socket.isPaused()) this.#socket.resume();
    if (this.#held !== undefined) this.#advance();
  }

  /** The reply came before the end of the request, so what is left of it is read, but not for ever. */
  #discardRest(): void {
    // Who waits for 100 sends either the content or the next request, and nobody can tell which.
    if (this.#expectsContinue || this.#left > discarded) {
      this.connection.closing = true;
      return;
    }
    this.#expects = 'discarded';
    const socket = this.#socket;
    const rest: Watched = {
      received: 0,
      timeout: discardTimeout,
      minimumRate: 0,
      stalled: () => void socket.destroy(),
    };
    this.#rest = rest;
    this.#host.stalls.add(rest);
    socket.once('close', () => this.#host.stalls.remove(rest));
    socket.resume();
  }

  takeOver(): Duplex {
    const socket = this.#socket;
    this.#current = undefined;
    this.connection.current = undefined;
    this.#expects = 'the end';
    socket.off('data', this.#onData).off('end', this.#onEnd).off('drain', this.#onDrain);
    socket.off('timeout', this.#onStuck).setTimeout(0);
    socket.pause();
    if (this.#held !== undefined) socket.unshift(this.#held);
    this.#held = undefined;
    return socket;
  }
}

const lf = 0x0a;
const cr = 0x0d;

function ignore(): void {}

/** Others, such as the first bytes of TLS, begin no request. */
const beginning = /^(?:\r?$|[A-Z][A-Z-]{0,30}(?: |$))/;

/** A head whose lines end with LF alone (RFC 9112 section 2.2) has no empty line that we would find. */
const bareLineFeed = /[^\r]\n/;

/** RFC 9110 section 6.5.1: what frames or routes a message must come before its content. */
function checkTrailers(trailers: readonly string[]): void {
  for (let i = 0; i < trailers.length; i += 2) {
    const { lower, once } = fieldName(trailers[i]!);
    if (lower === 'content-length' || lower === 'transfer-encoding' || (lower === 'host' && once !== 0))
      throw new Malformed('TRAILER');
  }
}
