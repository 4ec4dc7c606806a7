import fc from 'fast-check';
import { brokenTexts, type Mutant, mutant, type Next, one } from './mutants.ts';
import {
  arrays,
  bodies,
  type Dialect,
  harmless,
  type Model,
  objects,
  orNull,
  reserved,
  scalars,
} from './schemas.ts';

export type Location = 'path' | 'query' | 'header' | 'cookie';

/** `json` is a parameter with `content`. */
export type Kind = 'scalar' | 'array' | 'object' | 'json';

/** A parameter of a definition, and what it is made of. */
export interface Parameter {
  readonly name: string;
  readonly in: Location;
  /** Of Swagger 2.0 the `collectionFormat`. */
  readonly style: string;
  readonly explode: boolean;
  readonly required: boolean;
  readonly allowEmptyValue: boolean;
  readonly allowReserved: boolean;
  readonly kind: Kind;
  readonly model: Model;
}

/** A value in texts, before it is written in a style. */
export type Texts =
  | { readonly kind: 'scalar'; readonly text: string }
  | { readonly kind: 'array'; readonly items: readonly string[] }
  | { readonly kind: 'object'; readonly pairs: readonly (readonly [name: string, text: string])[] }
  | { readonly kind: 'json'; readonly text: string; readonly isBroken: boolean };

type Styles = readonly (readonly [location: Location, style: string, kinds: readonly Kind[]])[];

/** Location, style and what may be written in it (OpenAPI 3.1.1 section 4.8.12.6, Style Values). */
const styles: Styles = [
  ['path', 'simple', ['scalar', 'array', 'object', 'json']],
  ['path', 'label', ['scalar', 'array', 'object']],
  ['path', 'matrix', ['scalar', 'array', 'object']],
  ['query', 'form', ['scalar', 'array', 'object', 'json']],
  ['query', 'spaceDelimited', ['array']],
  ['query', 'pipeDelimited', ['array']],
  ['query', 'deepObject', ['object']],
  ['header', 'simple', ['scalar', 'array', 'object', 'json']],
  ['cookie', 'form', ['scalar', 'array', 'object', 'json']],
];

/** `collectionFormat` (Swagger 2.0, Parameter Object). */
const formats: Styles = [
  ['path', 'csv', ['scalar', 'array']],
  ['query', 'csv', ['scalar', 'array']],
  ['query', 'ssv', ['array']],
  ['query', 'pipes', ['array']],
  ['query', 'multi', ['array']],
  ['header', 'csv', ['scalar', 'array']],
];

/** @param prefix of the names that properties of an object have, which may be parameters of their own */
export function parameter(dialect: Dialect, name: string, prefix = ''): fc.Arbitrary<Parameter> {
  const properties = ['id', 'name', 'tags', 'x-y'].map((each) => prefix + each);
  const models = (alphabet: readonly string[]): Readonly<Record<Kind, fc.Arbitrary<Model>>> => {
    const scalar = scalars(dialect, alphabet);
    return {
      scalar: fc
        .tuple(scalar, fc.nat(3))
        .map(([model, chance]) => (chance === 0 ? orNull(dialect, model) : model)),
      array: arrays(scalar, 1),
      object: objects(scalar, properties),
      json: bodies(dialect, 1),
    };
  };
  const plain = models(harmless);
  const marked = models(reserved);
  return fc.constantFrom(...(dialect === '2.0' ? formats : styles)).chain(([location, style, kinds]) =>
    fc.constantFrom(...kinds).chain((kind) => {
      const allowReserved = fc.boolean().map((is) => is && dialect !== '2.0' && location === 'query');
      return allowReserved.chain((isReserved) =>
        fc.record({
          name: fc.constant(name),
          in: fc.constant(location),
          style: fc.constant(style),
          explode: explosions(style),
          required: location === 'path' ? fc.constant(true) : fc.boolean(),
          allowEmptyValue: location === 'query' && kind === 'scalar' ? fc.boolean() : fc.constant(false),
          allowReserved: fc.constant(isReserved && kind !== 'json'),
          kind: fc.constant(kind),
          model: (isReserved ? marked : plain)[kind],
        }),
      );
    }),
  );
}

