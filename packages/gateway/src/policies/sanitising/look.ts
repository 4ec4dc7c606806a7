import { stringEnd } from '../../http/json-text.ts';
import { textAt } from '../../http/json-visit.ts';
import { mostParameters, parseQuery } from '../../http/query.ts';
import type { ValidationError } from '../../openapi/validation-error.ts';
import { shortened } from '../../openapi/validation-error.ts';
import { type Danger, dangerIn, mayBeDangerous, newBudget } from './danger.ts';
import { type Form, pointersOf, type TextPlace } from './places.ts';

/** A text with markup that scripts. */
export interface Finding {
  readonly danger: Danger;
  readonly error: ValidationError;
}

/** Findings that are told; what follows changes nothing. */
const mostTold = 5;
const quote = 0x22;

const message = 'must not hold markup that scripts';

/** Looks through the parameters of the path and the query. */
export function lookAtTarget(query: string, names: readonly string[], values: readonly string[]): Finding[] {
  const found: Finding[] = [];
  const budget = newBudget();
  const add = (where: 'path' | 'query', name: string, value: string): void => {
    const danger = dangerIn(value, budget);
    if (danger !== undefined && found.length < mostTold)
      found.push({ danger, error: { in: where, name: shortened(name), keyword: 'dangerous', message } });
  };
  for (const [index, value] of values.entries()) add('path', names[index] ?? String(index), value);
  if (!mayBeEncoded.test(query)) return found;
  const pairs = parseQuery(query, mostParameters);
  for (const [name, value] of 'kind' in pairs ? pairsAnyhow(query) : pairs) add('query', name, value);
  return found;
}

/**
 * Of a query with faults, or with very many parameters: one broken parameter must not hide the others, as a lenient service
 * reads them all the same. Markup is ASCII, so that bytes will do for characters.
 */
function pairsAnyhow(query: string): (readonly [name: string, value: string])[] {
  return query.split('&').map((piece) => {
    const [name = '', ...rest] = piece.split('=');
    return [unescaped(name), unescaped(rest.join('='))];
  });
}

function unescaped(text: string): string {
  return text
    .replaceAll('+', ' ')
    .replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Markup is seldom written in a query without an escape, and then it is seen. */
const mayBeEncoded = /[%<:]/;

/** @param places all texts of a body that is no JSON @param bytes valid where it is JSON */
export function lookAtBody(form: Form, bytes: Buffer, places: readonly TextPlace[]): Finding[] {
  const found = form === 'json' ? inJson(bytes) : inPlaces(places);
  const pointers = pointersOf(
    form,
    bytes,
    found.map(({ place }) => place),
  );
  return found.map(({ danger }, index) => ({
    danger,
    error: { in: 'body', pointer: pointers[index] ?? '', keyword: 'dangerous', message },
  }));
}

interface Found {
  readonly danger: Danger;
  readonly place: Pick<TextPlace, 'from' | 'name'>;
}

function inPlaces(places: readonly TextPlace[]): Found[] {
  const found: Found[] = [];
  const budget = newBudget();
  for (const place of places) {
    const danger = dangerIn(place.text, budget);
    if (danger === undefined) continue;
    found.push({ danger, place });
    if (found.length === mostTold) break;
  }
  return found;
}

/** Every string, names of members among them. */
function inJson(bytes: Buffer): Found[] {
  const found: Found[] = [];
  // Most bodies have nothing of it anywhere. Behind a backslash anything may hide.
  const all = bytes.toString('latin1');
  if (!all.includes('\\') && !mayBeDangerous.test(all)) return found;
  const budget = newBudget();
  for (let from = bytes.indexOf(quote); from >= 0 && from < bytes.length; ) {
    const end = stringEnd(bytes, from);
    const danger = dangerIn(textAt(bytes, from) ?? '', budget);
    if (danger !== undefined) {
      found.push({ danger, place: { from, name: undefined } });
      if (found.length === mostTold) break;
    }
    from = bytes.indexOf(quote, end);
  }
  return found;
}
