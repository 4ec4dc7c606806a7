import { type Body, type Head, type Refuse, refuse } from '../../exchange.ts';
import { JsonFault } from '../../http/json.ts';
import type { JsonScanFault } from '../../http/json-scanner.ts';
import { inspectsBody } from '../../openapi/bodies.ts';
import type { OperationDefinition } from '../../openapi/definition.ts';
import { shortened, type ValidationError } from '../../openapi/validation-error.ts';
import type { Validator } from '../../openapi/validator.ts';
import { definePolicy } from '../../policy.ts';
import { schema } from './schema.ts';

export const openapiValidation = definePolicy({
  name: 'openapi-validation',
  summary:
    'Lets through only what the OpenAPI definition of the API describes: paths, methods, parameters, bodies.',
  phase: ['head', 'body'],
  schema,
  problems: [
    'path-unknown',
    'method-unknown',
    'parameters-invalid',
    'body-invalid',
    'media-type-unsupported',
    'content-coding-unsupported',
  ],
  onFault: 'refuse',
  byDefault: ({ hasDefinition }) => (hasDefinition ? {} : undefined),
  async prepare(config, environment) {
    const definitions = environment.api?.operations?.map((operation) => operation.definition) ?? [];
    const shared = definitions[0]?.shared ?? { schemas: {}, securitySchemes: {} };
    // ajv takes longer to load than the rest of the policy; without a definition nobody waits for it.
    const { Validator } = await import('../../openapi/validator.ts');
    const validator = new Validator(shared, {
      unknownQueryParameters: config.unknownQueryParameters ?? 'refuse',
      maxErrors: config.maxErrors ?? 20,
      credentialParameters: environment.credentialParameters,
    });
    return {
      needsBody: (operation) => operation !== undefined && inspectsBody(operation.definition),
      warm: () => validator.warm(definitions),
      head(request) {
        return request.operation === undefined ? refuseUndefined(request) : undefined;
      },
      body(request) {
        const operation = request.operation?.definition;
        if (operation === undefined) return undefined;
        const errors = validator.checkParameters(operation, request);
        if (errors !== undefined) return refusal('parameters-invalid', errors);
        return checkBody(request, operation, validator);
      },
    };
  },
});

function refuseUndefined(request: Head): Refuse {
  const allowed = request.api?.allowedMethods(request.path) ?? [];
  if (allowed.length === 0) return refuse('path-unknown');
  return refuse('method-unknown', { fields: ['allow', allowed.join(', ')] });
}

function checkBody(
  request: Head & Body,
  operation: OperationDefinition,
  validator: Validator,
): Refuse | undefined {
  const { body, fields } = request;
  const length = request.hasBody ? body?.length : 0;
  if (length === 0) {
    return operation.requestBody?.required === true ? bodyError('required', 'is required') : undefined;
  }
  const types = fields.getAll('content-type');
  // Two of them let the gateway and the service choose differently.
  const contentType = types.length > 1 ? types.join(', ') : types[0];
  const rule = validator.bodyRule(operation, contentType);
  switch (rule.kind) {
    case 'none':
      return bodyError('unexpected', 'must be absent: the operation takes no body');
    case 'unsupported':
      return refuse('media-type-unsupported', {
        detail: rule.detail,
        fields: ['accept', Object.keys(operation.requestBody!.content).join(', ')],
      });
    case 'opaque':
      return undefined;
    case 'json': {
      if (isEncoded(fields.getAll('content-encoding'))) {
        return refuse('content-coding-unsupported', { fields: ['accept-encoding', 'identity'] });
      }
      // A JSON body that was not held in memory was not looked at, and must not pass for one that was.
      if (body === undefined) throw new Error('The body was not held although it has to be checked.');
      return checkJson(request, operation, contentType, validator, body.length);
    }
  }
}

function checkJson(
  request: Body,
  operation: OperationDefinition,
  contentType: string | undefined,
  validator: Validator,
  bytes: number,
): Refuse | undefined {
  let value: unknown;
  try {
    value = request.json();
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    return refusal('body-invalid', [jsonError(error.fault)]);
  }
  const errors = validator.checkJson(operation, contentType, value, bytes);
  return errors === undefined ? undefined : refusal('body-invalid', errors);
}

/** Of whatever is no JSON that all read in one way, the first: what follows may be anything. */
function jsonError({ rule, message, pointer, offset }: JsonScanFault): ValidationError {
  return { in: 'body', pointer: shortened(pointer), offset, keyword: rule, message };
}

function isEncoded(codings: readonly string[]): boolean {
  return codings.some((coding) => coding.trim() !== '' && coding.trim().toLowerCase() !== 'identity');
}

function bodyError(keyword: string, message: string): Refuse {
  return refusal('body-invalid', [{ in: 'body', pointer: '', keyword, message }]);
}

function refusal(problem: 'parameters-invalid' | 'body-invalid', errors: readonly ValidationError[]): Refuse {
  const first = errors[0]!;
  return refuse(problem, {
    members: { errors },
    reason: [first.in, first.name ?? first.pointer, first.keyword].filter(Boolean).join(' '),
  });
}
