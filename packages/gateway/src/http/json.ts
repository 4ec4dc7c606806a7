import { isUtf8 } from 'node:buffer';

/** The bytes are no JSON that the gateway takes. The message is fit for the caller and echoes no value. */
export class JsonFault extends Error {
  /** Byte at which reading stopped, where it is known. */
  readonly offset: number | undefined;

  constructor(message: string, offset?: number) {
    super(message);
    this.name = 'JsonFault';
    this.offset = offset;
  }
}

/** Deeper documents are no data; recursive consumers behind the gateway would run out of stack. */
export const maximumDepth = 64;

/**
 * Parses one JSON text (RFC 8259): UTF-8 without a byte order mark, bounded depth.
 * @throws JsonFault
 */
export function parseJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new JsonFault('The body is not valid UTF-8.');
  if (bytes[0] === 0xef) {
    if (bytes[1] === 0xbb && bytes[2] === 0xbf)
      throw new JsonFault('The body begins with a byte order mark.', 0);
  }
  boundDepth(bytes);
  try {
    return JSON.parse(bytes.toString()) as unknown;
  } catch {
    // V8's own message quotes the text around the fault, which may be a secret.
    throw new JsonFault('The body is not valid JSON.');
  }
}

const quote = 0x22;
const backslash = 0x5c;

function boundDepth(bytes: Buffer): void {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (inString) {
      if (byte === backslash) i++;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > maximumDepth)
        throw new JsonFault(`The body is nested deeper than ${maximumDepth} levels.`, i);
    } else if (byte === 0x7d || byte === 0x5d) depth--;
  }
}
