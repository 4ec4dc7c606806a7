import { type Head, type Known, type Refuse, type Reply, type Report, refuse } from '../../exchange.ts';
import { askForWhole } from '../../http/content-fields.ts';
import { type OperationDefinition, type ResponseDefinition, sharedOf } from '../../openapi/definition.ts';
import { mayBeJson } from '../../openapi/media-types.ts';
import type { ReplyError } from '../../openapi/reply-validator.ts';
import { type ContentRule, contentRule, responseFor } from '../../openapi/responses.ts';
import { definePolicy } from '../../policy.ts';
import type { Operation } from '../../routing/apis.ts';
import { samplerOf } from '../sample.ts';
import { schema } from './schema.ts';
import { isStandard } from './standard-fields.ts';

type Outcome = 'refuse' | 'report';

/**
 * Who did not ask for it should hardly notice it: judging every reply takes a tenth of all the time for a request. What a service
 * does wrong it does again and again.
 */
const sampledByDefault = 0.1;

/** Whether replies are what the definition promises; the other half of openapi-validation. */
export const responseValidation = definePolicy({
  name: 'response-validation',
  summary:
    'Compares replies with the OpenAPI definition: status, header fields, content; takes out what is not declared.',
  phase: ['upstream', 'response', 'reply'],
  schema,
  problems: ['reply-invalid'],
  onFault: 'refuse',
  byDefault: ({ hasDefinition }) =>
    hasDefinition ? { mode: 'monitor', sample: sampledByDefault } : undefined,
  async prepare(config, environment) {
    const definitions = environment.api?.operations?.map((operation) => operation.definition) ?? [];
    const { ReplyValidator } = await import('../../openapi/reply-validator.ts');
    const validator = new ReplyValidator(sharedOf(definitions));
    const answersJson = new Set(definitions.filter(mayAnswerJson));
    // Nothing waits for what is only watched, and nothing of it is changed.
    const observing = config.mode === 'monitor';
    const { status = 'refuse', body = 'refuse', undeclaredFields = 'strip', headers = 'report' } = config;
    const undeclaredHeaders = config.undeclaredHeaders ?? 'allow';
    const allowed = new Set(config.allowedHeaders);
    const maxSize = config.maxSize ?? 262_144;
    const share = observing ? (config.sample ?? 1) : 1;
    const isSampled = { fields: samplerOf(share), content: samplerOf(share) };
    const holds =
      !observing && (body === 'refuse' || undeclaredFields === 'strip' || undeclaredFields === 'refuse');

    return {
      glimpsesReply: true,
      warm: () => validator.warm(definitions),
      needsReply(operation, reply) {
        if (!holds || operation === undefined) return 0;
        if (reply === undefined)
          return mayEndHttp(operation) || !answersJson.has(operation.definition) ? 0 : maxSize;
        return ruleFor(operation, reply)?.kind === 'json' ? maxSize : 0;
      },
      upstream({ operation, upstreamFields }) {
        if (holds && operation !== undefined && answersJson.has(operation.definition))
          askForWhole(upstreamFields);
        return undefined;
      },
      response(reply) {
        const definition = reply.operation?.definition;
        if (!reply.fromUpstream || definition?.responses === undefined) return undefined;
        if (isImplied(reply.status) && definition.responses[reply.status] === undefined) return undefined;
        const response = definedResponse(definition, reply.status);
        if (response === undefined) return verdict(status, `status ${reply.status}`);
        if (!isSampled.fields()) return undefined;
        const errors = validator.checkFields(response, reply.replyFields);
        const found: [Outcome, string][] = errors === undefined ? [] : [[headers, reasonOf(errors)]];
        if (
          hasContent(reply) &&
          contentRule(response, reply.replyFields.getAll('content-type')).kind === 'undeclared'
        )
          found.push([body, 'content-type']);
        if (undeclaredHeaders !== 'allow') {
          const strange = strangersIn(reply, response, allowed);
          if (strange.length > 0)
            found.push(['report', `undeclared ${strange.map((name) => `field ${name}`).join(', ')}`]);
          if (undeclaredHeaders === 'strip' && !observing)
            for (const name of strange) reply.replyFields.remove(name);
        }
        if (found.length === 0) return undefined;
        const worst = found.some(([outcome]) => outcome === 'refuse') ? 'refuse' : 'report';
        return verdict(worst, found.map(([, reason]) => reason).join('; '));
      },
      reply(reply) {
        const { operation } = reply;
        const rule = operation === undefined ? undefined : ruleFor(operation, reply);
        if (rule?.kind !== 'json' || !isSampled.content()) return undefined;
        // Asked for only now: it may have to be unpacked.
        const { replyBody } = reply;
        if (replyBody.length > maxSize) return undefined;
        const result = validator.checkJson(rule.schema, replyBody);
        if (result === undefined) return undefined;
        const { errors, left } = result;
        const undeclared =
          undeclaredFields === 'allow'
            ? result.undeclared.filter(({ keyword }) => keyword === 'writeOnly')
            : result.undeclared;
        const reasons = [errors, undeclared].filter(({ length }) => length > 0).map(reasonOf);
        if (reasons.length === 0) return undefined;
        const reason = reasons.join('; ');
        const refuses =
          (errors.length > 0 && body === 'refuse') ||
          (undeclared.length > 0 && undeclaredFields === 'refuse');
        if (refuses) return refuse('reply-invalid', { reason });
        const report = { problem: 'reply-invalid', reason } as const;
        return undeclared.length > 0 && undeclaredFields === 'strip'
          ? { kind: 'rewritten', body: left, report }
          : { kind: 'report', ...report };
      },
    };
  },
});

