import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Validator as Independent, type Schema } from '@cfworker/json-schema';
import { Fields } from '../../packages/gateway/src/http/fields.ts';
import { usualLimits } from '../../packages/gateway/src/http/json-limits.ts';
import { parseRequestTarget } from '../../packages/gateway/src/http/request-target.ts';
import type { ReadableBody } from '../../packages/gateway/src/openapi/bodies.ts';
import type { OperationDefinition } from '../../packages/gateway/src/openapi/definition.ts';
import { loadDefinition } from '../../packages/gateway/src/openapi/load.ts';
import { Validator } from '../../packages/gateway/src/openapi/validator.ts';
import { PathTree } from '../../packages/gateway/src/routing/path-tree.ts';
import type { Written } from './parameters.ts';
import { component, type Dialect, type JsonSchema } from './schemas.ts';

/** What the validator that is not ours says. */
export function independent(schema: JsonSchema): (value: unknown) => boolean {
  const validator = new Independent(schema as Schema, '2020-12', true);
  return (value) => validator.validate(value).valid;
}

/** A definition with one operation, ready to judge requests. */
export interface Judge {
  readonly faults: readonly unknown[];
  readonly body: (bytes: Buffer) => boolean;
  readonly parameters: (written: Written) => boolean;
}

export interface Operation {
  readonly parameters?: readonly object[];
  readonly requestBody?: object;
}

/** A definition of one operation, `POST /r/{segment}`, or `/r/{p}` where that is its parameter. */
export async function judgeOf(dialect: Dialect, path: string, operation: Operation): Promise<Judge> {
  const folder = mkdtempSync(join(tmpdir(), 'property-'));
  try {
    const file = join(folder, 'definition.json');
    const components: Record<string, unknown> = {};
    const post = moved(operation, components) as object;
    writeFileSync(
      file,
      JSON.stringify({
        openapi: dialect,
        info: { title: 'Property', version: '1' },
        paths: { [path]: { post: { ...post, responses: {} } } },
        components: { schemas: components },
      }),
    );
    const { operations, shared, faults } = await loadDefinition(file);
    const [only] = operations;
    if (only === undefined) throw new Error(`no operation: ${JSON.stringify(faults)}`);
    const validator = new Validator(shared, {
      unknownQueryParameters: 'refuse',
      maxErrors: 20,
      unknownFields: 'refuse',
      files: { maxFiles: 20, maxFileSize: Number.POSITIVE_INFINITY, fileNames: 'strict' },
    });
    return {
      faults,
      body(bytes) {
        const rule = validator.bodyRule(only, 'application/json') as ReadableBody;
        const found = validator.judgeBody(only, rule, bytes, usualLimits);
        if (found instanceof Promise) throw new Error('JSON is judged at once');
        return found === undefined;
      },
      parameters: (written) => takes(validator, only, written),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Through the readers of the request line, as a request gets there. */
function takes(validator: Validator, operation: OperationDefinition, written: Written): boolean {
  const query = written.query === '' ? '' : `?${written.query}`;
  const target = parseRequestTarget(`/r/${written.segment}${query}`);
  if (target.kind === 'fault') return false;
  const tree = new PathTree<OperationDefinition>();
  tree.add(operation.path, 'POST', operation);
  const match = tree.find(target.path);
  if (match === undefined) return false;
  const fields = new Fields([
    ...written.headers.flatMap((value) => ['p', value]),
    ...(written.cookies.length > 0 ? ['cookie', written.cookies.join('; ')] : []),
  ]);
  const source = { query: target.query, fields, pathValues: match.values };
  return validator.checkParameters(operation, source) === undefined;
}

/** Schemas that stand for components become references to them. */
function moved(value: unknown, components: Record<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((each) => moved(each, components));
  if (typeof value !== 'object' || value === null) return value;
  const object = value as Record<string, unknown>;
  if (component in object) {
    const schema = moved(object[component], components);
    const name = `Schema${Object.keys(components).length}`;
    components[name] = schema;
    return { $ref: `#/components/schemas/${name}` };
  }
  return Object.fromEntries(Object.entries(object).map(([key, each]) => [key, moved(each, components)]));
}
