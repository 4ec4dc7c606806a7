import { type Body, type Head, type Refuse, refuse } from '../../exchange.ts';
import { codingOf } from '../../http/content-coding.ts';
import { JsonFault } from '../../http/json.ts';
import { isInUtf8, mediaTypeOf } from '../../http/media-type.ts';
import { definePolicy } from '../../policy.ts';
import { type AskedOptions, expectNoQuery, readAsked, readQuery } from './asked.ts';
import { compileEndpoints } from './endpoint.ts';
import { beyond, GraphqlFault, invalid, refusalOf } from './fault.ts';
import { Judge } from './judge.ts';
import { persistedFiles } from './persisted.ts';
import { compileRules } from './rules.ts';
import { schema } from './schema.ts';

/** What a GraphQL endpoint may be asked for. Nothing of it is judged by anything but the text that the service gets. */
export const graphql = definePolicy({
  name: 'graphql',
  summary:
    'What a GraphQL endpoint may be asked for: how deep, how much, by the schema, which operations and fields by whom.',
  phase: ['authorize', 'body'],
  schema,
  problems: [
    'path-unknown',
    'method-unknown',
    'media-type-unsupported',
    'content-coding-unsupported',
    'graphql-invalid',
    'graphql-limit',
    'graphql-operation-unknown',
    'introspection-refused',
    'role-insufficient',
  ],
  onFault: 'refuse',
  files: (config, folder) => [
    ...(config.schema === undefined ? [] : [config.schema]),
    ...(config.persisted === undefined ? [] : persistedFiles(config.persisted.file, folder)),
  ],
  async prepare(config, environment) {
    const written = [config.path ?? '/graphql'].flat();
    const endpointOf = compileEndpoints(environment.api?.basePath ?? '', written);
    const judge = new Judge(await compileRules(config, environment));
    const methods: ReadonlySet<string> = new Set(config.methods ?? ['POST']);
    const allow = ['allow', [...methods].join(', ')];
    const bounds: Bounds = {
      maxBody: config.maxBody ?? 131_072,
      maxOperations: config.maxOperations ?? 1,
      extensions: new Set(config.extensions ?? ['clientLibrary']),
      queryParameters: new Set(config.queryParameters ?? []),
    };
    return {
      needsBody: (_, path) => endpointOf(path) === 'endpoint',
      warm: () => judge.warm(),
      authorize(request) {
        const endpoint = endpointOf(request.path);
        if (endpoint === undefined) return undefined;
        if (endpoint === 'like') return refuse('path-unknown', { reason: 'like a GraphQL endpoint' });
        if (request.upgrade !== undefined) {
          if (config.subscriptions === 'allow') return undefined;
          return refuse('method-unknown', { detail: 'No WebSocket is opened here.', fields: allow });
        }
        const method = request.method === 'HEAD' ? 'GET' : request.method;
        if (!methods.has(method)) return refuse('method-unknown', { fields: allow });
        return method === 'POST' ? refuseContent(request) : undefined;
      },
      body(request) {
        if (endpointOf(request.path) !== 'endpoint' || request.upgrade !== undefined) return undefined;
        const judgement = judge.begin(request);
        const isPost = request.method === 'POST';
        // The place where no operation may be is looked at first.
        let where: 'query' | 'body' = isPost ? 'query' : 'body';
        let base = '';
        try {
          if (isPost) expectNoQuery(request.query, bounds);
          else expectNoBody(request);
          where = isPost ? 'body' : 'query';
          if (!isPost) {
            judgement.add(readQuery(request.query, bounds));
            return undefined;
          }
          const asked = askedByBody(request, bounds);
          if (!Array.isArray(asked)) judgement.add(readAsked(asked, bounds));
          else
            for (const [index, each] of asked.entries()) {
              base = `/${index}`;
              judgement.add(readAsked(each, bounds));
            }
          return judgement.rewritten(Array.isArray(asked));
        } catch (fault) {
          if (!(fault instanceof GraphqlFault)) throw fault;
          const refusal = refusalOf(fault, where, base);
          return fault.problem === 'method-unknown' ? { ...refusal, fields: ['allow', 'POST'] } : refusal;
        }
      },
    };
  },
});

interface Bounds extends AskedOptions {
  readonly maxBody: number;
  readonly maxOperations: number;
}

/** JSON in UTF-8, unencoded, and said so once: anything else a service may read in another way. */
function refuseContent({ fields }: Head): Refuse | undefined {
  const mediaType = mediaTypeOf(fields);
  if (mediaType?.type !== 'application/json' || !isInUtf8(mediaType))
    return refuse('media-type-unsupported', { fields: ['accept', 'application/json'] });
  if (codingOf(fields.getAll('content-encoding')) !== undefined)
    return refuse('content-coding-unsupported', { fields: ['accept-encoding', 'identity'] });
  return undefined;
}

function expectNoBody({ hasBody, body }: Body): void {
  if (hasBody && body?.length !== 0) throw invalid('unexpected', 'may not have a body', '');
}

/** @returns one operation, not read yet, or a list of them */
function askedByBody(request: Body, { maxBody, maxOperations }: Bounds): unknown {
  const { body } = request;
  if (!request.hasBody || body?.length === 0) throw invalid('required', 'is missing', '');
  if (body === undefined) throw new Error('the body was not held although it has to be checked');
  if (body.length > maxBody) throw beyond('maxBody', maxBody, body.length, '');
  const value = parsed(request);
  if (!Array.isArray(value)) return value;
  if (maxOperations === 1) throw invalid('type', 'is a list, and has to be one operation', '');
  if (value.length > maxOperations) throw beyond('maxOperations', maxOperations, value.length, '');
  if (value.length === 0) throw invalid('required', 'has no operation', '');
  return value;
}

function parsed(request: Body): unknown {
  try {
    return request.json();
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    throw invalid('syntax', error.message, '');
  }
}
