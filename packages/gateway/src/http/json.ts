import { isUtf8 } from 'node:buffer';
import { boundStructure } from './json-structure.ts';

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

/**
 * Parses one JSON text (RFC 8259): UTF-8 without a byte order mark, bounded in depth, and without anything that two
 * readers could understand differently: what is validated here is what the service behind the gateway will read.
 * @throws JsonFault
 */
export function parseJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new JsonFault('The body is not valid UTF-8.');
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    throw new JsonFault('The body begins with a byte order mark.', 0);
  }
  const fault = boundStructure(bytes);
  if (fault !== undefined) throw new JsonFault(fault.message, fault.offset);
  try {
    return JSON.parse(bytes.toString()) as unknown;
  } catch {
    // V8's own message quotes the text around the fault, which may be a secret.
    throw new JsonFault('The body is not valid JSON.');
  }
}
