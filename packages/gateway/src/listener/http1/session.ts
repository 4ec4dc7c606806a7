import type { Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import { Malformed } from '../../http/malformed.ts';
import { catalogue, type ProblemName } from '../../problems/catalogue.ts';
import type { Connection } from '../connections.ts';
import type { Inbound } from '../inbound.ts';
import { closeGently } from '../lingering.ts';
import type { StallWatch, Watched } from '../stall-watch.ts';
import { UnparsedInbound } from '../unparsed.ts';
import { Http1Inbound, type Session } from './inbound.ts';
import type { RequestHead } from './request-head.ts';
import { type ReadingLimits, RequestReader, type RequestTaker } from './request-reader.ts';

/** What sessions have in common. */
export interface SessionHost extends ReadingLimits {
  readonly stalls: StallWatch;
  /** Tells clients how long an idle connection is kept, so that they do not use one that is about to end. */
  readonly keepAliveLine: string;
  /** Each reply is the last on its connection. */
  readonly draining: boolean;
  serve(inbound: Inbound): void;
  /** Refuses what never became a request, so that the refusal is counted and recorded like any other. */
  refuse(inbound: Inbound, problem: ProblemName, reason: string): void;
  /** Counts what was cut off, with the status that was answered; 0 for none. */
  clientError(code: string, status: number, socket: Socket): void;
}

/** Bytes of an unwanted body that are read to keep the connection; more, and it is closed. */
const discarded = 65_536;
/** Milliseconds for them. */
const discardTimeout = 10_000;

/**
 * A client connection that speaks HTTP/1.1: has its requests read one at a time, and sends their replies. So replies
 * cannot come in another order, and nobody is served out of turn.
 */
export class Http1Session implements Session, RequestTaker {
  readonly connection: Connection;
  readonly #host: SessionHost;
  readonly #socket: Socket;
  readonly #reader: RequestReader;
  #current: Http1Inbound | undefined = undefined;
  /** The client waits for it before it sends the content. */
  #owesContinue = false;
  /** As the request under way has it. */
  #persistent = true;
  /** The watch over content that is thrown away. */
  #rest: Watched | undefined = undefined;

  constructor(connection: Connection, host: SessionHost, now: number) {
    const { socket } = connection;
    this.connection = connection;
    this.#host = host;
    this.#socket = socket;
    this.#reader = new RequestReader(socket, this, host, now);
    socket.on('end', this.#onEnd);
    socket.on('error', ignore);
    socket.on('close', this.#onClose);
  }

  /** Looks whether something is overdue that is nobody else's business: bodies and replies under way have their own watch. */
  look(now: number): void {
    const overdue = this.#reader.overdue(now);
    if (overdue === 'head') this.#refuseUnread('header-timeout', 'HEAD_TIMEOUT');
    else if (overdue === 'pause') this.#socket.destroy();
  }

  // --- what comes in ---

  begin(head: RequestHead): void {
    this.#owesContinue = head.expectsContinue;
    this.#persistent = head.persistent;
    const inbound = new Http1Inbound(head, this);
    this.#current = inbound;
    this.connection.current = inbound;
    // Behind CONNECT, and a switch that does not happen, comes what the client wants to tunnel, and no request.
    if (head.method === 'CONNECT' || head.upgrade !== undefined) this.closeAfter();
    this.#host.serve(inbound);
  }

  body(): Readable {
    if (this.#owesContinue) {
      this.#owesContinue = false;
      this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');
    }
    return this.#reader.body();
  }

  /** The reply comes before the end of the request, so what is left of it is read, but not for ever. */
  settle(): void {
    if (!this.#reader.isReceiving) return;
    // Who waits for 100 sends either the content or the next request, and nobody can tell which.
    if (this.#owesContinue || this.#reader.left > discarded) {
      this.closeAfter();
      return;
    }
    this.#rest = new Rest(this.#socket);
    this.#host.stalls.add(this.#rest);
    this.#reader.discard();
  }

  restIsOver(): void {
    this.#forgetRest();
    if (this.#current === undefined) this.#reader.next();
  }

  /** Where the end of a client's half means that it is gone, nobody does work that nobody waits for. */
  readonly #onEnd = (): void => {
    if (this.#current !== undefined) this.#socket.destroy();
    else if (this.#reader.isWithinHead) this.malformed(new Malformed('EOF'));
    else this.#socket.end();
  };

  readonly #onClose = (): void => {
    this.#reader.stop();
    this.#forgetRest();
  };

  #forgetRest(): void {
    if (this.#rest === undefined) return;
    this.#host.stalls.remove(this.#rest);
    this.#rest = undefined;
  }

  // --- what is wrong with it ---

  malformed({ code }: Malformed): void {
    const problem = code === 'HEAD_SIZE' ? 'fields-too-large' : 'malformed-request';
    if (this.#current === undefined) this.#refuseUnread(problem, code);
    else this.#refuseBody(this.#current, problem, code);
  }

  /** There is no request that could be answered. Behind the last reply nobody expects one. */
  #refuseUnread(problem: ProblemName, code: string): void {
    const { connection } = this;
    const { stalls, idleTimeout } = this.#host;
    const isExpected = !connection.closing && this.#socket.writable;
    this.#reader.stop();
    this.closeAfter();
    if (isExpected) this.#host.refuse(new UnparsedInbound(connection, stalls, idleTimeout), problem, code);
    else this.#socket.destroy();
    this.#host.clientError(code, isExpected ? catalogue[problem].status : 0, this.#socket);
  }

  #refuseBody(current: Http1Inbound, problem: ProblemName, code: string): void {
    const isPossible = !current.replying;
    if (isPossible) current.bodyBroke(problem);
    // Bytes in between would be read as part of the reply that is under way.
    else this.#socket.destroy();
    this.#host.clientError(code, isPossible ? catalogue[problem].status : 0, this.#socket);
  }

  // --- what goes out ---

  get isLast(): boolean {
    return this.connection.closing || this.#host.draining;
  }

  get keepAliveLine(): string {
    return this.#host.keepAliveLine;
  }

  write(data: string | Buffer, encoding?: 'latin1'): boolean {
    return typeof data === 'string' ? this.#socket.write(data, encoding) : this.#socket.write(data);
  }

  onDrain(callback: () => void): void {
    this.#socket.once('drain', callback);
  }

  closeAfter(): void {
    this.connection.closing = true;
  }

  replied(inbound: Http1Inbound): void {
    if (this.#current !== inbound) return;
    this.#current = undefined;
    this.connection.current = undefined;
    this.settle();
    if (this.#persistent && !this.isLast) return this.#reader.next();
    this.closeAfter();
    this.#reader.stop();
    closeGently(this.#socket, this.#host.stalls, this.#host.idleTimeout);
  }

  takeOver(): Duplex {
    const socket = this.#socket;
    this.#current = undefined;
    this.connection.current = undefined;
    this.#reader.release();
    socket.off('end', this.#onEnd);
    return socket;
  }
}

/** Content that is thrown away: however fast it comes, its time is the same. */
class Rest implements Watched {
  readonly received = 0;
  readonly minimumRate = 0;
  readonly timeout = discardTimeout;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  stalled(): void {
    this.#socket.destroy();
  }
}

function ignore(): void {}
