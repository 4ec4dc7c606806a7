import fc from 'fast-check';

/** The versions of OpenAPI whose dialects of JSON Schema are written: `nullable` and flags, or lists of types. */
export type Dialect = '2.0' | '3.0.3' | '3.1.0' | '3.2.0';

export const dialects: readonly Dialect[] = ['2.0', '3.0.3', '3.1.0', '3.2.0'];

/** Whether bounds are exclusive by flags, as in draft 4 of JSON Schema. */
const hasFlags = (dialect: Dialect): boolean => dialect === '2.0' || dialect === '3.0.3';

export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/** A schema in two spellings, and values that it takes. */
export interface Model {
  /** As the definition has it; `{ [component]: schema }` stands for a schema under `components`. */
  readonly written: JsonSchema;
  /** The same in plain JSON Schema 2020-12, with what a request may not have besides: for the independent validator. */
  readonly meant: JsonSchema;
  readonly value: fc.Arbitrary<unknown>;
  /** What a text may be read as; `int64` is an integer that a double need not hold. */
  readonly types: readonly string[];
  /** Of the items of an array, and of the properties of an object that has no other schemas in it. */
  readonly items?: readonly string[];
  readonly members?: Readonly<Record<string, readonly string[]>>;
  /** Of properties that it does not name; undefined where there are none. */
  readonly others?: readonly string[] | undefined;
}

export const component = 'x-component';

/** Characters of strings: those of parameters must not be delimiters anywhere. */
export type Alphabet = readonly string[];
export const everything: Alphabet = ['a', 'B', 'é', '😀', ' ', '"', '\\', '/', '0', '\n'];
export const harmless: Alphabet = ['a', 'B', 'c', '0', '7', '-', '_', '~'];
/** With marks that a query may have as they are. */
export const reserved: Alphabet = ['a', '7', ':', '/', '?', '@', '$', '!', '(', '*'];

/** A bound that is there or not. */
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });

function present(schema: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined));
}

function same(
  schema: Record<string, unknown>,
  value: fc.Arbitrary<unknown>,
  types: readonly string[],
): Model {
  const stated = present(schema);
  return { written: stated, meant: stated, value, types };
}

function strings(alphabet: Alphabet): fc.Arbitrary<Model> {
  return fc
    .record({ minLength: maybe(fc.integer({ min: 0, max: 3 })), more: maybe(fc.integer({ min: 0, max: 4 })) })
    .map(({ minLength, more }) => {
      const least = minLength ?? 0;
      const most = more === undefined ? undefined : least + more;
      const value = fc
        .array(fc.constantFrom(...alphabet), { minLength: least, maxLength: most ?? least + 6 })
        .map((characters) => characters.join(''));
      return same({ type: 'string', minLength, maxLength: most }, value, ['string']);
    });
}

const spelled: readonly (readonly [schema: Record<string, unknown>, ...examples: string[]])[] = [
  [{ pattern: '^[a-z]{2,4}$' }, 'ab', 'abcd'],
  [{ pattern: '^c[0-9]{6}$' }, 'c000001'],
  [{ pattern: '[0-9]' }, 'a1b', '7'],
  [{ pattern: '^(?:on|off)$', minLength: 2 }, 'on', 'off'],
  [{ format: 'date' }, '2024-02-29', '1999-12-31'],
  [{ format: 'uuid' }, '2d9a1d2c-7c1e-4f0a-9b61-0f5a4c7f8e10'],
  [{ format: 'ipv4' }, '192.0.2.7'],
  [{ enum: ['red', 'green'] }, 'red', 'green'],
  [{ enum: ['a'], maxLength: 4 }, 'a'],
];

const spelledStrings: fc.Arbitrary<Model> = fc
  .constantFrom(...spelled)
  .map(([schema, ...examples]) =>
    same({ type: 'string', ...schema }, fc.constantFrom(...examples), ['string']),
  );

/** With marks that stand for delimiters in parameters: for bodies alone. */
const markedStrings: fc.Arbitrary<Model> = fc
  .constantFrom(
    ['date-time', '2024-02-29T10:20:30Z', '2024-02-29T10:20:30.5+02:00'],
    ['email', 'a.b@example.org'],
    ['ipv6', '2001:db8::7'],
    ['uri', 'https://example.org/a?b=c'],
  )
  .map(([format, ...examples]) => same({ type: 'string', format }, fc.constantFrom(...examples), ['string']));

