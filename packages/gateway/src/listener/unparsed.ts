import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import type { Connection } from './connections.ts';
import { dateLine } from './http1/date.ts';
import type { Inbound, Owner } from './inbound.ts';
import { closeGently } from './lingering.ts';
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
  readonly redirectPort: number | undefined;
  readonly peerAddress: string;
  readonly serverName: string | undefined;
  readonly clientCertificate = undefined;
  readonly hasBody = false;
  readonly upgrade = undefined;
  owner: Owner | undefined = undefined;
  readonly #socket: Socket;
  readonly #stalls: StallWatch;

  constructor({ socket, secure, redirectPort, peerAddress, serverName }: Connection, stalls: StallWatch) {
    this.secure = secure;
    this.redirectPort = redirectPort;
    this.peerAddress = peerAddress;
    this.serverName = serverName;
    this.#socket = socket;
    this.#stalls = stalls;
  }

  respond(status: number, fields: string[], body: Buffer | undefined): void {
    let head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${dateLine()}connection: close\r\n`;
    for (let i = 0; i < fields.length; i += 2) head += `${fields[i]}: ${fields[i + 1]}\r\n`;
    this.#socket.write(`${head}\r\n`, 'latin1');
    if (body !== undefined) this.#socket.write(body);
    closeGently(this.#socket, this.#stalls);
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
