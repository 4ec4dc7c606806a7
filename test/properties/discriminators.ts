import fc from 'fast-check';
import { bodies, type Dialect, type JsonSchema, members } from './schemas.ts';

/** A body of which a property says by which schema it is to be judged. */
export interface Discriminated {
  readonly written: JsonSchema;
  /** Schemas of `components`, whose names count. */
  readonly named: Readonly<Record<string, JsonSchema>>;
  readonly meant: JsonSchema;
  readonly value: fc.Arbitrary<unknown>;
  readonly property: string;
  /** All values that the property may have. */
  readonly values: readonly string[];
}

type Members = Awaited<ReturnType<typeof members>> extends fc.Arbitrary<infer T> ? T : never;

const property = 'kind';

type Choice = Pick<Discriminated, 'meant' | 'value' | 'values' | 'property'>;

/** Each alternative, told apart by what its property is said to be, and nothing else. */
function choice(
  all: readonly (readonly [value: string, parts: readonly Members[]])[],
  otherwise?: Members,
): Choice {
  const values = all.map(([value]) => value);
  const alternatives = all.map(([value, parts]) => alternative({ const: value }, [property], parts));
  const valuesOf = all.map(([value, parts]) => tagged(fc.constant({ [property]: value }), parts));
  if (otherwise !== undefined) {
    const isNamed = { required: [property], properties: { [property]: { enum: values } } };
    alternatives.push({ ...alternative({ type: 'string' }, [], [otherwise]), not: isNamed });
    valuesOf.push(tagged(fc.constantFrom({}, { [property]: 'Cow' }), [otherwise]));
  }
  return {
    property,
    values,
    meant: { oneOf: alternatives, unevaluatedProperties: false },
    value: fc.oneof(...valuesOf),
  };
}

function alternative(stated: object, required: readonly string[], parts: readonly Members[]): object {
  return {
    type: 'object',
    required,
    properties: { [property]: stated },
    allOf: parts.map(({ meant }) => meant),
  };
}

function tagged(tag: fc.Arbitrary<object>, parts: readonly Members[]): fc.Arbitrary<unknown> {
  return fc
    .tuple(tag, ...parts.map((part) => part.value))
    .map(([found, ...rest]) => Object.assign({}, found, ...(rest as object[])));
}

const withProperty = ({ written }: Members, stated: object = { type: 'string' }): JsonSchema => ({
  ...written,
  properties: { ...(written.properties as object), [property]: stated },
});

/** Alternatives: by their names, by a mapping to one or the other spelling, or by what they state of the property. */
function listed(dialect: Dialect): fc.Arbitrary<Discriminated> {
  const inner = bodies(dialect, 0);
  return fc
    .record({
      cat: members(inner, ['id', 'name']),
      dog: members(inner, ['name', 'tags']),
      keyword: fc.constantFrom('oneOf', 'anyOf'),
      by: fc.constantFrom('name', 'mapping', 'statement'),
    })
    .map(({ cat, dog, keyword, by }) => {
      const values = { name: ['Cat', 'Dog'], mapping: ['meow', 'Dog'], statement: ['c', 'd'] }[by]!;
      const stated = (value: string) =>
        by === 'statement' ? { type: 'string', enum: [value] } : { type: 'string' };
      return {
        written: {
          [keyword]: [reference(dialect, 'Cat'), reference(dialect, 'Dog')],
          discriminator: {
            propertyName: property,
            ...(by === 'mapping' && { mapping: { meow: reference(dialect, 'Cat').$ref } }),
          },
        },
        named: { Cat: withProperty(cat, stated('c')), Dog: withProperty(dog, stated('d')) },
        ...choice([
          [values[0]!, [cat]],
          [values[1]!, [dog]],
        ]),
      };
    });
}

/** A base type and those that extend it, one of them at a distance. */
function extended(dialect: Dialect): fc.Arbitrary<Discriminated> {
  const inner = bodies(dialect, 0);
  return fc
    .record({
      base: members(inner, ['id']),
      cat: members(inner, ['name', 'tags']),
      kitten: members(inner, ['a/b', '\u00e9']),
      dog: members(inner, ['tags', 'x-y']),
    })
    .map(({ base, cat, kitten, dog }) => {
      const pet = withProperty(base) as { required?: readonly string[] };
      const extending = (name: string, { written }: Members) => ({
        allOf: [reference(dialect, name), written],
      });
      return {
        written: reference(dialect, 'Pet'),
        named: {
          Pet: {
            ...pet,
            required: [...(pet.required ?? []), property],
            discriminator: dialect === '2.0' ? property : { propertyName: property },
          },
          Cat: extending('Pet', cat),
          Kitten: extending('Cat', kitten),
          Dog: extending('Pet', dog),
        },
        ...choice([
          ['Pet', [base]],
          ['Cat', [base, cat]],
          ['Kitten', [base, cat, kitten]],
          ['Dog', [base, dog]],
        ]),
      };
    });
}

function reference(dialect: Dialect, name: string): { readonly $ref: string } {
  return { $ref: `#/${dialect === '2.0' ? 'definitions' : 'components/schemas'}/${name}` };
}

/** With a schema for whatever the property does not tell (OpenAPI 3.2, `defaultMapping`). */
function withDefault(dialect: Dialect): fc.Arbitrary<Discriminated> {
  const inner = bodies(dialect, 0);
  return fc
    .record({
      cat: members(inner, ['id', 'name']),
      other: members(inner, ['name', 'tags']),
      defaultMapping: fc.constantFrom('Other', reference(dialect, 'Other').$ref),
    })
    .map(({ cat, other, defaultMapping }) => ({
      written: {
        oneOf: [reference(dialect, 'Cat'), reference(dialect, 'Other')],
        discriminator: { propertyName: property, defaultMapping },
      },
      named: { Cat: withProperty(cat), Other: withProperty(other) },
      ...choice([['Cat', [cat]]], other),
    }));
}

/** Alone, in a list or in an object. */
export function discriminated(dialect: Dialect): fc.Arbitrary<Discriminated> {
  const plain = fc.oneof(
    extended(dialect),
    ...(dialect === '2.0' ? [] : [listed(dialect)]),
    ...(dialect === '3.2.0' ? [withDefault(dialect)] : []),
  );
  return fc.tuple(plain, fc.constantFrom('alone', 'items', 'member')).map(([found, place]) => {
    const { written, meant, value } = found;
    if (place === 'items')
      return {
        ...found,
        written: { type: 'array', items: written },
        meant: { type: 'array', items: meant },
        value: fc.array(value, { minLength: 1, maxLength: 3 }),
      };
    if (place === 'alone') return found;
    return {
      ...found,
      written: { type: 'object', required: ['pet'], properties: { pet: written } },
      meant: { type: 'object', required: ['pet'], properties: { pet: meant }, unevaluatedProperties: false },
      value: value.map((pet) => ({ pet })),
    };
  });
}