function numbersOf(dialect: Dialect): fc.Arbitrary<Model> {
  return fc
    .record({
      type: fc.constantFrom('integer', 'number'),
      least: maybe(fc.integer({ min: -20, max: 20 })),
      width: maybe(fc.integer({ min: 8, max: 40 })),
      exclusiveLeast: fc.boolean(),
      exclusiveMost: fc.boolean(),
      multipleOf: maybe(fc.constantFrom(1, 2, 3)),
      format: maybe(fc.constantFrom('int32', 'int64')),
    })
    .map(({ type, least, width, exclusiveLeast, exclusiveMost, multipleOf, format }) => {
      const most = width === undefined ? undefined : (least ?? 0) + width;
      const step = multipleOf ?? (type === 'integer' ? 1 : 0.25);
      const from = Math.ceil(((least ?? (most ?? 0) - 30) + 1) / step);
      const to = Math.floor(((most ?? (least ?? 0) + 30) - 1) / step);
      const value = fc.integer({ min: from, max: to }).map((count) => count * step);
      const bounds = {
        ...(exclusiveLeast ? { exclusiveMinimum: least } : { minimum: least }),
        ...(exclusiveMost ? { exclusiveMaximum: most } : { maximum: most }),
      };
      const flags = {
        minimum: least,
        maximum: most,
        ...(exclusiveLeast && least !== undefined && { exclusiveMinimum: true }),
        ...(exclusiveMost && most !== undefined && { exclusiveMaximum: true }),
      };
      const integral = type === 'integer' ? format : undefined;
      // The independent validator does not know the formats of OpenAPI.
      const range = integral === 'int32' ? [{ minimum: -2_147_483_648, maximum: 2_147_483_647 }] : undefined;
      return {
        written: present({ type, multipleOf, format: integral, ...(hasFlags(dialect) ? flags : bounds) }),
        meant: present({ type, multipleOf, ...bounds, allOf: range }),
        value,
        types: [integral === 'int64' ? integral : type],
      };
    });
}

const choices: fc.Arbitrary<Model> = fc
  .uniqueArray(fc.integer({ min: -3, max: 12 }), { minLength: 1, maxLength: 4 })
  .map((values) => same({ type: 'integer', enum: values }, fc.constantFrom(...values), ['integer']));

const booleans: fc.Arbitrary<Model> = fc.constant(same({ type: 'boolean' }, fc.boolean(), ['boolean']));

/** Values of one type that is no array and no object. */
export function scalars(dialect: Dialect, alphabet: Alphabet): fc.Arbitrary<Model> {
  const plain = [
    strings(alphabet),
    spelledStrings,
    numbersOf(dialect),
    numbersOf(dialect),
    choices,
    booleans,
  ];
  return fc.oneof(...plain, ...(alphabet === everything ? [markedStrings] : []));
}

/** Null besides: `nullable`, or one type more. Swagger 2.0 has no word for it. */
export function orNull(dialect: Dialect, model: Model): Model {
  if (dialect === '2.0') return model;
  const written = model.written as Record<string, unknown>;
  const meant = model.meant as Record<string, unknown>;
  if (meant.enum !== undefined || meant.allOf !== undefined || typeof meant.type !== 'string') return model;
  const types = [meant.type, 'null'];
  return {
    written: dialect === '3.0.3' ? { ...written, nullable: true } : { ...written, type: types },
    meant: { ...meant, type: types },
    value: fc.oneof(model.value, fc.constant(null)),
    types: ['null', ...model.types],
  };
}

/** Referred to instead of written in place. */
export function referred(model: Model): Model {
  return { ...model, written: { [component]: model.written } };
}

