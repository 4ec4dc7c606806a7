import { setImmediate as turn } from 'node:timers/promises';
import type { Cleaner, Kind } from './kinds.ts';
import { type Form, pointersOf, type TextPlace, written } from './places.ts';

/** A text that has no clean form. */
export interface Refused {
  readonly pointer: string;
  readonly kind: Kind;
  readonly message: string;
}

/** The body with its texts clean, and what was changed. */
export interface CleanBody {
  readonly body: Buffer;
  /** For the record: kind and JSON Pointer of each, no values. Empty where nothing was changed. */
  readonly changes: readonly string[];
}

/** Changes that the record lists. */
const mostListed = 20;
/**
 * What is cleaned before others have their turn. The unit is a character of HTML, a `<` or `&` counts for 16, and a text by
 * itself for 500: that comes to some 5 ms.
 */
const slice = 65_536;

/**
 * Cleans texts of a body and puts them in their place; every other byte stays as it is.
 * @param boundary of a multipart: no text may have it, as it would become the border of another part
 */
export async function cleanBody(
  form: Form,
  bytes: Buffer,
  boundary: string | undefined,
  places: readonly TextPlace[],
  cleaner: Cleaner,
): Promise<CleanBody | Refused> {
  const parts: Buffer[] = [];
  const changed: { readonly place: TextPlace; readonly by: readonly Kind[] }[] = [];
  let from = 0;
  let spent = 0;
  for (const place of places) {
    if (place.kinds.length === 0) continue;
    const cost = costOf(place);
    if (spent > 0 && spent + cost > slice) {
      await turn();
      spent = 0;
    }
    spent += cost;
    const clean = cleaner.clean(place.text, place.kinds);
    if ('message' in clean) return { ...clean, pointer: pointersOf(form, bytes, [place])[0] ?? '' };
    if (clean.text === place.text) continue;
    if (boundary !== undefined && clean.text.includes(`--${boundary}`))
      return {
        kind: clean.changedBy.at(-1)!,
        message: 'must not hide a boundary',
        pointer: pointersOf(form, bytes, [place])[0] ?? '',
      };
    parts.push(bytes.subarray(from, place.from), written(form, clean.text));
    from = place.to;
    changed.push({ place, by: clean.changedBy });
  }
  if (changed.length === 0) return { body: bytes, changes: [] };
  parts.push(bytes.subarray(from));
  return { body: Buffer.concat(parts), changes: told(form, bytes, changed) };
}

function told(
  form: Form,
  bytes: Buffer,
  changed: readonly { readonly place: TextPlace; readonly by: readonly Kind[] }[],
): readonly string[] {
  const listed = changed.slice(0, mostListed);
  const pointers = pointersOf(
    form,
    bytes,
    listed.map(({ place }) => place),
  );
  const lines = listed.map(({ by }, index) => `${by.join(' ')} ${pointers[index] || '/'}`);
  const more = changed.length - listed.length;
  return more > 0 ? [...lines, `and ${more} more`] : lines;
}

function costOf({ text, kinds }: TextPlace): number {
  if (!kinds.includes('html')) return 50 + text.length / 4;
  let marks = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x3c || code === 0x26) marks++;
  }
  return 500 + text.length + 16 * marks;
}
