import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import { writeFieldLines } from '../http/field-lines.ts';
import type { Connection } from './connections.ts';
import { dateLine } from './http1/date.ts';
import { unwritable } from './http1/inbound.ts';
import type { Inbound, Owner } from './inbound.ts';
import { closeGently } from './lingering.ts';
import type { Listener } from './listener.ts';
import type { StallWatch } from './stall-watch.ts';

const nothing: readonly string[] = Object.freeze([]);

/** Bytes that never became a request: nothing is known of it, and it can only be refused. The connection ends. */
export class UnparsedInbound implements Inbound {
  readonly method = '';
  readonly rawTarget = '';
  readonly rawFields = nothing;
  readonly rawAuthority = undefined;
  readonly httpVersion = '1.1';
  readonly secure: boolean;
  readonly listener: Listener;
  readonly peerAddress: string;
  readonly serverName: string | undefined;
  readonly clientCertificate = undefined;
  readonly hasBody = false;
  readonly upgrade = undefined;
  owner: Owner | undefined = undefined;
  readonly #socket: Socket;
  readonly #stalls: StallWatch;
  readonly #unreadTimeout: number;

  /** @param unreadTimeout see closeGently */
  constructor(connection: Connection, stalls: StallWatch, unreadTimeout: number) {
    const { socket, secure, listener, peerAddress, serverName } = connection;
    this.secure = secure;
    this.listener = listener;
    this.peerAddress = peerAddress;
    this.serverName = serverName;
    this.#socket = socket;
    this.#stalls = stalls;
    this.#unreadTimeout = unreadTimeout;
  }

  respond(status: number, fields: string[], body: Buffer | undefined): void {
    const lines = writeFieldLines(fields);
    if (lines === undefined) throw unwritable();
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${dateLine()}connection: close\r\n${lines}\r\n`;
    this.#socket.write(head, 'latin1');
    if (body !== undefined) this.#socket.write(body);
    closeGently(this.#socket, this.#stalls, this.#unreadTimeout);
  }

  abort(): void {
    this.#socket.destroy();
  }

  closeAfter(): void {}

  body(): Readable {
    throw impossible;
  }

  start(): void {
    throw impossible;
  }

  write(): boolean {
    throw impossible;
  }

  end(): void {
    throw impossible;
  }

  onDrain(): void {
    throw impossible;
  }

  takeOver(): Duplex {
    throw impossible;
  }
}

const impossible = new Error('what was not parsed can only be refused');
