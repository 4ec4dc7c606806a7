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

/** What is to be taken out of the texts of a form or multipart, which are asked about in their order. */
export class TextCuts {
  readonly #whole = new Set<string>();
  /** By name, and by the place of the text among those of that name. */
  readonly #inner = new Map<string, Map<number, FieldPath[]>>();
  readonly #seen = new Map<string, number>();

  /**
   * @param holds of a property
   * @returns undefined where a field is within a text that is no JSON
   */
  static of(fields: readonly FieldPath[], holds: (name: string) => Holding): TextCuts | undefined {
    const cuts = new TextCuts();
    return fields.every((path) => cuts.#add(path, holds)) ? cuts : undefined;
  }

  #add([first, ...rest]: FieldPath, holds: (name: string) => Holding): boolean {
    const name = String(first);
    const holding = rest.length === 0 ? 'text' : holds(name);
    if (rest.length === 0) this.#whole.add(name);
    else if (holding === 'deep' && rest.length === 1) this.#whole.add(`${name}[${rest[0]}]`);
    else if (holding === 'json') this.#addInner(name, 0, rest);
    else if (holding === 'json-list') this.#addInner(name, Number(rest[0]), rest.slice(1));
    else return false;
    return true;
  }

  #addInner(name: string, index: number, path: FieldPath): void {
    const texts = this.#inner.get(name) ?? new Map<number, FieldPath[]>();
    this.#inner.set(name, texts);
    const paths = texts.get(index);
    if (paths === undefined) texts.set(index, [path]);
    else paths.push(path);
  }

  isWhole(name: string): boolean {
    return this.#whole.has(name);
  }

  /** The next text of this name: what of it is to be taken out; undefined for nothing. */
  next(name: string): 'whole' | readonly FieldPath[] | undefined {
    if (this.#whole.has(name)) return 'whole';
    const texts = this.#inner.get(name);
    if (texts === undefined) return undefined;
    const index = this.#seen.get(name) ?? 0;
    this.#seen.set(name, index + 1);
    return texts.get(index);
  }
}

/**
 * A form without some of its fields; every other pair stays as it is written.
 * @param form well-formed application/x-www-form-urlencoded
 */
export function formWithout(form: string, cuts: TextCuts): string {
  const kept: string[] = [];
  for (const piece of form.split('&')) {
    const pair = parseQuery(piece, 1);
    const [name, text] = 'kind' in pair ? [] : (pair[0] ?? []);
    const cut = name === undefined ? undefined : cuts.next(name);
    if (cut === 'whole') continue;
    if (cut === undefined) kept.push(piece);
    else
      kept.push(`${piece.slice(0, piece.indexOf('='))}=${written(withoutFields(Buffer.from(text!), cut))}`);
  }
  return kept.join('&');
}

function written(text: Buffer): string {
  return new URLSearchParams([['', text.toString()]]).toString().slice(1);
}
