import { type IncomingMessage, ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Connection } from './connections.ts';
import { Http1Inbound } from './http1.ts';
import type { StallWatch } from './stall-watch.ts';

/**
 * A request that wants the connection for another protocol (RFC 9110 section 7.8). Node hands over the bare socket;
 * a refusal is still a proper reply, after which the connection ends.
 */
export class Http1Upgrade extends Http1Inbound {
  override readonly upgrade: 'websocket' | undefined;
  readonly #response: ServerResponse;
  readonly #socket: Socket;
  readonly #connection: Connection;

  constructor(
    request: IncomingMessage,
    socket: Socket,
    connection: Connection,
    upgrade: 'websocket' | undefined,
    stalls: StallWatch,
  ) {
    const response = new ServerResponse(request);
    response.assignSocket(socket);
    response.shouldKeepAlive = false;
    response.once('finish', () => {
      response.detachSocket(socket);
      socket.destroySoon();
    });
    super(request, response, connection, false, stalls);
    socket.on('error', ignore);
    this.upgrade = upgrade;
    this.#response = response;
    this.#socket = socket;
    this.#connection = connection;
  }

  override takeOver(fields: string[]): Duplex {
    this.#response.detachSocket(this.#socket);
    this.#connection.answered(this);
    this.owner = undefined;
    let head = `HTTP/1.1 101 ${STATUS_CODES[101]}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n`;
    for (let i = 0; i < fields.length; i += 2) head += `${fields[i]}: ${fields[i + 1]}\r\n`;
    this.#socket.write(`${head}\r\n`, 'latin1');
    this.#socket.setTimeout(0);
    return this.#socket;
  }
}

function ignore(): void {}
