import { type Head, type Known, type Refuse, type Reply, refuse } from '../../exchange.ts';
import { definePolicy } from '../../policy.ts';
import { concernsNothing, jsonType, judgeReply, judgeRequest, missingIn, rulesFor } from './content.ts';
import { compileRules, type OperationRules } from './rules.ts';
import { schema } from './schema.ts';

/** May the caller do this, with this object, and these fields of it? What no rule allows is refused. */
export const authorization = definePolicy({
  name: 'authorization',
  summary:
    'Who may call which operation, with which objects and which fields of them: scopes, roles, permissions, bindings, conditions. What no rule allows is refused.',
  phase: ['authorize', 'body', 'upstream', 'response', 'reply'],
  schema,
  problems: [
    'denied',
    'credential-missing',
    'not-decided',
    'scope-insufficient',
    'role-insufficient',
    'permission-insufficient',
    'condition-unmet',
    'object-refused',
    'field-refused',
    'media-type-unsupported',
    'content-coding-unsupported',
    'body-invalid',
    'reply-unverifiable',
  ],
  onFault: 'refuse',
  byDefault: ({ hasDefinition, isOpen }) => (hasDefinition && !isOpen ? {} : undefined),
  async prepare(config, environment) {
    const rules = await compileRules(config, environment);
    const largestReply = config.largestReply ?? 1_048_576;
    return {
      authorize(request) {
        for (const check of rules.of(request.operation).checks) {
          const refusal = check.decide(request);
          if (refusal !== undefined) return refusal;
        }
        return undefined;
      },
      needsBody: (operation) => rules.of(operation).request !== undefined,
      body(request) {
        const asked = rules.of(request.operation).request;
        return asked === undefined ? undefined : judgeRequest(asked, request);
      },
      needsReply: (operation) => (rules.of(operation).reply === undefined ? 0 : largestReply),
      upstream({ operation, upstreamFields }) {
        if (rules.of(operation).reply === undefined) return undefined;
        // What would come back could not be looked into: a part, an encoding, or "you have it already".
        for (const name of ['range', 'if-range', 'if-none-match', 'if-modified-since'])
          upstreamFields.remove(name);
        upstreamFields.set('accept-encoding', 'identity');
        return undefined;
      },
      response: (reply) => judgeHead(rules.of(reply.operation), reply),
      reply(reply) {
        const asked = rules.of(reply.operation).reply;
        return asked === undefined ? undefined : judgeReply(asked, reply);
      },
    };
  },
});

/** What can be said before the content is there: a stream of events never ends, and HEAD has no content. */
function judgeHead({ reply: asked }: OperationRules, reply: Head & Known & Reply): Refuse | undefined {
  if (asked === undefined) return undefined;
  const { method, status, principal, replyFields } = reply;
  const rules = rulesFor(asked, status);
  if (concernsNothing(rules, principal)) return undefined;
  if (method === 'HEAD' || status === 204) {
    // The length is that of the content before anything was taken out of it.
    replyFields.remove('content-length');
    return missingIn(rules, principal);
  }
  if (replyFields.get('content-length') === '0' || status === 304) return undefined;
  const fault = jsonType(replyFields);
  return fault === undefined ? undefined : refuse('reply-unverifiable', { reason: fault });
}
