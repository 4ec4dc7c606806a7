/** What everybody needs who goes through the bytes of a JSON text (RFC 8259). */

const quote = 0x22;
const backslash = 0x5c;

/** Where a string ends: behind its quote. @param start at its quote */
export function stringEnd(bytes: Buffer, start: number): number {
  let at = start + 1;
  for (; at < bytes.length && bytes[at] !== quote; at++) if (bytes[at] === backslash) at++;
  return at + 1;
}

/** A string or name as a reader has it: `\u0061` is an a. @param start behind its quote @param end at its quote */
export function textIn(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end);
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text;
}

/** Where the white space that may stand there ends (section 2). */
export function blanksEnd(bytes: Buffer, start: number): number {
  // Mostly there is none.
  if (bytes[start]! > 0x20) return start;
  let end = start;
  while (isBlank(bytes[end])) end++;
  return end;
}

export function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
