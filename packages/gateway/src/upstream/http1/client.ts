import {
  type Call,
  type OutboundRequest,
  type ReplyHandler,
  type UpstreamClient,
  UpstreamFault,
} from '../client.ts';
import type { UpstreamSettings } from '../upstream.ts';
import { type Connect, readyEvent } from './connecting.ts';
import { type ConnectionOwner, Http1Call, Http1Connection } from './connection.ts';

/** Milliseconds between two looks at the clock: a timeout comes two of them late at most, and never early. */
const longestTick = 500;
const shortestTick = 20;

/** The HTTP/1.1 connections of one data thread to one target. */
export class Http1Client implements UpstreamClient, ConnectionOwner {
  /** One coarse clock for all connections instead of a timer for each request. */
  ticks = 0;
  readonly #connect: Connect;
  readonly #readyEvent: 'connect' | 'secureConnect';
  readonly #settings: UpstreamSettings;
  readonly #tick: number;
  readonly #all: Http1Connection[] = [];
  /** The one used last is used next, so that a lull lets the others go. */
  readonly #idle: Http1Connection[] = [];
  /** In the order in which they came. */
  readonly #queue: Http1Call[] = [];
  #connecting = 0;
  #closing = false;
  #timer: NodeJS.Timeout | undefined = undefined;

  constructor(origin: string, connect: Connect, settings: UpstreamSettings) {
    this.#connect = connect;
    this.#readyEvent = readyEvent(origin);
    this.#settings = settings;
    const shortest = Math.min(settings.connectTimeout, settings.responseTimeout, settings.idleTimeout);
    this.#tick = Math.max(shortestTick, Math.min(longestTick, shortest / 4));
  }

  dispatch(request: OutboundRequest, handler: ReplyHandler): Call {
    const call = new Http1Call(request, handler, this.#leaveQueue);
    const connection = this.#idle.pop();
    if (connection !== undefined) this.#carry(connection, call);
    else {
      call.since = this.ticks;
      this.#queue.push(call);
      this.#openWhereNeeded();
    }
    return call;
  }

  close(): void {
    this.#closing = true;
    for (const connection of [...this.#idle]) connection.break(ended);
  }

  connected(connection: Http1Connection): void {
    this.#connecting--;
    this.#carryNext(connection);
  }

  free(connection: Http1Connection): void {
    // Not at once: what the upstream sent behind its reply may be here already, in the next record of TLS or behind a full
    // buffer, and somebody else would get it as the reply to their request.
    if (this.#queue.length > 0) {
      connection.seen = this.ticks;
      setImmediate(this.#carryNext, connection);
    } else this.#rest(connection);
  }

  readonly #carryNext = (connection: Http1Connection): void => {
    if (connection.state !== 'idle') return;
    const call = this.#queue.shift();
    if (call !== undefined) this.#carry(connection, call);
    else this.#rest(connection);
  };

  #rest(connection: Http1Connection): void {
    if (this.#closing) connection.break(ended);
    else {
      connection.seen = this.ticks;
      this.#idle.push(connection);
    }
  }

  closed(connection: Http1Connection, before: Http1Connection['state'], error: Error | undefined): void {
    const last = this.#all.pop()!;
    if (last !== connection) {
      this.#all[connection.index] = last;
      last.index = connection.index;
    }
    if (before === 'idle') {
      const at = this.#idle.indexOf(connection);
      if (at >= 0) this.#idle.splice(at, 1);
    } else if (before === 'connecting') {
      this.#connecting--;
      this.#queue.shift()?.fail(error ?? ended);
    }
    this.#openWhereNeeded();
  }

  #carry(connection: Http1Connection, call: Http1Call): void {
    connection.seen = this.ticks;
    connection.send(call);
  }

  /** One new connection for each request that waits and has none on the way, as far as the limit goes. */
  #openWhereNeeded(): void {
    while (this.#connecting < this.#queue.length && this.#all.length < this.#settings.connections) {
      const connection = new Http1Connection(this.#connect, this.#readyEvent, this);
      connection.index = this.#all.length;
      connection.seen = this.ticks;
      this.#all.push(connection);
      this.#connecting++;
    }
    if (this.#timer !== undefined || this.#all.length === 0) return;
    this.#timer = setInterval(() => this.#look(), this.#tick);
    this.#timer.unref();
  }

  readonly #leaveQueue = (call: Http1Call): void => {
    const at = this.#queue.indexOf(call);
    if (at >= 0) this.#queue.splice(at, 1);
  };

  #look(): void {
    this.ticks++;
    for (const connection of [...this.#all]) this.#lookAt(connection);
    const { responseTimeout } = this.#settings;
    while (this.#queue.length > 0 && this.#isOver(this.#queue[0]!.since, responseTimeout))
      this.#queue.shift()!.fail(new UpstreamFault('QUEUE_TIMEOUT'));
    if (this.#all.length > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #lookAt(connection: Http1Connection): void {
    const { connectTimeout, responseTimeout, idleTimeout } = this.#settings;
    switch (connection.state) {
      case 'connecting':
        if (this.#isOver(connection.seen, connectTimeout))
          connection.break(new UpstreamFault('CONNECT_TIMEOUT'));
        return;
      case 'idle':
        if (this.#isOver(connection.seen, connection.reusable)) connection.break(ended);
        return;
      case 'busy':
        if (connection.excused) connection.seen = this.ticks;
        else if (connection.awaitsHead) {
          if (this.#isOver(connection.seen, responseTimeout))
            connection.break(new UpstreamFault('RESPONSE_TIMEOUT'));
        } else if (this.#isOver(connection.seen, idleTimeout))
          connection.break(new UpstreamFault('IDLE_TIMEOUT'));
    }
  }

  #isOver(since: number, timeout: number): boolean {
    return (this.ticks - since - 1) * this.#tick >= timeout;
  }
}

const ended = new UpstreamFault('CLOSED');
