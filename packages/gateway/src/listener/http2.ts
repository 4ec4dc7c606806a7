import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Duplex, Readable } from 'node:stream';
import type { ClientCertificate } from '../exchange.ts';
import type { Connection } from './connections.ts';
import type { Inbound, Owner } from './inbound.ts';
import type { Listener } from './listener.ts';

const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR } = constants;

const noTrailers: readonly string[] = [];

/** One HTTP/2 stream (RFC 9113 section 8.1). */
export class Http2Inbound implements Inbound {
  readonly method: string;
  readonly rawTarget: string;
  readonly rawFields: readonly string[];
  readonly rawAuthority: string | undefined;
  readonly httpVersion = '2';
  readonly secure: boolean;
  readonly listener: Listener;
  readonly peerAddress: string;
  readonly serverName: string | undefined;
  readonly hasBody: boolean;
  readonly upgrade: 'websocket' | undefined;
  owner: Owner | undefined = undefined;
  readonly #stream: ServerHttp2Stream;
  readonly #connection: Connection;
  readonly #expectsContinue: boolean;
  #trailers = noTrailers;
  #ended = false;

  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    rawFields: readonly string[],
    ends: boolean,
    connection: Connection,
  ) {
    const method = (headers[':method'] as string | undefined) ?? '';
    const protocol = headers[':protocol'] as string | undefined;
    this.upgrade = method === 'CONNECT' && protocol === 'websocket' ? 'websocket' : undefined;
    this.method = this.upgrade === undefined ? method : 'GET';
    this.rawTarget = (headers[':path'] as string | undefined) ?? '';
    this.rawAuthority = (headers[':authority'] as string | undefined) ?? '';
    this.rawFields = withoutPseudoFields(rawFields);
    this.secure = connection.secure;
    this.listener = connection.listener;
    this.peerAddress = connection.peerAddress;
    this.serverName = connection.serverName;
    this.hasBody = !ends && this.upgrade === undefined;
    this.#stream = stream;
    this.#connection = connection;
    this.#expectsContinue = headers.expect !== undefined;
    connection.streams++;
    stream.on('error', ignore);
    stream.once('close', () => this.#closed());
  }

  get clientCertificate(): ClientCertificate | undefined {
    return this.#connection.clientCertificate;
  }

  body(): Readable {
    const stream = this.#stream;
    if (this.#expectsContinue && !stream.destroyed && !stream.closed) stream.additionalHeaders(informational);
    return stream;
  }

  respond(status: number, fields: string[], body: Buffer | undefined): void {
    const stream = this.#stream;
    this.#end();
    if (stream.destroyed || stream.closed || stream.headersSent) return this.abort();
    fields.unshift(':status', String(status));
    if (body === undefined) stream.respond(fields, { endStream: true });
    else {
      stream.respond(fields);
      stream.end(body);
    }
    // What is left of the request body is not wanted (RFC 9113 section 8.1).
    if (this.hasBody && !stream.readableEnded) stream.once('finish', () => stream.close(NGHTTP2_NO_ERROR));
  }

  start(status: number, fields: string[]): void {
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    fields.unshift(':status', String(status));
    stream.once('wantTrailers', () => {
      // Without any, this is what ends the stream: a reset in its place is a failure to some clients.
      if (!stream.destroyed && !stream.closed) stream.sendTrailers(asObject(this.#trailers));
    });
    stream.respond(fields, { waitForTrailers: true });
  }

  write(chunk: Buffer): boolean {
    return this.#stream.destroyed ? true : this.#stream.write(chunk);
  }

  end(trailers: readonly string[]): void {
    this.#end();
    this.#trailers = trailers;
    if (!this.#stream.destroyed) this.#stream.end();
  }

  onDrain(callback: () => void): void {
    this.#stream.once('drain', callback);
  }

  abort(): void {
    this.#end();
    if (!this.#stream.destroyed) this.#stream.close(NGHTTP2_CANCEL);
  }

  closeAfter(): void {
    const session = this.#stream.session;
    if (session !== undefined && !session.closed) session.close();
  }

  takeOver(fields: string[]): Duplex {
    this.#end();
    // The handshake fields belong to HTTP/1.1 (RFC 8441 section 5).
    const kept: string[] = [':status', '200'];
    for (let i = 0; i < fields.length; i += 2) {
      const name = fields[i]!;
      if (name !== 'sec-websocket-accept' && name !== 'upgrade' && name !== 'connection')
        kept.push(name, fields[i + 1]!);
    }
    if (!this.#stream.destroyed && !this.#stream.closed) this.#stream.respond(kept);
    return this.#stream;
  }

  /** Nobody has to be told any more when the stream goes away. */
  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#connection.streams--;
  }

  #closed(): void {
    if (this.#ended) return;
    this.#end();
    const { owner } = this;
    this.owner = undefined;
    owner?.abandoned();
  }
}

const informational = Object.freeze({ ':status': 100 });

/** Errors of a stream always come with its close, which is where they are dealt with. */
function ignore(): void {}

function withoutPseudoFields(rawFields: readonly string[]): readonly string[] {
  let start = 0;
  while (start < rawFields.length && rawFields[start]!.startsWith(':')) start += 2;
  return start === 0 ? rawFields : rawFields.slice(start);
}

function asObject(flat: readonly string[]): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!;
    const value = flat[i + 1]!;
    const before = fields[name];
    if (before === undefined) fields[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else fields[name] = [before, value];
  }
  return fields;
}