export function arrays(of: fc.Arbitrary<Model>, least = 0): fc.Arbitrary<Model> {
  return fc
    .record({
      item: of,
      minItems: maybe(fc.integer({ min: least, max: 2 })),
      more: maybe(fc.integer({ min: 1, max: 3 })),
      isUnique: maybe(fc.boolean()),
    })
    .map(({ item, minItems, more, isUnique }) => {
      const from = minItems ?? least;
      // There may be one value alone.
      const uniqueItems = from > 1 ? undefined : isUnique;
      const maxItems = more === undefined ? undefined : from + more;
      const stated = present({ type: 'array', minItems, maxItems, uniqueItems });
      const range = { minLength: from, maxLength: maxItems ?? from + 3 };
      return {
        written: { ...stated, items: item.written },
        meant: { ...stated, items: item.meant },
        value:
          uniqueItems === true
            ? fc.uniqueArray(item.value, { ...range, selector: (each) => JSON.stringify(each) })
            : fc.array(item.value, range),
        types: ['array'],
        items: item.types,
      };
    });
}

/** The properties of one object, without what is said of others. */
interface Members {
  readonly written: Record<string, unknown>;
  readonly meant: Record<string, unknown>;
  readonly value: fc.Arbitrary<Record<string, unknown>>;
  readonly types: Readonly<Record<string, readonly string[]>>;
}

/** @param names those that it may have; at least one is */
export function members(of: fc.Arbitrary<Model>, names: readonly string[]): fc.Arbitrary<Members> {
  return fc
    .record({
      chosen: fc.uniqueArray(fc.constantFrom(...names), {
        minLength: 1,
        maxLength: Math.min(4, names.length),
      }),
      models: fc.array(of, { minLength: 4, maxLength: 4 }),
      required: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    })
    .map(({ chosen, models, required }) => {
      const properties = chosen.map((name, index) => [name, models[index]!] as const);
      const needed = chosen.filter((_, index) => required[index]);
      const stated = { type: 'object', ...(needed.length > 0 && { required: needed }) };
      return {
        written: {
          ...stated,
          properties: Object.fromEntries(properties.map(([name, { written }]) => [name, written])),
        },
        meant: {
          ...stated,
          properties: Object.fromEntries(properties.map(([name, { meant }]) => [name, meant])),
        },
        value: fc.record(Object.fromEntries(properties.map(([name, { value }]) => [name, value])), {
          requiredKeys: needed,
        }),
        types: Object.fromEntries(properties.map(([name, { types }]) => [name, types])),
      };
    });
}

export const names = ['id', 'name', 'tags', 'a/b', 'x-y', 'é', 'toString'] as const;

/** An object, with one of four things said of members that it does not name. */
export function objects(of: fc.Arbitrary<Model>, own: readonly string[] = names): fc.Arbitrary<Model> {
  return fc
    .record({ inner: members(of, own), others: fc.constantFrom('nothing', 'none', 'any', 'some'), other: of })
    .map(({ inner, others, other }) => {
      const stated = {
        nothing: [{}, { unevaluatedProperties: false }],
        none: [{ additionalProperties: false }, { additionalProperties: false }],
        any: [{ additionalProperties: true }, {}],
        some: [{ additionalProperties: other.written }, { additionalProperties: other.meant }],
      }[others]!;
      return {
        written: { ...inner.written, ...stated[0] },
        meant: { ...inner.meant, ...stated[1] },
        value: inner.value,
        types: ['object'],
        members: inner.types,
        others: { any: ['string'], some: other.types }[others as string],
      };
    });
}

/** A property that only replies have: it may not be sent, and is not missed. */
export function withReadOnly(model: Model): Model {
  const written = model.written as { properties: object; required?: readonly string[] };
  const meant = model.meant as { properties: object };
  return {
    ...model,
    written: {
      ...written,
      properties: { ...written.properties, created: { type: 'string', readOnly: true } },
      required: [...(written.required ?? []), 'created'],
    },
    meant: { ...meant, properties: { ...meant.properties, created: false } },
  };
}

/** A property that only requests have. */
function withWriteOnly(model: Model): Model {
  const secret = { type: 'string', writeOnly: true };
  const more = (schema: JsonSchema): JsonSchema => {
    const { properties, required = [] } = schema as { properties: object; required?: readonly string[] };
    return {
      ...(schema as object),
      properties: { ...properties, secret },
      required: [...required, 'secret'],
    };
  };
  return {
    ...model,
    written: more(model.written),
    meant: more(model.meant),
    value: model.value.map((value) => ({ ...(value as object), secret: 's' })),
  };
}

