import { isUtf8 } from 'node:buffer';
import { charsetOf } from '../../http/charset.ts';
import { parseForm } from '../../http/form.ts';
import { placesIn } from '../../http/json-places.ts';
import { escapePointer } from '../../http/json-pointer.ts';
import type { Arrival, Follower } from '../../http/json-spot.ts';
import { stringEnd } from '../../http/json-text.ts';
import { textAt, visitJson } from '../../http/json-visit.ts';
import type { MediaType } from '../../http/media-type.ts';
import { parseMultipart } from '../../http/multipart.ts';
import { mostParameters } from '../../http/query.ts';
import { shortened } from '../../openapi/validation-error.ts';
import type { Kind } from './kinds.ts';
import type { Search } from './rules.ts';

/** How a body is written, as far as texts in it can be changed in their place. */
export type Form = 'json' | 'form' | 'multipart' | 'text';

/** A text of a body. */
export interface TextPlace {
  /** The bytes that stand for it, quotes included. */
  readonly from: number;
  readonly to: number;
  readonly text: string;
  /** How it is to be cleaned; empty for not at all. */
  readonly kinds: readonly Kind[];
  /** Of a field of a form or multipart; undefined in JSON, where `pointersOf` finds it. */
  readonly name: string | undefined;
}

/** The bytes are not what the Content-Type says. */
export class Unreadable extends Error {
  override name = 'Unreadable';
}

/** Whether bytes that are UTF-8 are what the type says: ASCII is UTF-8 as well. */
export function isAsUtf8({ parameters }: MediaType): boolean {
  return charsetOf(parameters.get('charset') ?? 'utf-8') === 'utf-8';
}

const quote = 0x22;

/**
 * The texts that are to be cleaned; in forms and multipart, the others too.
 * @throws Unreadable
 */
export function textPlaces(
  form: Form,
  bytes: Buffer,
  boundary: string | undefined,
  searches: readonly Search[],
): TextPlace[] {
  switch (form) {
    case 'json':
      return inJson(bytes, searches);
    case 'form':
      return inForm(bytes, searches);
    case 'multipart':
      return inMultipart(bytes, boundary, searches);
    case 'text': {
      if (!isUtf8(bytes)) throw new Unreadable('is not valid UTF-8');
      return [{ from: 0, to: bytes.length, text: bytes.toString(), kinds: ownKinds(searches), name: '' }];
    }
  }
}

function ownKinds(searches: readonly Search[]): readonly Kind[] {
  return searches.flatMap(({ own, kindLists }) => kindsAt(own, kindLists));
}

function kindsAt(ended: readonly number[] | undefined, lists: Search['kindLists']): readonly Kind[] {
  return (ended ?? []).flatMap((index) => lists[index]!);
}

/** @param bytes valid JSON */
function inJson(bytes: Buffer, searches: readonly Search[]): TextPlace[] {
  const found = new Map<number, readonly Kind[]>();
  const add = (from: number, kinds: readonly Kind[]): void => {
    if (bytes[from] === quote && kinds.length > 0)
      found.set(from, [...new Set([...(found.get(from) ?? []), ...kinds])]);
  };
  let start = 0;
  while (bytes[start]! <= 0x20) start++;
  for (const { root, kindLists, own } of searches) {
    add(start, kindsAt(own, kindLists));
    visitJson(bytes, { root }, ({ path, from }) => {
      add(from, kindLists[path]!);
      return false;
    });
  }
  return [...found]
    .sort(([a], [b]) => a - b)
    .map(([from, kinds]) => ({
      from,
      to: stringEnd(bytes, from),
      text: textAt(bytes, from)!,
      kinds,
      name: undefined,
    }));
}

/** @param bytes valid application/x-www-form-urlencoded, which is ASCII */
function inForm(bytes: Buffer, searches: readonly Search[]): TextPlace[] {
  const pairs = parseForm(bytes, mostParameters);
  if ('kind' in pairs) throw new Unreadable('is no well-formed form');
  const places: TextPlace[] = [];
  let from = 0;
  for (const [name, text] of pairs) {
    while (bytes[from] === ampersand) from++;
    const next = bytes.indexOf(ampersand, from);
    const end = next < 0 ? bytes.length : next;
    const equalsAt = bytes.subarray(from, end).indexOf(equals);
    places.push({
      from: equalsAt < 0 ? end : from + equalsAt + 1,
      to: end,
      text,
      kinds: kindsOfField(name, searches),
      name,
    });
    from = end + 1;
  }
  return places;
}

const ampersand = 0x26;
const equals = 0x3d;

function inMultipart(bytes: Buffer, boundary: string | undefined, searches: readonly Search[]): TextPlace[] {
  const parts = parseMultipart(bytes, boundary);
  if ('kind' in parts) throw new Unreadable('is no well-formed multipart');
  return parts.flatMap(({ name, content, filename, type }): TextPlace[] => {
    const kinds = kindsOfField(name, searches);
    // A file is no text, unless somebody asks for it to be cleaned like one.
    if (filename !== undefined && kinds.length === 0) return [];
    const isText = isUtf8(content) && (type === undefined || isAsUtf8(type));
    if (kinds.length > 0 && !isText) throw new Unreadable('has a field that is no UTF-8');
    const from = content.byteOffset - bytes.byteOffset;
    // One byte that is no UTF-8 must not hide the others: markup is ASCII in nearly every charset.
    const text = content.toString(isText ? 'utf8' : 'latin1');
    return [{ from, to: from + content.length, text, kinds, name }];
  });
}

/**
 * What is to become of a field of a form: `tags` and `tags[]` are the items of a list as well, `filter[name]` is the name
 * in the filter.
 */
function kindsOfField(name: string, searches: readonly Search[]): readonly Kind[] {
  return searches.flatMap(({ root, kindLists }) => {
    const whole = member(root, name);
    const found = [whole, item(whole)];
    const bracket = name.indexOf('[');
    if (bracket > 0 && name.length <= longestPath) {
      let at: Arrival | undefined = member(root, name.slice(0, bracket));
      for (const [, step = ''] of name.slice(bracket).matchAll(/\[([^[\]]*)\]/g))
        at = step === '' || /^[0-9]+$/.test(step) ? (item(at) ?? at) : at?.next && member(at.next, step);
      found.push(at, item(at));
    }
    const ended = new Set(found.flatMap((arrival) => arrival?.ended ?? []));
    return kindsAt([...ended], kindLists);
  });
}

const longestPath = 1_000;

function member(at: Follower, name: string): Arrival {
  const written = Buffer.from(JSON.stringify(name));
  return at.member(written, 1, written.length - 1);
}

function item(arrival: Arrival | undefined): Arrival | undefined {
  return arrival?.next?.item(0);
}

/** A text as it is written in such a body. */
export function written(form: Form, text: string): Buffer {
  switch (form) {
    case 'json':
      return Buffer.from(JSON.stringify(text));
    case 'form':
      return Buffer.from(new URLSearchParams([['', text]]).toString().slice(1));
    default:
      return Buffer.from(text);
  }
}

/** JSON Pointers of places in a body, for people; in the order of the places. */
export function pointersOf(
  form: Form,
  bytes: Buffer,
  places: readonly Pick<TextPlace, 'from' | 'name'>[],
): string[] {
  if (form !== 'json')
    return places.map(({ name }) =>
      name === undefined || name === '' ? '' : shortened(`/${escapePointer(name)}`),
    );
  const found = placesIn(
    bytes,
    places.map(({ from }) => from),
  );
  return found.map(({ steps }) => shortened(steps.map((step) => `/${escapePointer(step)}`).join('')));
}
