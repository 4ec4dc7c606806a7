import { STATUS_CODES } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import type { ClientCertificate } from '../../exchange.ts';
import { writeFieldLines } from '../../http/field-lines.ts';
import type { ProblemName } from '../../problems/catalogue.ts';
import type { Connection } from '../connections.ts';
import type { Inbound, Owner } from '../inbound.ts';
import type { Listener } from '../listener.ts';
import { dateLine } from './date.ts';
import type { RequestHead } from './request-head.ts';

/** A body up to this size is joined with the head into one string, so that they leave in one write. */
const joined = 16_384;

/** The connection that a request came on, as far as its reply is concerned. */
export interface Session {
  readonly connection: Connection;
  /** No further request is taken on it. */
  readonly isLast: boolean;
  /** With its line break. */
  readonly keepAliveLine: string;
  /** Bytes that are still to be sent do not fit into buffers. */
  write(text: string, encoding: 'latin1'): boolean;
  write(bytes: Buffer): boolean;
  /** The content of the request; reading it starts the flow. */
  body(): Readable;
  /** The reply is about to be given whole: nobody wants what is left of the request. */
  settle(): void;
  /** Nothing of the reply is left to be said. */
  replied(inbound: Http1Inbound): void;
  /** The last reply on this connection. */
  closeAfter(): void;
  onDrain(callback: () => void): void;
  takeOver(): Duplex;
}

/** A request on HTTP/1.1 and its reply. */
export class Http1Inbound implements Inbound {
  readonly method: string;
  readonly rawTarget: string;
  readonly rawFields: readonly string[];
  readonly rawAuthority = undefined;
  readonly httpVersion: string;
  readonly secure: boolean;
  readonly listener: Listener;
  readonly peerAddress: string;
  readonly serverName: string | undefined;
  readonly hasBody: boolean;
  readonly upgrade: 'websocket' | undefined;
  owner: Owner | undefined = undefined;
  /** Its reply has begun. */
  replying = false;
  readonly #session: Session;
  readonly #persistent: boolean;
  #chunked = false;

  constructor(head: RequestHead, session: Session) {
    const { connection } = session;
    this.method = head.method;
    this.rawTarget = head.target;
    this.rawFields = head.rawFields;
    this.httpVersion = head.httpVersion;
    this.secure = connection.secure;
    this.listener = connection.listener;
    this.peerAddress = connection.peerAddress;
    this.serverName = connection.serverName;
    this.hasBody = head.content !== 0;
    this.upgrade = head.upgrade;
    this.#session = session;
    this.#persistent = head.persistent;
  }

  get clientCertificate(): ClientCertificate | undefined {
    return this.#session.connection.clientCertificate;
  }

  body(): Readable {
    return this.#session.body();
  }

  respond(status: number, fields: string[], body: Buffer | undefined): void {
    this.owner = undefined;
    const session = this.#session;
    session.settle();
    const head = this.#head(status, fields, '');
    this.replying = true;
    if (body === undefined || body.length === 0) session.write(head, 'latin1');
    else if (body.length <= joined) session.write(head + body.toString('latin1'), 'latin1');
    else {
      const { socket } = session.connection;
      socket.cork();
      session.write(head, 'latin1');
      session.write(body);
      socket.uncork();
    }
    session.replied(this);
  }

  start(status: number, fields: string[]): void {
    const bare = this.method === 'HEAD' || status === 204 || status === 304;
    const framed = bare || hasField(fields, 'content-length');
    // HTTP/1.0 knows no chunks: there the end of the connection is the end of the content.
    this.#chunked = !framed && this.httpVersion === '1.1';
    if (!framed && !this.#chunked) this.#session.closeAfter();
    const head = this.#head(status, fields, this.#chunked ? 'transfer-encoding: chunked\r\n' : '');
    this.replying = true;
    this.#session.write(head, 'latin1');
  }

  write(chunk: Buffer): boolean {
    // A chunk without content would be the last one (RFC 9112 section 7.1).
    if (chunk.length === 0) return true;
    if (!this.#chunked) return this.#session.write(chunk);
    const { socket } = this.#session.connection;
    socket.cork();
    this.#session.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
    this.#session.write(chunk);
    const flowing = this.#session.write('\r\n', 'latin1');
    socket.uncork();
    return flowing;
  }

  end(trailers: readonly string[]): void {
    this.owner = undefined;
    if (this.#chunked) this.#session.write(`0\r\n${writeFieldLines(trailers) ?? ''}\r\n`, 'latin1');
    this.#session.replied(this);
  }

  onDrain(callback: () => void): void {
    this.#session.onDrain(callback);
  }

  abort(): void {
    this.owner = undefined;
    this.#session.connection.socket.destroy();
  }

  closeAfter(): void {
    this.#session.closeAfter();
  }

  takeOver(fields: string[]): Duplex {
    this.owner = undefined;
    const lines = writeFieldLines(fields);
    if (lines === undefined) throw unwritable();
    const socket = this.#session.takeOver();
    socket.write(
      `HTTP/1.1 101 ${STATUS_CODES[101]}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n${lines}\r\n`,
      'latin1',
    );
    return socket;
  }

  /** Its body is not what its head announced: it can be refused, and nothing that follows can be read. */
  bodyBroke(problem: ProblemName): void {
    this.closeAfter();
    this.owner?.bodyBroke(problem);
  }

  /** The connection went away under it. */
  disconnected(): void {
    const { owner } = this;
    this.owner = undefined;
    owner?.abandoned();
  }

  #head(status: number, fields: string[], framing: string): string {
    const lines = writeFieldLines(fields);
    if (lines === undefined) throw unwritable();
    const date = hasField(fields, 'date') ? '' : dateLine();
    return `${statusLine(status)}${lines}${date}${framing}${this.#connectionLine()}\r\n`;
  }

  #connectionLine(): string {
    if (!this.#persistent || this.#session.isLast) return 'connection: close\r\n';
    return `connection: keep-alive\r\n${this.#session.keepAliveLine}`;
  }
}

/** Names only: a value may be the name of another field, as in Access-Control-Expose-Headers. */
function hasField(fields: readonly string[], name: string): boolean {
  for (let i = 0; i < fields.length; i += 2) if (fields[i] === name) return true;
  return false;
}

const statusLines = new Map<number, string>();

function statusLine(status: number): string {
  let line = statusLines.get(status);
  if (line === undefined) {
    line = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
    statusLines.set(status, line);
  }
  return line;
}

export function unwritable(): TypeError {
  return new TypeError('a field of the reply has characters that no field has');
}
