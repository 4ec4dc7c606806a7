const backslash = 0x5c;
const escapes: ReadonlyMap<number, number> = new Map([
  [0x22, 0x22],
  [0x5c, 0x5c],
  [0x2f, 0x2f],
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
]);

/** A text as its reader has it, and the way back to the bytes that were sent. */
export interface PlainText {
  readonly bytes: Buffer;
  /** Where in the bytes that were sent the character begins that is at this byte of the plain ones; increasing. */
  readonly sentAt: (offset: number) => number;
}

/**
 * Content without the escapes of JSON (RFC 8259 section 7), in one pass: `\u002d` is a hyphen to whoever reads it, and must
 * not hide a word from the search. Characters beyond ASCII become a question mark, as no rule is about them.
 */
export function plainJson(bytes: Buffer): PlainText {
  let at = bytes.indexOf(backslash);
  if (at < 0) return { bytes, sentAt: same };
  const plain = Buffer.allocUnsafe(bytes.length);
  /** By turns: a byte of the plain text, and how much further on its place in the sent one is from there. */
  const shifts: number[] = [];
  let from = 0;
  let length = 0;
  while (at >= 0 && at + 1 < bytes.length) {
    length += bytes.copy(plain, length, from, at);
    const isUnicode = bytes[at + 1] === 0x75;
    const code = isUnicode ? hexAt(bytes, at + 2) : escapes.get(bytes[at + 1]!);
    const end = code === undefined ? at + 1 : at + (isUnicode ? 6 : 2);
    plain[length++] = code === undefined ? backslash : code < 0x80 ? code : 0x3f;
    from = end;
    shifts.push(length, from - length);
    at = bytes.indexOf(backslash, from);
  }
  length += bytes.copy(plain, length, from);
  return { bytes: plain.subarray(0, length), sentAt: (offset) => offset + shiftAt(shifts, offset) };
}

export const plainAsItIs = (bytes: Buffer): PlainText => ({ bytes, sentAt: same });

function same(offset: number): number {
  return offset;
}

function hexAt(bytes: Buffer, at: number): number | undefined {
  let code = 0;
  for (let i = at; i < at + 4; i++) {
    const byte = bytes[i] ?? 0;
    const digit = byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57;
    if (digit < 0 || digit > 15 || (byte < 0x41 && byte > 0x39)) return undefined;
    code = code * 16 + digit;
  }
  return code;
}

function shiftAt(shifts: readonly number[], offset: number): number {
  let low = 0;
  let high = shifts.length / 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (shifts[2 * middle]! <= offset) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0 : shifts[2 * low - 1]!;
}
