import type { Part } from '../http/multipart.ts';
import { withoutFields } from './field-cuts.ts';
import type { TextCuts } from './form-cuts.ts';

/**
 * A multipart without some of its fields; every other part stays as it is, byte for byte.
 * @param parts of the body, all of them
 * @returns undefined where no part would be left
 */
export function multipartWithout(body: Buffer, parts: readonly Part[], cuts: TextCuts): Buffer | undefined {
  if (parts.every(({ name }) => cuts.isWhole(name))) return undefined;
  const pieces: Buffer[] = [];
  // A part begins with the boundary before it: behind the line end that follows the part before.
  let start = 0;
  for (const { name, content } of parts) {
    const from = content.byteOffset - body.byteOffset;
    const end = from + content.length;
    const cut = cuts.next(name);
    if (cut !== 'whole') {
      const left = cut === undefined ? content : withoutFields(content, cut);
      pieces.push(body.subarray(start, from), left, body.subarray(end, end + 2));
    }
    start = end + 2;
  }
  return Buffer.concat([...pieces, body.subarray(start)]);
}
