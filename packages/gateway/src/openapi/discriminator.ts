import { emptyObject, isJsonObject, type JsonObject } from './json-value.ts';

/** A property whose value says which schema an object is to meet (OpenAPI 3.1 section 4.8.25). */
export interface Discriminator {
  readonly propertyName: string;
  /** Names of schemas by the value of the property. */
  readonly mapping: Readonly<Record<string, string>>;
  /** Of the schema for objects without the property, or with a value that is not mapped (`defaultMapping`, OpenAPI 3.2). */
  readonly otherwise?: string | undefined;
}

/** As it is written. */
export interface WrittenDiscriminator {
  readonly propertyName: string;
  readonly mapping: JsonObject;
  readonly otherwise: string | undefined;
}

/** Swagger 2.0 has the name of the property alone. Undefined for what is none. */
export function readDiscriminator(written: unknown): WrittenDiscriminator | undefined {
  if (typeof written === 'string')
    return { propertyName: written, mapping: emptyObject(), otherwise: undefined };
  if (!isJsonObject(written) || typeof written.propertyName !== 'string') return undefined;
  return {
    propertyName: written.propertyName,
    mapping: isJsonObject(written.mapping) ? written.mapping : {},
    otherwise: typeof written.defaultMapping === 'string' ? written.defaultMapping : undefined,
  };
}

/** Choices of one schema among several, where the discriminator names all of them. */
export function isChoice({ oneOf, anyOf, discriminator }: JsonObject): boolean {
  return (Array.isArray(oneOf) || Array.isArray(anyOf)) && hasMapping(discriminator);
}

function hasMapping(discriminator: unknown): discriminator is Discriminator {
  return isJsonObject(discriminator) && isJsonObject(discriminator.mapping);
}

/**
 * What a schema itself says of the values of the property, without what it refers to: more exact than its name, which
 * stands for it where nothing else does.
 */
export function statedValues(schema: unknown, property: string): readonly string[] {
  if (!isJsonObject(schema)) return [];
  const parts = [schema, ...(Array.isArray(schema.allOf) ? (schema.allOf as unknown[]) : [])];
  for (const part of parts) {
    const properties = isJsonObject(part) && isJsonObject(part.properties) ? part.properties : {};
    const stated = Object.hasOwn(properties, property) ? properties[property] : undefined;
    if (!isJsonObject(stated)) continue;
    const values: unknown[] =
      stated.const !== undefined ? [stated.const] : Array.isArray(stated.enum) ? stated.enum : [];
    if (values.length > 0 && values.every((value) => typeof value === 'string')) return values as string[];
  }
  return [];
}

/**
 * The choice as conditions, of which one holds: an object is judged by the schema that it says it is of, and not by
 * whichever it happens to meet, and what is wrong with it is told for that one.
 * @param schema for which isChoice holds
 */
export function asConditions({ oneOf: _one, anyOf: _any, ...schema }: JsonObject): JsonObject {
  const { propertyName, mapping, otherwise } = schema.discriminator as Discriminator;
  const values = Object.keys(mapping);
  const having = (stated: object): JsonObject => {
    const properties = emptyObject();
    properties[propertyName] = stated;
    return { properties };
  };
  const required = Array.isArray(schema.required) ? schema.required : [];
  const isMapped = having({ enum: values });
  return {
    ...schema,
    type: schema.type ?? 'object',
    required: otherwise === undefined ? [...new Set([...required, propertyName])] : required,
    allOf: [
      ...(Array.isArray(schema.allOf) ? schema.allOf : []),
      otherwise === undefined
        ? isMapped
        : { if: { ...isMapped, required: [propertyName] }, else: { $ref: otherwise } },
      ...values.map((value) => ({
        if: { ...having({ const: value }), required: [propertyName] },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
        then: { $ref: mapping[value] },
      })),
    ],
  };
}