/** The other combinations have no meaning in the table. */
function explosions(style: string): fc.Arbitrary<boolean> {
  if (style === 'deepObject' || style === 'multi') return fc.constant(true);
  return /^(?:simple|label|matrix|form)$/.test(style) ? fc.boolean() : fc.constant(false);
}

/** The parameter as a definition has it. */
export function stated(dialect: Dialect, parameter: Parameter): object {
  const { name, in: location, style, explode, required, allowEmptyValue, allowReserved, kind } = parameter;
  const common = { name, in: location, required, ...(allowEmptyValue && { allowEmptyValue }) };
  const schema = parameter.model.written;
  if (dialect === '2.0')
    return { ...common, ...(schema as object), ...(kind === 'array' && { collectionFormat: style }) };
  if (kind === 'json') return { ...common, content: { 'application/json': { schema } } };
  return { ...common, style, explode, ...(allowReserved && { allowReserved }), schema };
}

export function textsOf(kind: Kind, value: unknown): Texts {
  if (kind === 'json') return { kind, text: JSON.stringify(value), isBroken: false };
  if (kind === 'array') return { kind, items: (value as unknown[]).map(String) };
  if (kind === 'object')
    return {
      kind,
      pairs: Object.entries(value as object).map(([name, each]) => [name, String(each)] as const),
    };
  return { kind, text: String(value) };
}

const odd = [
  ...['', 'true', 'TRUE', 'null', '0', '1', '-1', '-0', '+5', '5', '05', '1e3', '0x10', '1_000', '1.0'],
  ...['1.5', 'NaN', 'Infinity', '9007199254740993', '-9223372036854775809', '1e400', '٣', 'a'],
  ...['x'.repeat(40), '$gt', '2147483648'],
];

/** The texts changed in one place. */
export function mutantTexts(texts: Texts, next: Next): Mutant<Texts> {
  const text = odd[next(odd.length)]!;
  switch (texts.kind) {
    case 'scalar': {
      const written = next(6) === 0 ? `${texts.text}${text}` : text;
      return { what: `the text "${written}"`, value: { ...texts, text: written } };
    }
    case 'array': {
      const at = next(texts.items.length + 1);
      const changes = {
        [`item ${at} left out`]: texts.items.toSpliced(at, 1),
        [`item "${text}" more at ${at}`]: texts.items.toSpliced(at, 0, text),
        [`item ${at} "${text}"`]: texts.items.toSpliced(at, 1, text),
        'all items twice': [...texts.items, ...texts.items],
      };
      const { what, value } = one(changes, next);
      return { what, value: { ...texts, items: value } };
    }
    case 'object': {
      const at = next(texts.pairs.length + 1);
      const [name] = texts.pairs[at] ?? ['id'];
      const more = ['role', 'ID', 'constructor', 'toString'][next(4)]!;
      const changes: Record<string, (typeof texts)['pairs']> = {
        [`property ${at} left out`]: texts.pairs.toSpliced(at, 1),
        [`property "${name}" is "${text}"`]: texts.pairs.toSpliced(at, 1, [name, text]),
        [`property "${name}" more`]: [...texts.pairs, [name, text]],
        [`property "${more}" more`]: [...texts.pairs, [more, text]],
      };
      const { what, value } = one(changes, next);
      return { what, value: { ...texts, pairs: value } };
    }
    case 'json': {
      if (next(4) === 0) {
        const all = brokenTexts(texts.text).filter(({ value }) => !value.includes(0xc0));
        const { what, value } = all[next(all.length)]!;
        return { what, value: { ...texts, text: value.toString(), isBroken: true } };
      }
      const { what, value } = mutant(JSON.parse(texts.text), next);
      return { what, value: { ...texts, text: JSON.stringify(value) } };
    }
  }
}
