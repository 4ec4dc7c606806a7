import { z } from 'zod';
import { duration, size } from '../../packages/gateway/src/config/units.ts';

/** What is used here of a JSON Schema as zod writes it. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  /** A secret, which is written as a reference (config/secret.ts). */
  readonly writeOnly?: boolean;
  readonly pattern?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly required?: readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** A line of a reference table. */
export interface Option {
  /** As in `limits[].window` and `apis.*.hosts`. */
  readonly path: string;
  readonly required: boolean;
  readonly takes: string;
  readonly byDefault: string;
  readonly meaning: string;
}

export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as JsonSchema;
}

const durationPattern = jsonSchemaOf(duration()).pattern;
const sizePattern = jsonSchemaOf(size()).pattern;

/**
 * Every option of a schema, in the order in which it is written.
 * @param path of the schema itself; empty for a whole document
 * @param describeElsewhere true for paths whose inside has a page of its own
 */
export function optionsOf(
  schema: JsonSchema,
  path = '',
  describeElsewhere: (path: string) => boolean = () => false,
): Option[] {
  const found = new Map<string, Option>();
  walk(schema, path);
  return [...found.values()];

  function walk(at: JsonSchema, here: string): void {
    if (describeElsewhere(here)) return;
    const variants = variantsOf(at);
    // Where there is a choice, what one of the variants needs is not needed everywhere.
    const only = variants.filter(({ properties }) => properties !== undefined).length === 1;
    for (const variant of variants) {
      for (const [name, property] of Object.entries(variant.properties ?? {})) {
        const required = only && (variant.required?.includes(name) ?? false);
        add(property, here === '' ? name : `${here}.${name}`, required);
      }
      if (typeof variant.additionalProperties === 'object' && isComposed(variant.additionalProperties)) {
        walk(variant.additionalProperties, here === '' ? '*' : `${here}.*`);
      }
      if (variant.items !== undefined && !isShorthand(variant, variants)) walk(variant.items, `${here}[]`);
    }
  }

  function add(property: JsonSchema, here: string, required: boolean): void {
    if (!found.has(here)) found.set(here, { path: here, required, ...describe(property) });
    walk(property, here);
  }
}

/** A list that may stand alone in the place of the option that takes the same list. */
function isShorthand(list: JsonSchema, variants: readonly JsonSchema[]): boolean {
  const items = JSON.stringify(list.items);
  return variants.some(({ properties }) =>
    Object.values(properties ?? {}).some((property) => JSON.stringify(property.items) === items),
  );
}

function describe(schema: JsonSchema): Pick<Option, 'takes' | 'byDefault' | 'meaning'> {
  const { byDefault, meaning } = splitDefault(descriptionOf(schema));
  return { takes: takes(schema), byDefault, meaning };
}

/** That of the schema, or else what its elements say. */
function descriptionOf(schema: JsonSchema): string {
  return schema.description ?? schema.items?.description ?? '';
}

/** Descriptions end with "Default X."; the tables have a column for it. */
export function splitDefault(description: string): { byDefault: string; meaning: string } {
  const match = /(?:^| )Default:? (.+?)\.(?= |$)/.exec(description);
  if (match === null) return { byDefault: '', meaning: description };
  const meaning = `${description.slice(0, match.index)}${description.slice(match.index + match[0].length)}`;
  return { byDefault: match[1]!, meaning: meaning.trim() };
}

/** What may be written, in words. */
export function takes(schema: JsonSchema): string {
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants !== undefined) return [...new Set(variants.map(takes))].join(', or ');
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(code).join(', ');
  switch (schema.type) {
    case 'string':
      if (schema.writeOnly === true) return 'a secret';
      if (schema.pattern === durationPattern) return 'a length of time';
      return schema.pattern === sizePattern ? 'a size' : 'text';
    case 'integer':
    case 'number':
      return numberText(schema);
    case 'boolean':
      return '`true`, `false`';
    case 'array':
      return `a list of ${schema.items === undefined ? 'anything' : nested(schema.items)}`;
    case 'object':
      if (typeof schema.additionalProperties === 'object') {
        return `names with ${nested(schema.additionalProperties)} each`;
      }
      return 'options';
    default:
      return 'anything';
  }
}

function nested(schema: JsonSchema): string {
  const text = takes(schema);
  return text.includes(', ') ? `(${text})` : text;
}

/** Bounds that only say that the number is a safe integer are left out. */
function numberText({ type, minimum, maximum, exclusiveMinimum }: JsonSchema): string {
  const name = type === 'integer' ? 'a whole number' : 'a number';
  const bounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  const least = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined;
  if (least !== undefined && bounded) return `${name} from ${least} to ${maximum}`;
  if (least !== undefined) return `${name} from ${least}`;
  if (exclusiveMinimum !== undefined) return `${name} above ${exclusiveMinimum}`;
  return bounded ? `${name} up to ${maximum}` : name;
}

function variantsOf(schema: JsonSchema): readonly JsonSchema[] {
  const variants = schema.anyOf ?? schema.oneOf;
  return variants === undefined ? [schema] : variants.flatMap(variantsOf);
}

function isComposed(schema: JsonSchema): boolean {
  return variantsOf(schema).some(
    ({ properties, items, additionalProperties }) =>
      properties !== undefined || items !== undefined || typeof additionalProperties === 'object',
  );
}

function code(value: unknown): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}
