import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { ChunkedReader } from '../../http/chunked.ts';
import { endOfHead } from '../../http/field-lines.ts';
import { Malformed } from '../../http/malformed.ts';
import { type Call, type OutboundRequest, type ReplyHandler, UpstreamFault } from '../client.ts';
import type { Connect } from './connecting.ts';
import { keptTrailers, type ReplyHead, readReplyHead } from './reply-head.ts';
import { writeRequestHead } from './request-head.ts';
import { StreamedBody } from './streamed-body.ts';

/** Bytes of a reply's head; longer ones are no honest reply. */
export const largestHead = 65_536;
/** Interim replies (RFC 9110 section 15.2) before the final one. */
const mostInterim = 16;
/** A body up to this size leaves in one write with the head. */
const joined = 16_384;
/** Milliseconds for which a connection may wait for its first request. */
const firstIdle = 4_000;

/**
 * One buffer for all connections of a thread: Node reads into it and calls back before it reads anything else, and
 * whatever is kept is copied. So memory does not grow with the number of connections.
 */
const received = Buffer.allocUnsafeSlow(65_536);

/** Who owns connections and gives them requests. */
export interface ConnectionOwner {
  /** Its clock. */
  readonly ticks: number;
  /** It can carry its first request. */
  connected(connection: Http1Connection): void;
  /** It can carry another one. */
  free(connection: Http1Connection): void;
  /** It is gone; where it was never connected, `error` says why. */
  closed(connection: Http1Connection, before: Http1Connection['state'], error: Error | undefined): void;
}

/** A request, from when it is wanted until its reply is over. */
export class Http1Call implements Call {
  readonly request: OutboundRequest;
  readonly handler: ReplyHandler;
  /** The head of the request, as it is sent. */
  readonly head: string;
  connection: Http1Connection | undefined = undefined;
  /** Ticks of the owner's clock while it waits for a connection. */
  since = 0;
  paused = false;
  over = false;
  readonly #leaveQueue: (call: Http1Call) => void;

  /** @throws UpstreamFault where the request cannot be written */
  constructor(request: OutboundRequest, handler: ReplyHandler, leaveQueue: (call: Http1Call) => void) {
    const { body } = request;
    this.request = request;
    this.handler = handler;
    this.head = writeRequestHead(request, body instanceof Readable ? undefined : (body?.length ?? 0));
    this.#leaveQueue = leaveQueue;
    // From now on, as it may break off while the call waits for a connection: unheard, that would end the thread.
    if (body instanceof Readable) body.once('error', (error) => this.abort(error));
  }

  pause(): void {
    if (this.over || this.paused) return;
    this.paused = true;
    this.connection?.socket.pause();
  }

  resume(): void {
    if (this.over || !this.paused) return;
    this.paused = false;
    this.connection?.resume();
  }

  abort(error: Error): void {
    if (this.over) return;
    if (this.connection !== undefined) this.connection.break(error);
    else {
      this.#leaveQueue(this);
      this.fail(error);
    }
  }

  fail(error: Error): void {
    if (this.over) return;
    this.over = true;
    this.handler.failed(error);
  }
}

/** A connection that carries one request at a time: a slow reply must not hold up another one. */
export class Http1Connection {
  readonly socket: Socket;
  /** Ticks of the owner's clock at which something happened last. */
  seen = 0;
  state: 'connecting' | 'idle' | 'busy' | 'closed' = 'connecting';
  /** Milliseconds for which it may stay idle. */
  reusable = firstIdle;
  /** Where it stands in its owner's list. */
  index = 0;
  readonly #owner: ConnectionOwner;
  #call: Http1Call | undefined = undefined;
  #head: ReplyHead | undefined = undefined;
  /** Of a head that is not complete. */
  #partial: Buffer | undefined = undefined;
  #left = 0;
  #interim = 0;
  #chunked: ChunkedReader | undefined = undefined;
  #upload: StreamedBody | undefined = undefined;

