/** What makes a `<` the beginning of a tag, a comment or a declaration (HTML 13.2.5.6). */
function beginsTag(next: number | undefined): boolean {
  if (next === undefined) return false;
  const lower = next | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || next === slash || next === bang || next === question;
}

const open = 0x3c;
const close = 0x3e;
const slash = 0x2f;
const bang = 0x21;
const question = 0x3f;

/**
 * A text without tags. What is between them stays, and so does a `<` that begins none: `a < b`, `I <3 you`. What is left
 * has no `<` that could begin one, also where taking one out would put another together, as in `<scr<b>ipt>`: each `>` takes
 * out what the last `<` before it begins, in what is left by then, and a tag without an end loses its `<`.
 * Entities stay as they are, as nothing that reads them as HTML makes a tag of them.
 *
 * Linear: every character is put down once and taken out at most once.
 */
export function withoutTags(text: string): string {
  if (!text.includes('<')) return text;
  const left = new Uint16Array(text.length);
  let length = 0;
  /** Where a `<` stands in what is left. */
  const opened: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === open) opened.push(length);
    else if (code === close) {
      const begin = lastTag(left, length, opened);
      if (begin !== undefined) {
        length = begin;
        continue;
      }
    }
    left[length++] = code;
  }
  // From the end, as one that goes brings its left neighbour and what follows together.
  const result = new Uint16Array(length);
  let from = length;
  for (let at = length - 1; at >= 0; at--) {
    const code = left[at]!;
    if (code === open && beginsTag(result[from])) continue;
    result[--from] = code;
  }
  return textOf(result.subarray(from));
}

/** Where the tag begins that a `>` ends; a `<` that begins none is plain text for good. */
function lastTag(left: Uint16Array, length: number, opened: number[]): number | undefined {
  for (let begin = opened.pop(); begin !== undefined; begin = opened.pop())
    if (begin + 1 < length && beginsTag(left[begin + 1])) return begin;
  return undefined;
}

function textOf(codes: Uint16Array): string {
  return Buffer.from(codes.buffer, codes.byteOffset, codes.byteLength).toString('utf16le');
}
