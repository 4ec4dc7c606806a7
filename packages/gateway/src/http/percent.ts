const percent = 0x25;

/** The value of the hexadecimal digit with this character code (either case), or -1. */
export function hexValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** The byte (0-255) that the percent-encoding at `at` stands for (RFC 3986 2.1), or -1 if there is none. */
export function percentByte(text: string, at: number): number {
  if (text.charCodeAt(at) !== percent) return -1;
  const high = hexValue(text.charCodeAt(at + 1));
  const low = hexValue(text.charCodeAt(at + 2));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/**
 * Where the percent-encoded UTF-8 sequence that starts at `at` with the byte `lead` (0x80-0xFF) ends, or -1 if
 * it is not one of the well-formed sequences of RFC 3629 4. Overlong forms and surrogates are not: a backend
 * that decodes `%C0%AF` leniently reads a slash there.
 */
export function percentUtf8End(text: string, at: number, lead: number): number {
  const continuations = lead < 0xc2 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : 0;
  if (continuations === 0) return -1;
  let lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  let highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  let next = at + 3;
  for (let count = 0; count < continuations; count++) {
    const byte = percentByte(text, next);
    if (byte < lowest || byte > highest) return -1;
    lowest = 0x80;
    highest = 0xbf;
    next += 3;
  }
  return next;
}
