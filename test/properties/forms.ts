import fc from 'fast-check';
import type { Operation } from './definitions.ts';
import { type Kind, type Parameter, parameter } from './parameters.ts';
import type { Changed } from './requests.ts';
import { arrays, type Dialect, harmless, type JsonSchema, type Model, objects, scalars } from './schemas.ts';
import type { Written } from './writing.ts';

export const formType = 'application/x-www-form-urlencoded';

/**
 * A field of a form: a parameter of a query that stands in a body (OpenAPI 3.1 section 4.8.14.4). JSON are only objects,
 * as `contentType` beside an array is that of its items.
 */
export function formField(dialect: Dialect, name: string): fc.Arbitrary<Parameter> {
  const inQuery = parameter(dialect, name, `${name}-`).filter(
    ({ in: location, kind, style, explode, model }) =>
      location === 'query' &&
      kind !== 'json' &&
      !(kind === 'object' && style === 'form' && explode && model.others !== undefined),
  );
  const plain = inQuery.map((found): Parameter => ({ ...found, allowEmptyValue: false }));
  if (dialect === '2.0') return plain;
  const scalar = scalars(dialect, harmless);
  const object: fc.Arbitrary<Model> = objects(fc.oneof(scalar, arrays(scalar), objects(scalar)));
  const json = fc.record({ required: fc.boolean(), model: object }).map(
    ({ required, model }): Parameter => ({
      name,
      in: 'query',
      style: 'form',
      explode: true,
      required,
      allowEmptyValue: false,
      allowReserved: false,
      kind: 'json' satisfies Kind,
      model,
    }),
  );
  return fc.oneof({ weight: 3, arbitrary: plain }, { weight: 1, arbitrary: json });
}

/**
 * An operation that takes the fields as a form.
 * @param others what is said of those that it does not name; undefined where that is nothing
 */
export function formOperation(
  dialect: Dialect,
  fields: readonly Parameter[],
  others: JsonSchema | undefined,
): Operation {
  if (dialect === '2.0')
    return {
      consumes: [formType],
      parameters: fields.map(({ name, required, style, kind, model }) => ({
        name,
        in: 'formData',
        required,
        ...(model.written as object),
        // What is meant where nothing is stated.
        ...(kind === 'array' && style !== 'csv' && { collectionFormat: style }),
      })),
    };
  const needed = fields.filter(({ required }) => required).map(({ name }) => name);
  const schema = {
    type: 'object',
    properties: Object.fromEntries(fields.map(({ name, model }) => [name, model.written])),
    ...(needed.length > 0 && { required: needed }),
    ...(others !== undefined && { additionalProperties: others }),
  };
  const encoding = Object.fromEntries(fields.flatMap((field) => encodingOf(field)));
  return { requestBody: { required: true, content: { [formType]: { schema, encoding } } } };
}

/** Nothing where that means the same. */
function encodingOf({ name, kind, style, explode, allowReserved }: Parameter): [string, object][] {
  if (kind === 'json') return [];
  if (kind !== 'object' && style === 'form' && explode && !allowReserved) return [];
  return [[name, { style, explode, ...(allowReserved && { allowReserved }) }]];
}

/** What is in a form besides its fields. */
export function besidesFields(written: Written): readonly Changed[] {
  const { query } = written;
  return [
    { what: 'an unknown field', written: { ...written, query: [...query, 'role=1'] }, isGood: false },
    { what: 'an unknown field first', written: { ...written, query: ['role', ...query] }, isGood: false },
    { what: 'a broken escape', written: { ...written, query: [...query, 'a=%f'] }, isGood: false },
    { what: 'NUL', written: { ...written, query: [...query, 'a=%00'] }, isGood: false },
    { what: 'a byte outside ASCII', written: { ...written, query: [...query, 'a=\u00e9'] }, isGood: false },
    { what: 'in another order', written: { ...written, query: query.toReversed() }, isGood: true },
    { what: 'empty pieces', written: { ...written, query: ['', ...query, ''] }, isGood: true },
  ];
}

/** The same where the form may have others that are integers. */
export function besidesIntegers(written: Written): readonly Changed[] {
  const { query } = written;
  const more = (isGood: boolean, ...pieces: readonly string[]): Changed => ({
    what: `others: ${pieces.join('&')}`,
    written: { ...written, query: [...query, ...pieces] },
    isGood,
  });
  return [
    more(true, 'role=7'),
    more(true, 'role=-1', 'r%6Fle2=0'),
    more(false, 'role=x'),
    more(false, 'role=07'),
    more(false, 'role='),
    more(false, 'role=7', 'role=7'),
    more(false, 'role=7', 'r%6Fle=8'),
    more(false, 'role[]=7,8'),
  ];
}
