import { parseQuery } from '../http/query.ts';
import { withoutFields } from './field-cuts.ts';
import type { FieldPath } from './unknown-fields.ts';

/** How a property stands in a form. */
export type Holding =
  /** As it is, once or several times. */
  | 'text'
  /** One JSON document. */
  | 'json'
  /** Each text a JSON document, an item of the property. */
  | 'json-list'
  /** Each of its members a text of its own, `p[member]`. */
  | 'deep';

/**
 * A form without some of its fields; every other pair stays as it is written.
 * @param form well-formed application/x-www-form-urlencoded
 * @param holds of a property
 * @returns undefined where a field is within a text that is no JSON
 */
export function formWithout(
  form: string,
  fields: readonly FieldPath[],
  holds: (name: string) => Holding,
): string | undefined {
  const inner = innerCuts(fields, holds);
  if (inner === undefined) return undefined;
  const seen = new Map<string, number>();
  const kept: string[] = [];
  for (const piece of form.split('&')) {
    const pair = parseQuery(piece, 1);
    if ('kind' in pair || pair.length === 0) {
      kept.push(piece);
      continue;
    }
    const [name, text] = pair[0]!;
    const index = seen.get(name) ?? 0;
    seen.set(name, index + 1);
    const cuts = inner.get(name);
    if (cuts === 'whole') continue;
    const own = cuts === undefined ? [] : ownCuts(cuts, holds(name), index);
    if (own.length === 0) kept.push(piece);
    else kept.push(`${piece.slice(0, piece.indexOf('='))}=${written(withoutFields(Buffer.from(text), own))}`);
  }
  return kept.join('&');
}

/** By the name of a pair, what is to be taken out of its text; undefined where it cannot be. */
function innerCuts(
  fields: readonly FieldPath[],
  holds: (name: string) => Holding,
): Map<string, FieldPath[] | 'whole'> | undefined {
  const cuts = new Map<string, FieldPath[] | 'whole'>();
  for (const [first, ...rest] of fields) {
    const name = String(first);
    if (rest.length === 0) {
      cuts.set(name, 'whole');
      continue;
    }
    const holding = holds(name);
    if (holding === 'deep' && rest.length === 1) cuts.set(`${name}[${rest[0]}]`, 'whole');
    else if (holding === 'json' || holding === 'json-list') {
      const known = cuts.get(name) ?? [];
      if (known !== 'whole') cuts.set(name, [...known, rest]);
    } else return undefined;
  }
  return cuts;
}

/** Of the text that is this item of its property. */
export function ownCuts(cuts: readonly FieldPath[], holding: Holding, index: number): FieldPath[] {
  if (holding !== 'json-list') return [...cuts];
  return cuts.filter(([item]) => item === index).map(([, ...rest]) => rest);
}

function written(text: Buffer): string {
  return new URLSearchParams([['', text.toString()]]).toString().slice(1);
}