  constructor(connect: Connect, ready: 'connect' | 'secureConnect', owner: ConnectionOwner) {
    this.#owner = owner;
    const socket = connect({ buffer: received, callback: (bytes, buffer) => this.#read(buffer, bytes) });
    this.socket = socket;
    socket.once(ready, () => {
      if (this.state === 'closed') return;
      this.state = 'idle';
      owner.connected(this);
    });
    socket.on('error', (error) => this.break(error));
    socket.on('end', () => this.#ended());
    socket.on('close', () => this.break(new UpstreamFault('CLOSED')));
  }

  /** True while the head of the reply is awaited, false while its content comes. */
  get awaitsHead(): boolean {
    return this.#head === undefined;
  }

  /** Nothing is expected of the upstream for the moment: it is the caller who reads or sends slowly. */
  get excused(): boolean {
    return this.#call?.paused === true || this.#upload?.starved === true;
  }

  send(call: Http1Call): void {
    const { head, request } = call;
    const { body } = request;
    this.state = 'busy';
    this.#call = call;
    call.connection = this;
    const { socket } = this;
    if (body instanceof Readable) {
      socket.write(head, 'latin1');
      this.#upload = new StreamedBody(body, request.fields, socket, this);
    } else if (body === undefined || body.length === 0) socket.write(head, 'latin1');
    else if (body.length <= joined) socket.write(head + body.toString('latin1'), 'latin1');
    else {
      socket.cork();
      socket.write(head, 'latin1');
      socket.write(body);
      socket.uncork();
    }
    call.handler.sent();
  }

  moved(): void {
    this.seen = this.#owner.ticks;
  }

  resume(): void {
    // What was read of a TLS record after the pause went on to the handler already.
    this.socket.resume();
  }

  /** Ends the request on it, and itself with it. */
  break(error: Error): void {
    const call = this.#call;
    this.#close(error);
    call?.fail(error);
  }

  #read(bytes: Buffer, end: number): boolean {
    const call = this.#call;
    if (call === undefined) {
      // Nobody asked: whatever it is, the next request must not take it for its reply.
      this.#close(undefined);
      return false;
    }
    this.seen = this.#owner.ticks;
    try {
      this.#take(call, bytes, end);
    } catch (error) {
      this.break(error as Error);
    }
    return !call.paused || call.over;
  }

  #take(call: Http1Call, bytes: Buffer, end: number): void {
    let at = 0;
    while (this.#head === undefined) {
      at = this.#readHead(call, bytes, at, end);
      if (at < 0) return;
      // A reply may be given up by whoever is told of it.
      if (call.over) return;
    }
    if (this.#chunked !== undefined) {
      at = this.#chunked.read(bytes, at, end, (piece) => this.#pass(call, piece));
      if (call.over) return;
      if (this.#chunked.trailers !== undefined)
        this.#finish(call, keptTrailers(this.#chunked.trailers), at === end);
      return;
    }
    const taken = Math.min(this.#left, end - at);
    if (taken > 0) {
      this.#left -= taken;
      this.#pass(call, bytes.subarray(at, at + taken));
      if (call.over) return;
    }
    if (this.#left === 0) this.#finish(call, none, at + taken === end);
  }

  #pass(call: Http1Call, piece: Buffer): void {
    if (!call.over) call.handler.data(Buffer.from(piece));
  }

  /** @returns where the head ended, or -1 when more of it has to come */
  #readHead(call: Http1Call, received: Buffer, from: number, end: number): number {
    const partial = this.#partial;
    const before = partial === undefined ? 0 : partial.length;
    const bytes =
      partial === undefined
        ? received.subarray(from, end)
        : Buffer.concat([partial, received.subarray(from, end)]);
    const empty = endOfHead(bytes, Math.max(0, before - 3));
    if (empty < 0 || empty > largestHead) {
      if (bytes.length > largestHead) throw new Malformed('HEAD_SIZE');
      if (!couldBeReply(bytes)) throw new Malformed('STATUS_LINE');
      // A copy, as the buffer is for all connections.
      this.#partial = partial === undefined ? Buffer.from(bytes) : bytes;
      return -1;
    }
    this.#partial = undefined;
    const head = readReplyHead(bytes, 0, empty, call.request.method);
    const at = from + empty + 4 - before;
    if (head.status < 200) {
      // A switch that nobody asked for would make the rest of the connection something else.
      if (head.status === 101) throw new UpstreamFault('SWITCH');
      if (++this.#interim > mostInterim) throw new UpstreamFault('INTERIM');
      return at < end ? at : -1;
    }
    this.#head = head;
    if (head.content === 'chunked') this.#chunked = new ChunkedReader();
    else this.#left = head.content === 'until-close' ? Number.POSITIVE_INFINITY : head.content;
    call.handler.head(head.status, head.fields);
    return at;
  }

  /** @param exact nothing came behind the reply */
  #finish(call: Http1Call, trailers: readonly string[], exact: boolean): void {
    const { reusable } = this.#head!;
    const sentWhole = this.#upload === undefined || this.#upload.complete;
    this.#call = undefined;
    call.over = true;
    this.#reset();
    // What comes behind a reply would be taken for the next one.
    if (reusable === 0 || !exact || !sentWhole) this.#close(undefined);
    else {
      if (call.paused) this.resume();
      this.reusable = reusable;
      this.state = 'idle';
    }
    // Free before the handler hears of it, so that a request that follows at once finds it.
    if (this.state === 'idle') this.#owner.free(this);
    try {
      call.handler.end(trailers);
    } catch (error) {
      call.handler.failed(error as Error);
    }
  }

  #reset(): void {
    this.#head = undefined;
    this.#chunked = undefined;
    this.#interim = 0;
    this.#upload?.stop();
    this.#upload = undefined;
  }

  #ended(): void {
    const call = this.#call;
    if (call !== undefined && this.#left === Number.POSITIVE_INFINITY && this.#head !== undefined)
      this.#finish(call, none, true);
    else this.break(new UpstreamFault('CLOSED'));
  }

  #close(error: Error | undefined): void {
    const before = this.state;
    if (before === 'closed') return;
    this.state = 'closed';
    this.#call = undefined;
    this.#reset();
    this.socket.destroy();
    this.#owner.closed(this, before, error);
  }
}

const none: readonly string[] = Object.freeze([]);

const beginning = Buffer.from('HTTP/1.');

/** What does not begin like a reply need not be waited for. */
function couldBeReply(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, beginning.length);
  return bytes.subarray(0, length).equals(beginning.subarray(0, length));
}
