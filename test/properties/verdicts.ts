import { Validator as Independent, type Schema } from '@cfworker/json-schema';
import { Fields } from '../../packages/gateway/src/http/fields.ts';
import { usualLimits } from '../../packages/gateway/src/http/json-limits.ts';
import { parseRequestTarget } from '../../packages/gateway/src/http/request-target.ts';
import { isHeld, type ReadableBody } from '../../packages/gateway/src/openapi/bodies.ts';
import type { Judgement, UnknownOption } from '../../packages/gateway/src/openapi/body-judge.ts';
import type { OperationDefinition } from '../../packages/gateway/src/openapi/definition.ts';
import { Validator } from '../../packages/gateway/src/openapi/validator.ts';
import { PathTree } from '../../packages/gateway/src/routing/path-tree.ts';
import { definitionOf, type Operation } from './definitions.ts';
import type { Dialect, JsonSchema } from './schemas.ts';
import type { Written } from './writing.ts';

/** What the validator that is not ours says. */
export function independent(schema: JsonSchema): (value: unknown) => boolean {
  const validator = new Independent(schema as Schema, '2020-12', true);
  return (value) => validator.validate(value).valid;
}

/** A definition with one operation, ready to judge requests. */
export interface Judge {
  readonly faults: readonly unknown[];
  /** `unsupported` for a Content-Type that the operation does not take. */
  readonly body: (bytes: Buffer, type?: string) => Promise<Judgement | 'unsupported'>;
  readonly takesBody: (bytes: Buffer, type?: string) => Promise<boolean>;
  readonly takesParameters: (written: Written) => boolean;
}

export interface JudgeOptions {
  readonly unknownFields?: UnknownOption;
  readonly maxFileSize?: number;
  /** Schemas of `components` that have to be called so. */
  readonly named?: Readonly<Record<string, JsonSchema>>;
}

export async function judgeOf(
  dialect: Dialect,
  path: string,
  operation: Operation,
  { unknownFields = 'refuse', maxFileSize = Number.POSITIVE_INFINITY, named }: JudgeOptions = {},
): Promise<Judge> {
  const { operations, shared, faults } = await definitionOf(dialect, path, operation, named);
  const [only] = operations;
  if (only === undefined) throw new Error(`no operation: ${JSON.stringify(faults)}`);
  const validator = new Validator(shared, {
    unknownQueryParameters: 'refuse',
    maxErrors: 20,
    unknownFields,
    files: { maxFiles: 20, maxFileSize, fileNames: 'strict' },
  });
  const body: Judge['body'] = async (bytes, type = 'application/json') => {
    const rule = validator.bodyRule(only, type);
    if (rule.kind === 'unsupported') return 'unsupported';
    if (!isHeld(rule)) throw new Error(`a body of ${type} is ${rule.kind}, and not judged`);
    return validator.judgeBody(only, rule as ReadableBody, bytes, usualLimits);
  };
  return {
    faults,
    body,
    takesBody: async (bytes, type) => (await body(bytes, type)) === undefined,
    takesParameters: (written) => takes(validator, only, written),
  };
}

/** Through the readers of the request line, as a request gets there. */
function takes(validator: Validator, operation: OperationDefinition, written: Written): boolean {
  const query = written.query.length === 0 ? '' : `?${written.query.join('&')}`;
  const target = parseRequestTarget(`/r/${written.segments.join('/')}${query}`);
  if (target.kind === 'fault') return false;
  const tree = new PathTree<OperationDefinition>();
  tree.add(operation.path, 'POST', operation);
  const match = tree.find(target.path);
  if (match === undefined) return false;
  const fields = new Fields([
    ...written.fields.flat(),
    ...(written.cookies.length > 0 ? ['cookie', written.cookies.join('; ')] : []),
  ]);
  const source = { query: target.query, fields, pathValues: match.values };
  return validator.checkParameters(operation, source) === undefined;
}
