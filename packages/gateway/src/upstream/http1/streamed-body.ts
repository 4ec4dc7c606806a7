import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { UpstreamFault } from '../client.ts';
import { announcedLength } from './request-head.ts';

/** The connection that a body goes out on. */
export interface Carrying {
  /** The upstream has taken in what was sent. */
  moved(): void;
  break(error: Error): void;
}

/**
 * Sends a body as it comes, at the pace of the upstream: with the length that was announced, or in chunks. Its errors are
 * those of the call, as it may break off before it is sent.
 */
export class StreamedBody {
  /** All of it was handed to the socket. */
  complete = false;
  /** More of it has to come before there is anything to send. */
  starved = true;
  readonly #source: Readable;
  readonly #socket: Socket;
  readonly #connection: Carrying;
  /** Undefined for chunks. */
  #left: number | undefined;

  constructor(source: Readable, fields: readonly string[], socket: Socket, connection: Carrying) {
    this.#source = source;
    this.#socket = socket;
    this.#connection = connection;
    this.#left = announcedLength(fields);
    source.on('data', this.#onData);
    source.on('end', this.#onEnd);
    source.on('close', this.#onClose);
    socket.on('drain', this.#onDrain);
  }

  /** The reply is over, or the connection: what is left of the body is of no use. */
  stop(): void {
    this.#socket.off('drain', this.#onDrain);
    this.#source.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
    if (!this.complete) this.#source.destroy();
  }

  readonly #onData = (chunk: Buffer): void => {
    const socket = this.#socket;
    // A chunk without content would be the last one.
    if (chunk.length === 0) return;
    if (this.#left === undefined) {
      socket.cork();
      socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
      socket.write(chunk);
      this.starved = socket.write('\r\n', 'latin1');
      socket.uncork();
    } else {
      // A byte too many would be the beginning of another request (RFC 9112 section 6.3).
      if (chunk.length > this.#left) return this.#connection.break(new UpstreamFault('REQUEST_LENGTH'));
      this.#left -= chunk.length;
      this.starved = socket.write(chunk);
    }
    if (!this.starved) this.#source.pause();
  };

  readonly #onDrain = (): void => {
    this.#connection.moved();
    if (this.complete) return;
    this.starved = true;
    this.#source.resume();
  };

  readonly #onEnd = (): void => {
    if (this.#left !== undefined && this.#left > 0)
      return this.#connection.break(new UpstreamFault('REQUEST_LENGTH'));
    if (this.#left === undefined) this.#socket.write('0\r\n\r\n', 'latin1');
    this.complete = true;
    this.starved = false;
    this.#connection.moved();
  };

  readonly #onClose = (): void => {
    if (!this.complete) this.#connection.break(new UpstreamFault('REQUEST_LENGTH'));
  };
}
