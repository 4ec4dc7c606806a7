import type { Duplex, Readable } from 'node:stream';
import type { ClientCertificate } from '../exchange.ts';
import type { ProblemName } from '../problems/catalogue.ts';
import type { Listener } from './listener.ts';

/** Whoever has to know that the caller went away. An object and not a closure, which each request would have to make. */
export interface Owner {
  abandoned(): void;
  /** What came of the body is not what its head announced. */
  bodyBroke(problem: ProblemName): void;
}

/**
 * One request and the way to answer it, the same for HTTP/1.1 and HTTP/2. Only pipeline.ts and the parts of
 * upstream/ that it starts write to it.
 */
export interface Inbound {
  readonly method: string;
  /** As it stood on the wire; on HTTP/2 the `:path`. */
  readonly rawTarget: string;
  /** Name and value by turns, as they arrived, without pseudo-fields. */
  readonly rawFields: readonly string[];
  /** `:authority` of HTTP/2; undefined on HTTP/1, where the Host field says it. */
  readonly rawAuthority: string | undefined;
  readonly httpVersion: string;
  readonly secure: boolean;
  /** Where it came in. */
  readonly listener: Listener;
  readonly peerAddress: string;
  /** The name that TLS was asked for (RFC 6066 section 3), or `unknownServerName`; undefined for none. */
  readonly serverName: string | undefined;
  /** What the client showed in the TLS handshake, if it was asked. */
  readonly clientCertificate: ClientCertificate | undefined;
  /** False when the head says that no body follows. */
  readonly hasBody: boolean;
  /** `websocket` when the request asks to become one, by Upgrade or by extended CONNECT (RFC 8441). */
  readonly upgrade: 'websocket' | undefined;
  /** The body; reading it starts the flow, and answers `Expect: 100-continue`. */
  body(): Readable;

  /** The whole reply at once, which is the cheapest: head and body leave in one write. */
  respond(status: number, fields: string[], body: Buffer | undefined): void;
  /** A reply whose body follows piece by piece. */
  start(status: number, fields: string[]): void;
  /** @returns false when the caller reads too slowly: wait for `onDrain` */
  write(chunk: Buffer): boolean;
  /** @param trailers name and value by turns (RFC 9110 section 6.5) */
  end(trailers: readonly string[]): void;
  onDrain(callback: () => void): void;
  /** Told once when the caller goes away before the reply is complete; undefined when nobody minds any more. */
  owner: Owner | undefined;
  /** Breaks the reply off in a way that the caller can tell from a complete one. */
  abort(): void;
  /** The connection ends with this reply (HTTP/2: takes no further requests). */
  closeAfter(): void;
  /** Takes the connection over for WebSocket: writes the 101 (HTTP/2: 200) and gives the bytes. */
  takeOver(fields: string[]): Duplex;
}
