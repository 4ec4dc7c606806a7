import { z } from 'zod';
import { secretPattern } from './secret.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

/** Some `${`: the whole text is checked when the configuration is read. */
const referencePattern = '\\$\\{[A-Za-z_]';

/** Words about a value rather than conditions on it: they stay at the top, where editors look for them. */
const annotations = ['title', 'description', 'default', 'examples', 'deprecated', 'id', '$id'];

/** JSON Schema draft 2020-12, validation, section 7.3. */
const standardFormats = new Set(
  'date-time date time duration email hostname ipv4 ipv6 uri uri-reference uuid json-pointer regex'.split(
    ' ',
  ),
);

/**
 * The JSON Schema (draft 2020-12) of what people write, for editors. It takes references where `readDocument` does:
 * a number, a boolean or a text with conditions may also be a text with `${NAME}` in it, and a secret is a reference.
 * The same schema always gives the same object, so a test can compare it with a file.
 * @param id URL of the schema; left out where it is not the same everywhere
 */
export function editorSchema(schema: z.ZodType, { id, title }: { id?: string; title: string }): object {
  const generated = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
  });
  const { $schema, ...body } = withReferences(JSON.parse(JSON.stringify(generated))) as JsonObject;
  const reference = {
    type: 'string',
    pattern: referencePattern,
    description: `A text with references to environment variables: \${NAME} or \${NAME:-default}.`,
  };
  const definitions = { ...(isObject(body.$defs) ? body.$defs : {}), reference };
  return { $schema, ...(id !== undefined && { $id: id }), title, ...body, $defs: definitions };
}

function withReferences(schema: Json): Json {
  if (!isObject(schema)) return schema;
  const copy: JsonObject = {};
  for (const [word, value] of Object.entries(schema)) copy[word] = withinWord(word, value);
  // zod names checks of its own here, which validators refuse; their `pattern` stands beside them.
  if (typeof copy.format === 'string' && !standardFormats.has(copy.format)) delete copy.format;
  if (copy.writeOnly === true) {
    const { minLength: _minimum, maxLength: _maximum, format: _format, ...rest } = copy;
    return { ...rest, pattern: secretPattern };
  }
  // The conditions of a number say nothing of a text, and a pattern nothing of a number: both stand side by side.
  if ((copy.type === 'number' || copy.type === 'integer' || copy.type === 'boolean') && !isChoice(copy)) {
    return { ...copy, type: [copy.type, 'string'], pattern: referencePattern };
  }
  if (copy.type !== 'string' || copy.const !== undefined || !isConditional(copy)) return copy;
  const about = Object.entries(copy).filter(([word]) => annotations.includes(word));
  const conditions = Object.entries(copy).filter(([word]) => !annotations.includes(word));
  return {
    ...Object.fromEntries(about),
    anyOf: [Object.fromEntries(conditions), { $ref: '#/$defs/reference' }],
  };
}

/** Walks into the words that hold schemas. Not `propertyNames`: references in keys are not replaced. */
function withinWord(word: string, value: Json): Json {
  switch (word) {
    case 'properties':
    case 'patternProperties':
    case '$defs':
      return isObject(value)
        ? Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, withReferences(schema)]))
        : value;
    case 'anyOf':
    case 'oneOf':
    case 'allOf':
    case 'prefixItems':
      return Array.isArray(value) ? value.map(withReferences) : value;
    case 'items':
    case 'additionalProperties':
      return withReferences(value);
    default:
      return value;
  }
}

function isChoice(schema: JsonObject): boolean {
  return schema.enum !== undefined || schema.const !== undefined;
}

function isConditional(schema: JsonObject): boolean {
  // A reference has four characters at least.
  const long = typeof schema.minLength === 'number' && schema.minLength > 4;
  return long || ['pattern', 'format', 'enum', 'maxLength'].some((word) => schema[word] !== undefined);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
