import { type Head, type Refuse, refuse, type UpstreamRequest } from '../../exchange.ts';
import { contentCodings } from '../../http/content-coding.ts';
import { inspectsBeginning, inspectsBody } from '../../openapi/bodies.ts';
import { sharedOf } from '../../openapi/definition.ts';
import type { ValidationError } from '../../openapi/validation-error.ts';
import { definePolicy, type MaybePromise } from '../../policy.ts';
import { type BodyVerdict, checkBody } from './body.ts';
import { finding, refusal } from './refusal.ts';
import { schema } from './schema.ts';

export const openapiValidation = definePolicy({
  name: 'openapi-validation',
  summary:
    'Lets through only what the OpenAPI definition of the API describes: paths, methods, parameters, bodies.',
  phase: ['head', 'body', 'upstream'],
  schema,
  problems: [
    'path-unknown',
    'method-unknown',
    'parameters-invalid',
    'body-invalid',
    'media-type-unsupported',
    'content-coding-unsupported',
    'body-too-large',
  ],
  onFault: 'refuse',
  byDefault: ({ hasDefinition }) => (hasDefinition ? {} : undefined),
  async prepare(config, environment) {
    const definitions = environment.api?.operations?.map((operation) => operation.definition) ?? [];
    // ajv takes longer to load than the rest of the policy; without a definition nobody waits for it.
    const { Validator } = await import('../../openapi/validator.ts');
    const maxErrors = config.maxErrors ?? 20;
    const validator = new Validator(sharedOf(definitions), {
      unknownQueryParameters: config.unknownQueryParameters ?? 'refuse',
      maxErrors,
      credentialParameters: environment.credentialParameters,
      unknownFields: config.unknownFields ?? 'refuse',
      files: {
        maxFiles: config.maxFiles ?? 20,
        maxFileSize: config.maxFileSize ?? Number.POSITIVE_INFINITY,
        fileNames: config.fileNames ?? 'strict',
      },
    });
    const rules = {
      validator,
      codings: config.contentCodings ?? contentCodings,
      charsets: config.charsets ?? [],
    };
    return {
      needsBody: (operation) => operation !== undefined && inspectsBody(operation.definition),
      needsBeginning: (operation) => operation !== undefined && inspectsBeginning(operation.definition),
      warm: () => validator.warm(definitions),
      head(request) {
        return request.operation === undefined ? refuseUndefined(request) : undefined;
      },
      body(request) {
        const operation = request.operation?.definition;
        if (operation === undefined) return undefined;
        const errors = validator.checkParameters(operation, request);
        const verdict = checkBody(request, operation, rules);
        if (errors !== undefined) return then(verdict, (found) => refusalOf(errors, found, maxErrors));
        const ignored = validator.ignoredIn(operation, request);
        return ignored.length === 0 ? verdict : then(verdict, (found) => withIgnored(found, ignored));
      },
      ...(config.unknownQueryParameters !== 'strip' || config.mode === 'monitor'
        ? {}
        : {
            upstream(request: Head & UpstreamRequest) {
              const operation = request.operation?.definition;
              if (operation !== undefined)
                request.upstreamQuery = validator.stripQuery(operation, request.upstreamQuery);
              return undefined;
            },
          }),
    };
  },
});

function then(
  verdict: MaybePromise<BodyVerdict>,
  next: (found: BodyVerdict) => BodyVerdict,
): MaybePromise<BodyVerdict> {
  return verdict instanceof Promise ? verdict.then(next) : next(verdict);
}

/** What is wrong with the body is told along with the parameters, so that it can be corrected at once. */
function refusalOf(errors: readonly ValidationError[], body: BodyVerdict, most: number): Refuse {
  const more =
    body?.kind === 'refuse' && body.problem === 'body-invalid' ? body.members?.['errors'] : undefined;
  const all = [...errors, ...((more as readonly ValidationError[] | undefined) ?? [])];
  return refusal('parameters-invalid', all.slice(0, most));
}

/** The verdict, with what was ignored in the parameters as well. */
function withIgnored(verdict: BodyVerdict, errors: readonly ValidationError[]): BodyVerdict {
  if (verdict === undefined) return { kind: 'report', ...finding('parameters-invalid', errors) };
  if (verdict.kind === 'refuse') return verdict;
  const { problem, reason } = finding('parameters-invalid', errors);
  if (verdict.kind === 'report') return { ...verdict, reason: `${reason}, ${verdict.reason}` };
  const { report } = verdict;
  return {
    ...verdict,
    report: report === undefined ? { problem, reason } : { ...report, reason: `${reason}, ${report.reason}` },
  };
}

function refuseUndefined(request: Head): Refuse {
  const allowed = request.api?.allowedMethods(request.path) ?? [];
  if (allowed.length === 0) return refuse('path-unknown');
  return refuse('method-unknown', { fields: ['allow', allowed.join(', ')] });
}
