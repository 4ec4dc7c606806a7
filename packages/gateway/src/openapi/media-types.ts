import { tokenOrQuoted } from '../http/field-syntax.ts';
import { isJson, type MediaType, parseMediaType } from '../http/media-type.ts';
import type {
  EncodingDefinition,
  MediaTypeDetails,
  ParameterDefinition,
  ParameterStyle,
  Schema,
} from './definition.ts';
import { emptyObject, isJsonObject, type JsonObject, objectOrEmpty } from './json-value.ts';
import { cleanSchema } from './keywords.ts';

/**
 * The one spelling of a media type, or range, as a key of `content`: lower-case, its parameters in order. Undefined
 * where it is none. `charset=utf-8` is left out, as a request need not state what is so anyway.
 */
export function mediaTypeKey(written: string): string | undefined {
  const mediaType = /[^\x20-\x7e]/.test(written) ? undefined : parseMediaType(written.trim());
  if (mediaType === undefined) return undefined;
  const { type, parameters } = mediaType;
  const pairs = [...parameters]
    .filter(([name, value]) => !(name === 'charset' && value.toLowerCase() === 'utf-8'))
    .map(([name, value]) => `; ${name}=${tokenOrQuoted(value)}`);
  return type + pairs.sort().join('');
}

/** Whether JSON falls under a key. */
export function mayBeJson(key: string): boolean {
  const [type = ''] = key.split(';');
  return isJson(type) || type === '*/*' || type === 'application/*';
}

/** What a parameter or header has in the place of a schema: a media type, in lower case and alone, and what is said of it. */
export function onlyContent(content: unknown): readonly [mediaType: string, media: JsonObject] | undefined {
  const [first] = Object.entries(objectOrEmpty(content));
  if (first === undefined) return undefined;
  const [key, media] = first;
  return [key.split(';', 1)[0]!.trim().toLowerCase(), objectOrEmpty(media)];
}

/** A key, taken apart again, with what a request must have. */
export interface Offered {
  readonly key: string;
  readonly type: string;
  readonly parameters: readonly (readonly [name: string, value: string])[];
}

/** The keys of a body's content, those first that ask for most. */
export function offeredTypes(keys: readonly string[]): readonly Offered[] {
  return keys
    .flatMap((key): Offered[] => {
      const mediaType = parseMediaType(key);
      return mediaType === undefined
        ? []
        : [{ key, type: mediaType.type, parameters: [...mediaType.parameters] }];
    })
    .sort((a, b) => b.parameters.length - a.parameters.length);
}

/**
 * The key that a media type falls under (OpenAPI 3.1 section 4.8.13): the exact type before a range, and of several with
 * parameters the one that has most of them in common with what was sent. Parameters that no key asks for do not matter.
 */
export function keyFor(offered: readonly Offered[], { type, parameters }: MediaType): string | undefined {
  for (const wanted of [type, `${type.slice(0, type.indexOf('/'))}/*`, '*/*']) {
    const found = offered.find(
      (each) =>
        each.type === wanted &&
        each.parameters.every(([name, value]) => isSame(name, value, parameters.get(name))),
    );
    if (found !== undefined) return found.key;
  }
  return undefined;
}

/** Names of charsets are the only values that are known to be the same in any case (RFC 9110 section 8.3.2). */
function isSame(name: string, wanted: string, sent: string | undefined): boolean {
  if (name !== 'charset') return wanted === sent;
  return wanted.toLowerCase() === sent?.toLowerCase();
}

/** What a media type object says besides its schema; undefined where that is nothing. */
export function readDetails(
  media: JsonObject,
  readHeader: (name: string, header: JsonObject) => ParameterDefinition | undefined,
): MediaTypeDetails | undefined {
  if (media.itemSchema === undefined && media.encoding === undefined) return undefined;
  const encoding = emptyObject() as Record<string, EncodingDefinition>;
  for (const [property, value] of Object.entries(objectOrEmpty(media.encoding))) {
    if (isJsonObject(value)) encoding[property] = readEncoding(value, readHeader);
  }
  const itemSchema: Schema | undefined =
    media.itemSchema === undefined ? undefined : cleanSchema(media.itemSchema);
  return { itemSchema, encoding };
}

/** Of fields of a form or multipart. */
export const styles: readonly unknown[] = [
  'form',
  'spaceDelimited',
  'pipeDelimited',
  'deepObject',
] satisfies ParameterStyle[];

/** The media types that a part may have. */
export function partTypes(contentType: unknown): string[] {
  const listed = typeof contentType === 'string' ? contentType.split(',') : [];
  return listed.map((type) => type.split(';')[0]!.trim().toLowerCase()).filter(Boolean);
}

function readEncoding(
  source: JsonObject,
  readHeader: (name: string, header: JsonObject) => ParameterDefinition | undefined,
): EncodingDefinition {
  const headers = Object.entries(objectOrEmpty(source.headers)).map(([name, header]) =>
    readHeader(name, objectOrEmpty(header)),
  );
  return {
    contentTypes: partTypes(source.contentType),
    style: styles.includes(source.style) ? (source.style as ParameterStyle) : undefined,
    explode: typeof source.explode === 'boolean' ? source.explode : undefined,
    headers: headers.filter((header) => header !== undefined),
  };
}
