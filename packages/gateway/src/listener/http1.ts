import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import type { ClientCertificate } from '../exchange.ts';
import type { ProblemName } from '../problems/catalogue.ts';
import type { Connection, Unanswered } from './connections.ts';
import type { Inbound, Owner } from './inbound.ts';
import type { StallWatch, Watched } from './stall-watch.ts';

/** A body up to this size is joined with the head into one string, so that they leave in one write. */
const joined = 16_384;

export class Http1Inbound implements Inbound, Unanswered {
  readonly method: string;
  readonly rawTarget: string;
  readonly rawFields: readonly string[];
  readonly rawAuthority = undefined;
  readonly httpVersion: string;
  readonly secure: boolean;
  readonly redirectPort: number | undefined;
  readonly peerAddress: string;
  readonly serverName: string | undefined;
  readonly hasBody: boolean;
  readonly upgrade: 'websocket' | undefined;
  owner: Owner | undefined = undefined;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #connection: Connection;
  readonly #expectsContinue: boolean;
  readonly #stalls: StallWatch;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    connection: Connection,
    expectsContinue: boolean,
    stalls: StallWatch,
  ) {
    this.method = request.method ?? '';
    this.rawTarget = request.url ?? '';
    this.rawFields = request.rawHeaders;
    this.httpVersion = request.httpVersion;
    this.secure = connection.secure;
    this.redirectPort = connection.redirectPort;
    this.peerAddress = connection.peerAddress;
    this.serverName = connection.serverName;
    this.upgrade = undefined;
    this.hasBody = announcesBody(request.rawHeaders);
    this.#request = request;
    this.#response = response;
    this.#connection = connection;
    this.#expectsContinue = expectsContinue;
    this.#stalls = stalls;
    connection.begin(this);
  }

  get clientCertificate(): ClientCertificate | undefined {
    return this.#connection.clientCertificate;
  }

  body(): Readable {
    if (this.#expectsContinue) this.#response.writeContinue();
    return this.#request;
  }

  respond(status: number, fields: string[], body: Buffer | undefined): void {
    const response = this.#response;
    this.#connection.answered(this);
    this.owner = undefined;
    if (response.headersSent) return this.abort();
    if (this.hasBody && !this.#request.complete) this.#discardBody();
    response.writeHead(status, fields);
    if (body === undefined) response.end();
    else if (body.length <= joined) response.end(body.toString('latin1'), 'latin1');
    else response.end(body);
  }

  /** The reply comes before the end of the request, so what is left of it is read, but not for ever. */
  #discardBody(): void {
    const { socket } = this.#connection;
    if (this.#expectsContinue || announcedLength(this.rawFields) > discarded) return this.closeAfter();
    const request = this.#request;
    const rest: Watched = {
      received: 0,
      timeout: discardTimeout,
      minimumRate: 0,
      stalled: () => void socket.destroy(),
    };
    this.#stalls.add(rest);
    const over = (): void => this.#stalls.remove(rest);
    request.once('end', over);
    request.once('close', over);
    request.resume();
  }

  start(status: number, fields: string[]): void {
    this.#response.writeHead(status, fields);
    this.#response.flushHeaders();
  }

  write(chunk: Buffer): boolean {
    return this.#response.write(chunk);
  }

  end(trailers: readonly string[]): void {
    this.#connection.answered(this);
    this.owner = undefined;
    if (trailers.length > 0 && this.#response.chunkedEncoding) {
      const pairs: [string, string][] = [];
      for (let i = 0; i < trailers.length; i += 2) pairs.push([trailers[i]!, trailers[i + 1]!]);
      this.#response.addTrailers(pairs);
    }
    this.#response.end();
  }

  onDrain(callback: () => void): void {
    this.#response.once('drain', callback);
  }

  abort(): void {
    this.#connection.answered(this);
    this.#connection.socket.destroy();
  }

  closeAfter(): void {
    this.#response.shouldKeepAlive = false;
    this.#connection.endAfterReply(this.#stalls);
  }

  get receiving(): boolean {
    return this.hasBody && !this.#request.complete;
  }

  get replying(): boolean {
    return this.#response.headersSent;
  }

  bodyBroke(problem: ProblemName): void {
    this.closeAfter();
    this.owner?.bodyBroke(problem);
  }

  takeOver(_fields: string[]): Duplex {
    throw new Error('not an upgrade');
  }

  /** The connection went away under the request. */
  disconnected(): void {
    const { owner } = this;
    this.owner = undefined;
    owner?.abandoned();
  }
}

/** Bytes of an unwanted body that are read to keep the connection; more, and it is closed. */
const discarded = 65_536;
/** Milliseconds for them. */
const discardTimeout = 10_000;

/** Infinite for a chunked body, which says nothing about its length. */
function announcedLength(rawFields: readonly string[]): number {
  for (let i = 0; i < rawFields.length; i += 2) {
    if (rawFields[i]!.toLowerCase() === 'content-length') return Number(rawFields[i + 1]);
  }
  return Number.POSITIVE_INFINITY;
}

function announcesBody(rawFields: readonly string[]): boolean {
  for (let i = 0; i < rawFields.length; i += 2) {
    const name = rawFields[i]!;
    if (name.length === 14 && name.toLowerCase() === 'content-length') return rawFields[i + 1] !== '0';
    if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') return true;
  }
  return false;
}
