import { byteTable, tokenCharacters } from './characters.ts';
import { endOfHead, readFieldLines } from './field-lines.ts';
import { Malformed } from './malformed.ts';

/** Characters of a line with a chunk's size and extensions; more is an attack on whoever reads it. */
const longestSizeLine = 1_024;
/** Bytes of all trailers together. */
const largestTrailers = 16_384;

const tokens = byteTable(tokenCharacters);

const quote = 0x22;
const semicolon = 0x3b;
const equals = 0x3d;
const backslash = 0x5c;
const cr = 0x0d;
const lf = 0x0a;

/** Takes chunked content apart (RFC 9112 section 7.1), however it is cut into pieces. */
export class ChunkedReader {
  /** Name and value by turns, names as they are written; set when all is read. */
  trailers: readonly string[] | undefined = undefined;
  #state: 'size' | 'extension' | 'size-end' | 'data' | 'data-end' | 'data-end-lf' | 'trailers' = 'size';
  #part: ExtensionPart = 'name-start';
  #size = 0;
  #digits = 0;
  #line = 0;
  #tail: Buffer = nothing;

  /**
   * The content is moved together within `bytes`: chunks of one byte would else be as many pieces, each with its object,
   * its events and its writes, and 64 KiB have room for ten thousand of them.
   * @param bytes what stands in them before the place where reading ended is worth nothing afterwards
   * @param to called once at most, with the content as a view into `bytes`
   * @returns where reading ended: before `end` only when the content is complete
   * @throws Malformed
   */
  read(bytes: Buffer, from: number, end: number, to: (content: Buffer) => void): number {
    let at = from;
    let contentAt = from;
    let contentEnd = from;
    while (at < end && this.trailers === undefined) {
      switch (this.#state) {
        case 'size':
        case 'extension':
          at = this.#readSizeLine(bytes, at, end);
          break;
        case 'size-end':
          if (bytes[at++] !== lf) throw new Malformed('CHUNK');
          this.#state = this.#size === 0 ? 'trailers' : 'data';
          break;
        case 'data': {
          const taken = Math.min(this.#size, end - at);
          if (contentEnd === contentAt) contentAt = contentEnd = at;
          else bytes.copyWithin(contentEnd, at, at + taken);
          contentEnd += taken;
          at += taken;
          this.#size -= taken;
          if (this.#size === 0) this.#state = 'data-end';
          break;
        }
        case 'data-end':
          if (bytes[at++] !== cr) throw new Malformed('CHUNK');
          this.#state = 'data-end-lf';
          break;
        case 'data-end-lf':
          if (bytes[at++] !== lf) throw new Malformed('CHUNK');
          this.#startSize();
          break;
        case 'trailers':
          at = this.#readTrailers(bytes, at, end);
      }
    }
    if (contentEnd > contentAt) to(bytes.subarray(contentAt, contentEnd));
    return at;
  }

  #startSize(): void {
    this.#state = 'size';
    this.#part = 'name-start';
    this.#size = 0;
    this.#digits = 0;
    this.#line = 0;
  }

  /** Hexadecimal digits, and extensions that nobody uses: they are skipped, but must be what RFC 9112 says they are. */
  #readSizeLine(bytes: Buffer, from: number, end: number): number {
    let at = from;
    while (at < end) {
      const byte = bytes[at++]!;
      if (++this.#line > longestSizeLine) throw new Malformed('CHUNK');
      if (this.#state === 'extension') this.#part = afterExtensionByte(this.#part, byte);
      else if (byte === semicolon && this.#digits > 0) this.#state = 'extension';
      else if (byte === cr && this.#digits > 0) this.#part = 'line-end';
      else {
        const digit = hexadecimal(byte);
        // Twelve digits are exact as a number, and more than any chunk has.
        if (digit < 0 || ++this.#digits > 12) throw new Malformed('CHUNK');
        this.#size = this.#size * 16 + digit;
      }
      if (this.#part === 'line-end') {
        this.#state = 'size-end';
        return at;
      }
    }
    return at;
  }

  #readTrailers(bytes: Buffer, from: number, end: number): number {
    const before = this.#tail.length;
    const more = bytes.subarray(from, Math.min(end, from + largestTrailers + 4 - before));
    const tail = before === 0 ? more : Buffer.concat([this.#tail, more]);
    if (tail[0] === cr && tail[1] === lf) {
      this.trailers = none;
      return from + 2 - before;
    }
    const empty = endOfHead(tail, Math.max(0, before - 3));
    if (empty < 0) {
      if (tail.length > largestTrailers) throw new Malformed('HEAD_SIZE');
      // A copy, as the bytes are the caller's.
      this.#tail = before === 0 ? Buffer.from(tail) : tail;
      return end;
    }
    const trailers: string[] = [];
    readFieldLines(tail, 0, empty, tail.toString('latin1', 0, empty), trailers);
    this.trailers = trailers;
    return from + empty + 4 - before;
  }
}

const nothing = Buffer.alloc(0);
const none: readonly string[] = Object.freeze([]);

type ExtensionPart =
  | 'name-start'
  | 'name'
  | 'value-start'
  | 'token'
  | 'quoted'
  | 'escaped'
  | 'quoted-end'
  | 'line-end';

/** `;name`, `;name=token` or `;name="text"` (RFC 9112 section 7.1.1), without the white space that it tolerates. */
function afterExtensionByte(part: ExtensionPart, byte: number): ExtensionPart {
  switch (part) {
    case 'name-start':
      if (tokens[byte] === 1) return 'name';
      break;
    case 'name':
      if (tokens[byte] === 1) return 'name';
      if (byte === equals) return 'value-start';
      if (byte === semicolon) return 'name-start';
      if (byte === cr) return 'line-end';
      break;
    case 'value-start':
      if (tokens[byte] === 1) return 'token';
      if (byte === quote) return 'quoted';
      break;
    case 'token':
      if (tokens[byte] === 1) return 'token';
      if (byte === semicolon) return 'name-start';
      if (byte === cr) return 'line-end';
      break;
    case 'quoted':
      if (byte === quote) return 'quoted-end';
      if (byte === backslash) return 'escaped';
      if (byte >= 0x20 && byte < 0x7f) return 'quoted';
      break;
    case 'escaped':
      if (byte >= 0x20 && byte < 0x7f) return 'quoted';
      break;
    case 'quoted-end':
      if (byte === semicolon) return 'name-start';
      if (byte === cr) return 'line-end';
  }
  throw new Malformed('CHUNK');
}

function hexadecimal(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
