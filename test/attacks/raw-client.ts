import { connect, type Socket } from 'node:net';
import { within } from '../harness/wait.ts';

export interface RawReply {
  readonly status: number;
  /** Names in lower case. */
  readonly fields: ReadonlyMap<string, string>;
  readonly body: string;
}

/** A connection on which a test writes what it likes. */
export class RawConnection {
  readonly socket: Socket;
  /** All that came so far, as latin1. */
  received = '';
  readonly #closed: Promise<void>;
  #ended = false;
  #wake: (() => void) | undefined = undefined;

  constructor(port: number) {
    // Half-open: whether the other side really closes, and not only its half, is for the test to see.
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.socket.setNoDelay(true);
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text: unknown) => {
      this.received += String(text);
      this.#wake?.();
    });
    this.socket.on('error', () => {});
    this.socket.on('end', () => {
      this.#ended = true;
      this.#wake?.();
    });
    this.#closed = new Promise((resolve) => {
      this.socket.on('close', () => {
        this.#ended = true;
        this.#wake?.();
        resolve();
      });
    });
  }

  write(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** The next `count` replies; fewer when the other side ends before. */
  async replies(count: number, timeout = 10_000): Promise<RawReply[]> {
    await within(
      `${count} replies, got ${JSON.stringify(this.received.slice(0, 400))}`,
      this.#replied(count),
      timeout,
    );
    return parseReplies(this.received, this.#ended);
  }

  async #replied(count: number): Promise<void> {
    while (!this.#ended && parseReplies(this.received, false).length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Waits until the other side has ended its half, or broken the connection. */
  async ended(timeout = 10_000): Promise<void> {
    const gone = async (): Promise<void> => {
      while (!this.#ended) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    };
    await within(`the end, got ${JSON.stringify(this.received.slice(0, 400))}`, gone(), timeout);
  }

  /** Waits until nothing is left of the connection, which needs both sides. */
  closed(timeout = 10_000): Promise<void> {
    return within('the connection to be closed', this.#closed, timeout);
  }

  close(): void {
    this.socket.destroy();
  }
}

/** The complete replies in `text`; interim ones (1xx) are among them. */
export function parseReplies(text: string, ended: boolean): RawReply[] {
  const replies: RawReply[] = [];
  let at = 0;
  while (at < text.length) {
    const headEnd = text.indexOf('\r\n\r\n', at);
    if (headEnd < 0) break;
    const [line = '', ...lines] = text.slice(at, headEnd).split('\r\n');
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(line)?.[1]);
    if (!(status >= 100)) throw new Error(`not a reply: ${JSON.stringify(text.slice(at, at + 80))}`);
    const fields = new Map(
      lines.map((each) => {
        const colon = each.indexOf(':');
        return [each.slice(0, colon).toLowerCase(), each.slice(colon + 1).trim()];
      }),
    );
    const body = bodyAt(text, headEnd + 4, status, fields, ended);
    if (body === undefined) break;
    replies.push({ status, fields, body: body.text });
    at = body.end;
  }
  return replies;
}

function bodyAt(
  text: string,
  from: number,
  status: number,
  fields: ReadonlyMap<string, string>,
  ended: boolean,
): { text: string; end: number } | undefined {
  if (status < 200 || status === 204 || status === 304) return { text: '', end: from };
  if (fields.get('transfer-encoding') === 'chunked') {
    let body = '';
    for (let at = from; ; ) {
      const lineEnd = text.indexOf('\r\n', at);
      if (lineEnd < 0) return undefined;
      const size = Number.parseInt(text.slice(at, lineEnd), 16);
      if (size === 0) {
        const end = text.indexOf('\r\n\r\n', lineEnd);
        return end < 0 ? undefined : { text: body, end: end + 4 };
      }
      at = lineEnd + 2 + size + 2;
      if (at > text.length) return undefined;
      body += text.slice(lineEnd + 2, lineEnd + 2 + size);
    }
  }
  const announced = fields.get('content-length');
  if (announced === undefined) return ended ? { text: text.slice(from), end: text.length } : undefined;
  const end = from + Number(announced);
  return end > text.length ? undefined : { text: text.slice(from, end), end };
}
