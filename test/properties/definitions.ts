import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiDefinition } from '../../packages/gateway/src/openapi/definition.ts';
import { loadDefinition } from '../../packages/gateway/src/openapi/load.ts';
import { component, type Dialect, type JsonSchema } from './schemas.ts';

/** What an operation says, in the words of its version of OpenAPI. */
export interface Operation {
  readonly parameters?: readonly object[];
  readonly requestBody?: object;
  readonly responses?: object;
  /** Swagger 2.0. */
  readonly consumes?: readonly string[];
  readonly produces?: readonly string[];
}

/**
 * A definition of one operation, `POST` of the path, read from a file as any.
 * @param named schemas of `components` that have to be called so
 */
export async function definitionOf(
  dialect: Dialect,
  path: string,
  operation: Operation,
  named: Readonly<Record<string, JsonSchema>> = {},
): Promise<ApiDefinition> {
  const schemas: Record<string, unknown> = {};
  const at = dialect === '2.0' ? '#/definitions/' : '#/components/schemas/';
  const post = { responses: {}, ...(moved(operation, schemas, at) as object) };
  for (const [name, schema] of Object.entries(named)) schemas[name] = moved(schema, schemas, at);
  const document = {
    ...(dialect === '2.0' ? { swagger: dialect } : { openapi: dialect }),
    info: { title: 'Property', version: '1' },
    paths: { [path]: { post } },
    ...(dialect === '2.0' ? { definitions: schemas } : { components: { schemas } }),
  };
  const folder = mkdtempSync(join(tmpdir(), 'property-'));
  try {
    const file = join(folder, 'definition.json');
    writeFileSync(file, JSON.stringify(document));
    return await loadDefinition(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** An operation that takes a body of one media type, and needs it. */
export function taking(dialect: Dialect, type: string, schema: JsonSchema, details: object = {}): Operation {
  if (dialect === '2.0')
    return { consumes: [type], parameters: [{ in: 'body', name: 'body', required: true, schema }] };
  return { requestBody: { required: true, content: { [type]: { schema, ...details } } } };
}

/** Schemas that stand for components become references to them. */
function moved(value: unknown, schemas: Record<string, unknown>, at: string): unknown {
  if (Array.isArray(value)) return value.map((each) => moved(each, schemas, at));
  if (typeof value !== 'object' || value === null) return value;
  const object = value as Record<string, unknown>;
  if (component in object) {
    const schema = moved(object[component], schemas, at);
    const name = `Schema${Object.keys(schemas).length}`;
    schemas[name] = schema;
    return { $ref: at + name };
  }
  return Object.fromEntries(Object.entries(object).map(([key, each]) => [key, moved(each, schemas, at)]));
}