/** Two objects in one, each with names of its own. */
function extended(of: fc.Arbitrary<Model>): fc.Arbitrary<Model> {
  return fc
    .record({ left: members(of, ['id', 'name']), right: members(of, ['tags', 'x-y']), refers: fc.boolean() })
    .map(({ left, right, refers }) => ({
      written: { allOf: [refers ? { [component]: left.written } : left.written, right.written] },
      meant: { allOf: [left.meant, right.meant], unevaluatedProperties: false },
      value: fc.tuple(left.value, right.value).map(([a, b]) => ({ ...a, ...b })),
      types: ['object'],
    }));
}

/** One of two objects, which a member tells apart or not. */
function alternatives(of: fc.Arbitrary<Model>): fc.Arbitrary<Model> {
  return fc
    .record({
      left: members(of, ['id', 'name']),
      right: members(of, ['name', 'tags']),
      kind: fc.boolean(),
      exactly: fc.boolean(),
    })
    .map(({ left, right, kind, exactly }) => {
      // Without a member that tells them apart an object may be both.
      const keyword = kind && exactly ? 'oneOf' : 'anyOf';
      const tagged = (each: Members, tag: string, spelling: 'written' | 'meant') => {
        const {
          required = [],
          properties,
          ...rest
        } = each[spelling] as {
          required?: readonly string[];
          properties: object;
        };
        return {
          ...rest,
          properties: { ...properties, ...(kind && { kind: { type: 'string', enum: [tag] } }) },
          required: kind ? [...required, 'kind'] : required,
        };
      };
      const value = (each: Members, tag: string) =>
        each.value.map((found) => ({ ...found, ...(kind && { kind: tag }) }));
      return {
        written: { [keyword]: [tagged(left, 'l', 'written'), tagged(right, 'r', 'written')] },
        meant: {
          [keyword]: [tagged(left, 'l', 'meant'), tagged(right, 'r', 'meant')],
          unevaluatedProperties: false,
        },
        value: fc.oneof(value(left, 'l'), value(right, 'r')),
        types: ['object'],
      };
    });
}

/** Anything but some values; a string or a number. */
function combined(dialect: Dialect): fc.Arbitrary<Model> {
  const either = fc
    .record({
      left: strings(everything),
      right: numbersOf(dialect),
      keyword: fc.constantFrom('oneOf', 'anyOf'),
    })
    .map(({ left, right, keyword }) => ({
      written: { [keyword]: [left.written, right.written] },
      meant: { [keyword]: [left.meant, right.meant] },
      value: fc.oneof(left.value, right.value),
      types: [],
    }));
  const not = same({ type: 'string', not: { enum: ['', 'a'] } }, fc.constantFrom('b', 'B', 'aa'), ['string']);
  return fc.oneof(either, fc.constant(not));
}

/** Schemas of bodies. */
export function bodies(dialect: Dialect, depth = 2): fc.Arbitrary<Model> {
  // Which has neither `anyOf`, `oneOf` nor `not`.
  const isOld = dialect === '2.0';
  const scalar = scalars(dialect, everything);
  const leaf = fc
    .tuple(isOld ? scalar : fc.oneof(scalar, combined(dialect)), fc.nat(9))
    .map(([model, chance]) => (chance < 2 ? orNull(dialect, model) : chance < 4 ? referred(model) : model));
  if (depth === 0) return leaf;
  const inner = bodies(dialect, depth - 1);
  const compound = fc.oneof(
    arrays(inner),
    objects(inner),
    objects(inner),
    objects(inner).map(withReadOnly),
    ...(isOld ? [] : [objects(inner).map(withWriteOnly)]),
    extended(inner),
    // What an alternative says must not hang on fields that are unknown further down.
    ...(isOld ? [] : [alternatives(fc.oneof(leaf, arrays(leaf)))]),
  );
  return fc.oneof(
    { weight: depth === 2 ? 1 : 3, arbitrary: leaf },
    {
      weight: 6,
      arbitrary: fc
        .tuple(compound, fc.boolean())
        .map(([model, refers]) => (refers ? referred(model) : model)),
    },
  );
}
