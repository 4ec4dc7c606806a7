import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import type { GatewayUnderTest } from '../harness/gateway.ts';
import { waitFor, within } from '../harness/wait.ts';

/** Types and flags of frames, RFC 9113 section 6. */
export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const flag = { endStream: 1, ack: 1, endHeaders: 4 } as const;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export type FieldList = readonly (readonly [name: string, value: string])[];

/** HTTP/2 of which every frame is the test's own: what libraries would not send. */
export class RawHttp2 {
  readonly socket: TLSSocket;
  readonly frames: Frame[] = [];
  closed = false;
  #rest: Buffer = Buffer.alloc(0);

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closed = true;
    });
  }

  /** Connects and exchanges the prefaces. */
  static async open(gateway: GatewayUnderTest): Promise<RawHttp2> {
    const socket = connect({
      port: gateway.httpsPort,
      host: '127.0.0.1',
      servername: 'localhost',
      ca: gateway.ca(),
      ALPNProtocols: ['h2'],
    });
    await within('a connection', once(socket, 'secureConnect'));
    const connection = new RawHttp2(socket);
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    connection.send(frameType.settings, 0, 0);
    await waitFor('the settings', () => connection.frames.some((each) => each.type === frameType.settings));
    connection.send(frameType.settings, flag.ack, 0);
    return connection;
  }

  send(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): boolean {
    return this.socket.write(frame(type, flags, stream, payload));
  }

  headers(stream: number, fields: FieldList, endStream = true): void {
    this.send(frameType.headers, flag.endHeaders | (endStream ? flag.endStream : 0), stream, encode(fields));
  }

  /** What came of a stream: its status, or how it, or the connection, ended. */
  outcome(stream: number): Promise<string> {
    return waitFor(`the outcome of stream ${stream}`, () => this.#outcome(stream));
  }

  /** PING is answered in turn, so what was sent before it has been dealt with. */
  async settle(): Promise<void> {
    const before = this.#pings();
    this.send(frameType.ping, 0, 0, Buffer.alloc(8));
    await waitFor('a PING', () => this.closed || this.#pings() > before);
  }

  close(): void {
    this.socket.destroy();
  }

  #pings(): number {
    return this.frames.filter((each) => each.type === frameType.ping && (each.flags & flag.ack) !== 0).length;
  }

  #outcome(stream: number): string | undefined {
    for (const each of this.frames) {
      if (each.type === frameType.goaway && each.payload.readUInt32BE(4) !== 0) return 'connection error';
      if (each.stream !== stream) continue;
      if (each.type === frameType.reset) return `reset ${each.payload.readUInt32BE(0)}`;
      if (each.type === frameType.headers && statusOf(each.payload) >= 200)
        return String(statusOf(each.payload));
    }
    return this.closed ? 'closed' : undefined;
  }

  #take(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 9) {
      const end = 9 + this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < end) return;
      const [type, flags] = [this.#rest.readUInt8(3), this.#rest.readUInt8(4)];
      this.frames.push({
        type,
        flags,
        stream: this.#rest.readUInt32BE(5) & 0x7fffffff,
        payload: this.#rest.subarray(9, end),
      });
      this.#rest = this.#rest.subarray(end);
    }
  }
}

export function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Literal fields without indexing and without Huffman coding (RFC 7541 section 6.2.2). */
export function encode(fields: FieldList): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([integer(bytes.length), bytes]);
}

/** RFC 7541 section 5.1, with a prefix of 7 bits. */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

const indexed: Readonly<Record<number, number>> = {
  8: 200,
  9: 204,
  10: 206,
  11: 304,
  12: 400,
  13: 404,
  14: 500,
};

/** The status in the first header block of a connection, where nothing is indexed dynamically yet. */
function statusOf(block: Buffer): number {
  const first = block.readUInt8(0);
  if ((first & 0x80) !== 0) return indexed[first & 0x7f] ?? 0;
  const length = block.readUInt8(1);
  const bytes = block.subarray(2, 2 + (length & 0x7f));
  return Number((length & 0x80) === 0 ? bytes.toString('latin1') : digits(bytes));
}

/** Digits in the Huffman code of RFC 7541 appendix B: 0, 1 and 2 have five bits, the others six. */
function digits(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  let decoded = '';
  for (let at = 0; decoded.length < 3; ) {
    const five = Number.parseInt(bits.slice(at, at + 5), 2);
    if (five <= 2) {
      decoded += String(five);
      at += 5;
    } else {
      decoded += String(Number.parseInt(bits.slice(at, at + 6), 2) - 0b011001 + 3);
      at += 6;
    }
  }
  return decoded;
}
