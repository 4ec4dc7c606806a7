/** What makes bytes no message of HTTP/1.1; for records and metrics. */
export type MalformedCode =
  /** Not `METHOD target HTTP/1.1`. */
  | 'REQUEST_LINE'
  /** A method that nobody knows. */
  | 'METHOD'
  /** Not `HTTP/1.1 200 OK`. */
  | 'STATUS_LINE'
  /** A status below 100 or above 599. */
  | 'STATUS'
  /** A line that is no field, or has characters that no field has. */
  | 'FIELD'
  /** Larger than a head, or the trailers, may be. */
  | 'HEAD_SIZE'
  /** Two lengths, one that is none, or one beside a transfer coding. */
  | 'FRAMING'
  | 'TRANSFER_CODING'
  | 'CHUNK'
  /** A field behind the content that would have had to stand before it. */
  | 'TRAILER'
  /** The end came before the end. */
  | 'EOF';

/** Thrown by whatever reads messages: there is one reading, or none. */
export class Malformed extends Error {
  readonly code: MalformedCode;

  constructor(code: MalformedCode) {
    super(code);
    this.name = 'Malformed';
    this.code = code;
  }
}
