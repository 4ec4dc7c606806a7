import type { JsonSchema } from './schemas.ts';

type Properties = Readonly<Record<string, JsonSchema>>;

/** What a schema of a request, in the words of the independent validator, means for a reply. */
export function inReply(meant: JsonSchema): JsonSchema {
  return mapped(meant, (schema) => {
    const properties = schema['properties'] as Properties | undefined;
    if (properties === undefined) return schema;
    const required = (schema['required'] as readonly string[] | undefined) ?? [];
    if (properties['created'] === false)
      return {
        ...schema,
        properties: { ...properties, created: { type: 'string' } },
        required: [...required, 'created'],
      };
    if (properties['secret'] === undefined) return schema;
    return {
      ...schema,
      properties: { ...properties, secret: false },
      required: required.filter((name) => name !== 'secret'),
    };
  });
}

/** The same where members that are not declared, which are taken out, do no harm. */
export function withUndeclared(meant: JsonSchema): JsonSchema {
  return mapped(meant, (schema) => {
    const properties = schema['properties'] as Plain | undefined;
    const taken = properties?.['secret'] === false ? { properties: { ...properties, secret: true } } : {};
    const pairs = Object.entries<unknown>({ ...schema, ...taken });
    return Object.fromEntries(
      pairs.filter(([keyword, value]) => !(keyword.endsWith('Properties') && value === false)),
    );
  });
}

/** Good values of requests as they come in replies. */
export function valueInReply(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(valueInReply);
  if (typeof value !== 'object' || value === null) return value;
  const pairs = Object.entries(value).filter(([name]) => name !== 'secret');
  return Object.fromEntries(pairs.map(([name, each]) => [name, valueInReply(each)]));
}

type Plain = Readonly<Record<string, unknown>>;

/** Every schema in it changed, the innermost first. */
function mapped(schema: JsonSchema, change: (schema: Plain) => Plain): JsonSchema {
  if (typeof schema === 'boolean') return schema;
  const inner = Object.entries(schema).map(([keyword, value]): [string, unknown] => {
    if (keyword === 'properties')
      return [
        keyword,
        Object.fromEntries(
          Object.entries(value as Properties).map(([name, each]) => [name, mapped(each, change)]),
        ),
      ];
    if (keyword === 'items' || keyword === 'additionalProperties')
      return [keyword, mapped(value as JsonSchema, change)];
    if (/^(?:all|any|one)Of$/.test(keyword) && value !== undefined)
      return [keyword, (value as readonly JsonSchema[]).map((each) => mapped(each, change))];
    return [keyword, value];
  });
  return change(Object.fromEntries(inner));
}