function verdict(outcome: Outcome, reason: string): Refuse | Report {
  return outcome === 'refuse'
    ? refuse('reply-invalid', { reason })
    : { kind: 'report', problem: 'reply-invalid', reason };
}

/** 304 says nothing but that the client is right (RFC 9110 section 15.4.5), and 101 ends HTTP. */
function isImplied(status: number): boolean {
  return status === 304 || status === 101;
}

/** A part of a reply is a part of the whole one that is defined (RFC 9110 section 15.3.7). */
function definedResponse(definition: OperationDefinition, status: number): ResponseDefinition | undefined {
  return responseFor(definition, status) ?? (status === 206 ? responseFor(definition, 200) : undefined);
}

function ruleFor({ definition }: Operation, { status, replyFields }: Reply): ContentRule | undefined {
  const response = definedResponse(definition, status);
  return response && contentRule(response, replyFields.getAll('content-type'));
}

function hasContent({ method, status, replyFields }: Head & Known & Reply): boolean {
  if (method === 'HEAD' || status === 204 || isImplied(status)) return false;
  return replyFields.get('content-length') !== '0';
}

function mayEndHttp({ definition }: Operation): boolean {
  return definition.responses?.['101'] !== undefined;
}

/** With a schema that says anything. */
function mayAnswerJson({ responses }: OperationDefinition): boolean {
  return Object.values(responses ?? {}).some(({ content }) =>
    Object.entries(content ?? {}).some(([type, each]) => each !== true && mayBeJson(type)),
  );
}

/** Fields of the reply that nobody announced. */
function strangersIn(
  { replyFields }: Reply,
  { headers }: ResponseDefinition,
  allowed: ReadonlySet<string>,
): string[] {
  const { flat } = replyFields;
  const strange = new Set<string>();
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!;
    if (isStandard(name) || allowed.has(name) || headers.some((each) => each.name === name)) continue;
    strange.add(name);
  }
  return [...strange];
}

/** For the record only: where and which keyword. */
function reasonOf(errors: readonly ReplyError[]): string {
  return errors.map(({ where, keyword }) => `${where === '' ? '/' : where} ${keyword}`).join(', ');
}
