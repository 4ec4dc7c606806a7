import fc from 'fast-check';
import type { Next } from './mutants.ts';
import { arrays, type Dialect, harmless, type Model, objects, orNull, scalars } from './schemas.ts';

export type Location = 'path' | 'query' | 'header' | 'cookie';

/** A parameter of a definition, and what it is made of. */
export interface Parameter {
  readonly in: Location;
  readonly style: string;
  readonly explode: boolean;
  readonly required: boolean;
  readonly allowEmptyValue: boolean;
  readonly kind: 'scalar' | 'array' | 'object';
  readonly model: Model;
}

/** A value in texts, before it is written in a style. */
export type Texts =
  | { readonly kind: 'scalar'; readonly text: string }
  | { readonly kind: 'array'; readonly items: readonly string[] }
  | { readonly kind: 'object'; readonly pairs: readonly (readonly [name: string, text: string])[] };

/** Location, style and what may be written in it (OpenAPI 3.1.1 section 4.8.12.6, Style Values). */
const styles: readonly (readonly [location: Location, style: string, kinds: readonly Parameter['kind'][]])[] =
  [
    ['path', 'simple', ['scalar', 'array', 'object']],
    ['path', 'label', ['scalar', 'array', 'object']],
    ['path', 'matrix', ['scalar', 'array', 'object']],
    ['query', 'form', ['scalar', 'array', 'object']],
    ['query', 'spaceDelimited', ['array']],
    ['query', 'pipeDelimited', ['array']],
    ['query', 'deepObject', ['object']],
    ['header', 'simple', ['scalar', 'array', 'object']],
    ['cookie', 'form', ['scalar', 'array', 'object']],
  ];

export function parameters(dialect: Dialect): fc.Arbitrary<Parameter> {
  const scalar = scalars(dialect, harmless);
  const models = {
    scalar: fc
      .tuple(scalar, fc.nat(3))
      .map(([model, chance]) => (chance === 0 ? orNull(dialect, model) : model)),
    array: arrays(scalar, 1),
    object: objects(scalar, ['id', 'name', 'tags', 'x-y']),
  };
  return fc.constantFrom(...styles).chain(([location, style, kinds]) =>
    fc.constantFrom(...kinds).chain((kind) =>
      fc.record({
        in: fc.constant(location),
        style: fc.constant(style),
        // The other combinations have no meaning in the table.
        explode:
          style === 'deepObject'
            ? fc.constant(true)
            : style.endsWith('Delimited')
              ? fc.constant(false)
              : fc.boolean(),
        required: location === 'path' ? fc.constant(true) : fc.boolean(),
        allowEmptyValue: location === 'query' && kind === 'scalar' ? fc.boolean() : fc.constant(false),
        kind: fc.constant(kind),
        model: models[kind],
      }),
    ),
  );
}

export function textsOf(kind: Parameter['kind'], value: unknown): Texts {
  if (kind === 'array') return { kind, items: (value as unknown[]).map(String) };
  if (kind === 'object')
    return {
      kind,
      pairs: Object.entries(value as object).map(([name, each]) => [name, String(each)] as const),
    };
  return { kind, text: String(value) };
}

const odd = [
  ...[
    '',
    'true',
    'TRUE',
    'null',
    '0',
    '1',
    '-1',
    '-0',
    '+5',
    '5',
    '05',
    '1e3',
    '0x10',
    '1_000',
    '1.0',
    '1.5',
    'NaN',
  ],
  ...[
    'Infinity',
    '9007199254740993',
    '-9223372036854775809',
    '1e400',
    '٣',
    'a',
    'x'.repeat(40),
    '$gt',
    '2147483648',
  ],
];

/** The texts changed in one place. */
export function mutantTexts(texts: Texts, next: Next): Texts {
  const text = odd[next(odd.length)]!;
  if (texts.kind === 'scalar') return { ...texts, text: next(6) === 0 ? `${texts.text}${text}` : text };
  if (texts.kind === 'array') {
    const at = next(texts.items.length + 1);
    const changes = [
      texts.items.toSpliced(at, 1),
      texts.items.toSpliced(at, 0, text),
      texts.items.toSpliced(at, 1, text),
      [...texts.items, ...texts.items],
    ];
    return { ...texts, items: changes[next(changes.length)]! };
  }
  const at = next(texts.pairs.length + 1);
  const [name] = texts.pairs[at] ?? ['id'];
  const changes = [
    texts.pairs.toSpliced(at, 1),
    texts.pairs.toSpliced(at, 1, [name, text]),
    [...texts.pairs, [name, text] as const],
    [...texts.pairs, [['role', 'ID', 'constructor', 'toString'][next(4)]!, text] as const],
  ];
  return { ...texts, pairs: changes[next(changes.length)]! };
}

