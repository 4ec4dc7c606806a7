import type { Part } from '../http/multipart.ts';
import { withoutFields } from './field-cuts.ts';
import { type Holding, ownCuts } from './form-cuts.ts';
import type { FieldPath } from './unknown-fields.ts';

/**
 * A multipart without some of its fields; every other part stays as it is, byte for byte.
 * @param parts of the body, all of them
 * @param holds of a property
 * @returns undefined where a field is within a text that is no JSON, or no part would be left
 */
export function multipartWithout(
  body: Buffer,
  parts: readonly Part[],
  fields: readonly FieldPath[],
  holds: (name: string) => Holding,
): Buffer | undefined {
  const whole = new Set(fields.filter(({ length }) => length === 1).map(([name]) => String(name)));
  const inner = fields.filter(({ length }) => length > 1);
  if (inner.some(([name]) => !/^json/.test(holds(String(name))))) return undefined;
  if (parts.every(({ name }) => whole.has(name))) return undefined;
  const pieces: Buffer[] = [];
  const seen = new Map<string, number>();
  // A part begins with the boundary before it: behind the line end that follows the part before.
  let start = 0;
  for (const { name, content } of parts) {
    const from = content.byteOffset - body.byteOffset;
    const end = from + content.length;
    const index = seen.get(name) ?? 0;
    seen.set(name, index + 1);
    if (!whole.has(name)) {
      const cuts = inner.filter(([first]) => first === name).map(([, ...rest]) => rest);
      const own = ownCuts(cuts, holds(name), index);
      pieces.push(body.subarray(start, from), own.length === 0 ? content : withoutFields(content, own));
      pieces.push(body.subarray(end, end + 2));
    }
    start = end + 2;
  }
  return Buffer.concat([...pieces, body.subarray(start)]);
}
