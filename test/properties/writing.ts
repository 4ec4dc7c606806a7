import type { Parameter, Texts } from './parameters.ts';

/** What of a request has parameters in it. */
export interface Written {
  /** Of the path, encoded. */
  readonly segments: readonly string[];
  /** Pieces between ampersands. */
  readonly query: readonly string[];
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly cookies: readonly string[];
}

export const nowhere: Written = { segments: [], query: [], fields: [], cookies: [] };

/** All of them in one request; a path without parameters has one segment, `x`. */
export function together(all: readonly Written[]): Written {
  const segments = all.flatMap((each) => each.segments);
  return {
    segments: segments.length > 0 ? segments : ['x'],
    query: all.flatMap((each) => each.query),
    fields: all.flatMap((each) => each.fields),
    cookies: all.flatMap((each) => each.cookies),
  };
}

/**
 * Whether the texts can be written in the place, and read in one way. What is left out is where we differ knowingly:
 *
 * - A percent-encoded delimiter delimits all the same: `URLSearchParams` encodes the commas of `1,2,3`, so that most
 *   services split what is decoded.
 * - One empty text is an empty list, as there is no other way to write that.
 * - Cookies are never repeated: `p=a; p=b` is a duplicate, of which services take either.
 * - Cookies that are no property of an object are somebody else's, and pass.
 */
export function isWritable(parameter: Parameter, texts: Texts): boolean {
  const { in: location, explode, style } = parameter;
  const all = piecesOf(texts);
  if ('text' in texts ? texts.kind === 'json' && texts.text === '' : all.length === 0) return false;
  if (location === 'header' && !all.every((text) => /^(?:[!-~]+(?: [!-~]+)*)?$/.test(text))) return false;
  if (location === 'cookie' && !all.every((text) => /^[!-:<-~]*$/.test(text))) return false;
  // An empty segment is no path, and one of dots is another path.
  if (location === 'path' && (/^\.*$/.test(all.join('.')) || /[/\\]/.test(all.join()))) return false;
  if (texts.kind === 'scalar' || texts.kind === 'json') return true;
  if (all.length === 1 && all[0] === '' && !(location === 'query' && explode)) return false;
  if (location === 'cookie' && explode) {
    if (texts.kind === 'array') return texts.items.length === 1;
    if (texts.pairs.some(([name]) => !Object.hasOwn(parameter.model.members!, name))) return false;
  }
  const delimiters = style === 'label' ? /[.,=]/ : /[,| =;&]/;
  return all.every((text) => !delimiters.test(text));
}

function piecesOf(texts: Texts): readonly string[] {
  if (texts.kind === 'array') return texts.items;
  return texts.kind === 'object' ? texts.pairs.flat() : [texts.text];
}

/** The parameter in its place, or with its properties as names of their own. */
export function write(parameter: Parameter, texts: Texts): Written {
  const { in: location, style, name } = parameter;
  if (location === 'query')
    return {
      ...nowhere,
      query: pairsOf(parameter, texts).map(([each, text]) => `${encodeURIComponent(each)}=${text}`),
    };
  if (location === 'cookie')
    return {
      ...nowhere,
      cookies: pairsOf(parameter, texts).map(([each, text]) => `${each}=${decodeURIComponent(text)}`),
    };
  if (style === 'matrix') {
    const pieces = pairsOf(parameter, texts).map(([each, text]) => `;${encodeURIComponent(each)}=${text}`);
    return { ...nowhere, segments: [pieces.join('')] };
  }
  const encode = location === 'path' ? encodeURIComponent : (text: string) => text;
  const joined = inOne(parameter, texts, encode);
  if (location === 'path') return { ...nowhere, segments: [style === 'label' ? `.${joined}` : joined] };
  return { ...nowhere, fields: [[name, joined]] };
}

function inOne({ style, explode }: Parameter, texts: Texts, encode: (text: string) => string): string {
  const delimiter = style === 'label' && explode ? '.' : ',';
  if (texts.kind === 'array') return texts.items.map(encode).join(delimiter);
  if (texts.kind !== 'object') return encode(texts.text);
  return texts.pairs
    .map(([name, text]) => `${encode(name)}${explode ? '=' : ','}${encode(text)}`)
    .join(delimiter);
}

const delimiters: Readonly<Record<string, string>> = {
  spaceDelimited: '%20',
  pipeDelimited: '|',
  ssv: '%20',
  pipes: '|',
};

/** Names plain, texts encoded. */
export function pairsOf(
  { name, style, explode, allowReserved }: Pick<Parameter, 'name' | 'style' | 'explode' | 'allowReserved'>,
  texts: Texts,
): readonly (readonly [name: string, text: string])[] {
  const delimiter = delimiters[style] ?? ',';
  const encode = allowReserved ? encodeSome : encodeURIComponent;
  if (texts.kind === 'array')
    return explode
      ? texts.items.map((text) => [name, encode(text)])
      : [[name, texts.items.map(encode).join(delimiter)]];
  if (texts.kind !== 'object') return [[name, encode(texts.text)]];
  if (style === 'deepObject') return texts.pairs.map(([each, text]) => [`${name}[${each}]`, encode(text)]);
  return explode
    ? texts.pairs.map(([each, text]) => [each, encode(text)])
    : [[name, texts.pairs.map(([each, text]) => `${encode(each)},${encode(text)}`).join(',')]];
}

/** Without the marks that a query may have as they are (RFC 3986 section 3.4), and no form gives a meaning. */
function encodeSome(text: string): string {
  return encodeURIComponent(text).replace(/%(?:3A|2F|3F|40|24)/g, decodeURIComponent);
}
