import type { Readable } from 'node:stream';

/** A request as it goes to an upstream. */
export interface OutboundRequest {
  readonly method: string;
  /** Path and query, in canonical form. */
  readonly target: string;
  /** Name and value by turns, names in lower case; framing is the client's business, but for the length of a stream. */
  readonly fields: readonly string[];
  /** Bytes that are here already, or that follow: then `content-length` among the fields says how many, if anything. */
  readonly body: Buffer | Readable | undefined;
}

/** Who is told of the reply. Nothing but `sent` is called before `dispatch` has returned, nothing after `end` or `failed`. */
export interface ReplyHandler {
  /** Something of the request may have reached the upstream. */
  sent(): void;
  /**
   * The final status (RFC 9110 section 15) and the fields that are meant for the caller.
   * @throws Error to give the reply up; it comes back by `failed`
   */
  head(status: number, fields: string[]): void;
  /** @param chunk owned by the handler */
  data(chunk: Buffer): void;
  /** @param trailers name and value by turns (RFC 9110 section 6.5) */
  end(trailers: readonly string[]): void;
  failed(error: Error): void;
}

/** One request under way. */
export interface Call {
  readonly paused: boolean;
  /** Reads no more of the reply; what was read already may still come. */
  pause(): void;
  resume(): void;
  /** Gives the request up, its connection or stream included; `failed` is called with the error. */
  abort(error: Error): void;
}

/** The connections to one target. */
export interface UpstreamClient {
  /** @throws UpstreamFault where the request cannot be written */
  dispatch(request: OutboundRequest, handler: ReplyHandler): Call;
  /** Takes no more requests, and lets go once those in flight are over. */
  close(): void;
}

/** Why there is no reply, or none that can be passed on; the code is for records and metrics. */
export class UpstreamFault extends Error {
  readonly code: FaultCode;

  constructor(code: FaultCode) {
    super(code);
    this.name = 'UpstreamFault';
    this.code = code;
  }
}

export type FaultCode =
  /** No connection in time, TLS included. */
  | 'CONNECT_TIMEOUT'
  /** All connections are busy, and none got free in time. */
  | 'QUEUE_TIMEOUT'
  /** The request is out, and no head came in time; or the upstream stopped taking the request in. */
  | 'RESPONSE_TIMEOUT'
  /** The reply stopped in the middle. */
  | 'IDLE_TIMEOUT'
  /** The connection ended before the reply was complete. */
  | 'CLOSED'
  /** The request cannot be written: a field or the target has characters that do not belong there. */
  | 'REQUEST_FIELD'
  /** The body was longer or shorter than its Content-Length. */
  | 'REQUEST_LENGTH'
  /** It switched to another protocol that nobody asked for. */
  | 'SWITCH'
  /** More interim replies than anybody honest sends. */
  | 'INTERIM'
  /** By HTTP/2, where it is not our parser that says so. */
  | 'STATUS'
  | 'FRAMING';