/** Where a request has its parameter. */
export interface Written {
  /** The segment, encoded; `x` where the parameter is elsewhere. */
  readonly segment: string;
  readonly query: string;
  readonly headers: readonly string[];
  readonly cookies: readonly string[];
}

const nowhere: Written = { segment: 'x', query: '', headers: [], cookies: [] };

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
  const all =
    texts.kind === 'scalar' ? [texts.text] : texts.kind === 'array' ? texts.items : texts.pairs.flat();
  if (texts.kind !== 'scalar' && all.length === 0) return false;
  if (location !== 'query' && location !== 'path' && !all.every((text) => /^[!-~]*$/.test(text)))
    return false;
  // An empty segment is no path, and one of dots is another path.
  if (location === 'path' && /^\.*$/.test(all.join('.'))) return false;
  if (texts.kind === 'scalar') return true;
  if (all.length === 1 && all[0] === '' && !(location === 'query' && explode)) return false;
  if (location === 'cookie' && explode) {
    if (texts.kind === 'array') return texts.items.length === 1;
    if (texts.pairs.some(([name]) => !Object.hasOwn(parameter.model.members!, name))) return false;
  }
  const delimiters = style === 'label' ? /[.,=]/ : /[,| =;&]/;
  return all.every((text) => !delimiters.test(text));
}

/** The request's parameter `p`, or with its properties as names of their own. */
export function write(parameter: Parameter, texts: Texts): Written {
  const { in: location, style, explode } = parameter;
  if (location === 'query')
    return {
      ...nowhere,
      query: pairsOf(parameter, texts)
        .map(([name, text]) => `${encodeURIComponent(name)}=${text}`)
        .join('&'),
    };
  if (location === 'cookie')
    return {
      ...nowhere,
      cookies: pairsOf(parameter, texts).map(([name, text]) => `${name}=${decodeURIComponent(text)}`),
    };
  const encode = location === 'path' ? encodeURIComponent : (text: string) => text;
  if (style === 'matrix')
    return {
      ...nowhere,
      segment: pairsOf(parameter, texts)
        .map(([name, text]) => `;${encodeURIComponent(name)}=${text}`)
        .join(''),
    };
  const delimiter = style === 'label' && explode ? '.' : ',';
  const joined =
    texts.kind === 'scalar'
      ? encode(texts.text)
      : texts.kind === 'array'
        ? texts.items.map(encode).join(delimiter)
        : texts.pairs
            .map(([name, text]) => `${encode(name)}${explode ? '=' : ','}${encode(text)}`)
            .join(delimiter);
  if (location === 'path') return { ...nowhere, segment: style === 'label' ? `.${joined}` : joined };
  return { ...nowhere, headers: [joined] };
}

/** Names plain, texts encoded. */
function pairsOf(
  { style, explode }: Parameter,
  texts: Texts,
): readonly (readonly [name: string, text: string])[] {
  const delimiter = { spaceDelimited: '%20', pipeDelimited: '|' }[style] ?? ',';
  const encode = encodeURIComponent;
  if (texts.kind === 'scalar') return [['p', encode(texts.text)]];
  if (texts.kind === 'array')
    return explode
      ? texts.items.map((text) => ['p', encode(text)])
      : [['p', texts.items.map(encode).join(delimiter)]];
  if (style === 'deepObject') return texts.pairs.map(([name, text]) => [`p[${name}]`, encode(text)]);
  return explode
    ? texts.pairs.map(([name, text]) => [name, encode(text)])
    : [['p', texts.pairs.map(([name, text]) => `${encode(name)},${encode(text)}`).join(',')]];
}

/** A value that the texts stand for, as plain as the rule in the README: one spelling of each number. */
export function readings(text: string, types: readonly string[]): readonly unknown[] {
  const found: unknown[] = [];
  if (types.includes('null') && text === 'null') found.push(null);
  if (types.includes('boolean') && /^(?:true|false)$/.test(text)) found.push(text === 'true');
  const isInteger = /^(?:-?[1-9][0-9]*|-?0)$/.test(text);
  if (types.includes('integer') && isInteger && Number.isSafeInteger(Number(text))) found.push(Number(text));
  if (types.includes('int64') && isInteger && BigInt.asIntN(64, BigInt(text)) === BigInt(text))
    found.push(Number(text));
  if (types.includes('number') && isJsonNumber(text)) found.push(Number(text));
  if (types.includes('string')) found.push(text);
  return found;
}

function isJsonNumber(text: string): boolean {
  try {
    return /^[-0-9]/.test(text) && Number.isFinite(JSON.parse(text)) && text.trim() === text;
  } catch {
    return false;
  }
}
