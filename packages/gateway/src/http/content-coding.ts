import {
  crc32,
  type InputType,
  inflate,
  inflateRaw,
  inflateRawSync,
  inflateSync,
  type ZlibOptions,
} from 'node:zlib';

/** Codings that can be undone within bounds. `br` and `zstd` cannot be by the Node that runs. */
export const contentCodings = ['gzip', 'deflate'] as const;
export type ContentCoding = (typeof contentCodings)[number];

export function isContentCoding(coding: string | undefined): coding is ContentCoding {
  return (contentCodings as readonly (string | undefined)[]).includes(coding);
}

export type CodingReason =
  /** More bytes come out than may be, or than so few bytes may stand for. */
  | 'too-large'
  /** Not the coding, cut off, or followed by anything. */
  | 'malformed';

/**
 * The one coding that Content-Encoding fields name (RFC 9110 section 8.4): undefined where they name none or `identity`,
 * in the way it was written where it is none that is known, or several.
 */
export function codingOf(values: readonly string[]): string | undefined {
  const names = values
    .flatMap((value) => value.split(','))
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
  if (names.length === 0) return undefined;
  if (names.length > 1) return names.join(', ');
  return names[0] === 'x-gzip' ? 'gzip' : names[0];
}

/** Whatever comes out of little is little: a bound that short repetitive documents are not held to. */
const alwaysInflated = 64 * 1024;

/** Text comes down to a fifth, extreme logs to a fiftieth; deflate cannot go below a thousandth. */
const maximumRatio = 100;

/**
 * Undoes a coding. Strict: one gzip member (RFC 1952) or one zlib stream (RFC 1950, which is what `deflate` means), whole,
 * with its checksum, and nothing behind it: readers that stop there and readers that go on would see different bodies.
 *
 * What comes out is bounded while it comes: at most `most` bytes, and at most 100 for each byte that came, or 64 KiB.
 * Works in the thread pool of Node, so that nobody waits for it.
 */
export async function decode(
  bytes: Buffer,
  coding: ContentCoding,
  most: number,
): Promise<Buffer | CodingReason> {
  const stream = streamIn(bytes, coding, most);
  return stream === undefined ? 'malformed' : contentOf(stream, await run(stream));
}

/** The same at once, for little content that nobody waits for: some milliseconds for a megabyte. */
export function decodeSync(bytes: Buffer, coding: ContentCoding, most: number): Buffer | CodingReason {
  const stream = streamIn(bytes, coding, most);
  return stream === undefined ? 'malformed' : contentOf(stream, runSync(stream));
}

interface Stream {
  /** What is inflated. */
  readonly bytes: Buffer;
  readonly coding: ContentCoding;
  readonly bound: number;
  /** Of gzip: the checksum and length behind it. */
  readonly trailer: Buffer;
}

function streamIn(bytes: Buffer, coding: ContentCoding, most: number): Stream | undefined {
  const bound = Math.min(most, Math.max(alwaysInflated, bytes.length * maximumRatio));
  if (coding === 'deflate') return { bytes, coding, bound, trailer: bytes.subarray(bytes.length) };
  const start = gzipHeaderEnd(bytes);
  const end = bytes.length - 8;
  if (start < 0 || end <= start) return undefined;
  return { bytes: bytes.subarray(start, end), coding, bound, trailer: bytes.subarray(end) };
}

function contentOf(
  { bytes, coding, trailer }: Stream,
  whole: Inflated | CodingReason,
): Buffer | CodingReason {
  if (typeof whole === 'string') return whole;
  const { content, taken } = whole;
  if (taken !== bytes.length) return 'malformed';
  if (coding === 'deflate') return content;
  const isRight = trailer.readUInt32LE(0) === crc32(content) && trailer.readUInt32LE(4) === content.length;
  return isRight ? content : 'malformed';
}

interface Inflated {
  readonly content: Buffer;
  /** Bytes up to the end of the stream. */
  readonly taken: number;
}

type Inflate = (
  bytes: InputType,
  options: ZlibOptions,
  done: (error: Error | null, result: Buffer) => void,
) => void;

function run({ bytes, coding, bound }: Stream): Promise<Inflated | CodingReason> {
  const undo: Inflate = coding === 'deflate' ? inflate : inflateRaw;
  return new Promise((resolve) => {
    undo(bytes, { info: true, maxOutputLength: bound }, (error, result) =>
      resolve(error === null ? inflated(result) : reasonFor(error)),
    );
  });
}

function runSync({ bytes, coding, bound }: Stream): Inflated | CodingReason {
  const undo = coding === 'deflate' ? inflateSync : inflateRawSync;
  try {
    return inflated(undo(bytes, { info: true, maxOutputLength: bound }));
  } catch (error) {
    return reasonFor(error as Error);
  }
}

/** With `info` the result is not what its type says. */
function inflated(result: Buffer): Inflated {
  const { buffer, engine } = result as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
  return { content: buffer, taken: engine.bytesWritten };
}

function reasonFor(error: Error): CodingReason {
  return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'too-large' : 'malformed';
}

const flagCrc = 0x02;
const flagExtra = 0x04;
const flagName = 0x08;
const flagComment = 0x10;

/** Where the deflate stream of a gzip member begins (RFC 1952 section 2.3), or -1. */
function gzipHeaderEnd(bytes: Buffer): number {
  if (bytes.length < 18 || bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8) return -1;
  const flags = bytes[3]!;
  // Reserved bits must be zero; extra fields and a checksum of the header are in use by nobody who sends content.
  if ((flags & (0xe0 | flagExtra | flagCrc)) !== 0) return -1;
  let at = 10;
  for (const flag of [flagName, flagComment]) {
    if ((flags & flag) === 0) continue;
    const zero = bytes.indexOf(0, at);
    if (zero < 0) return -1;
    at = zero + 1;
  }
  return at;
}
