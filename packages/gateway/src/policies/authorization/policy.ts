import { definePolicy } from '../../policy.ts';
import { judgeReply, judgeRequest } from './content.ts';
import { askForContent, judgeReplyHead } from './reply-head.ts';
import { compileRules } from './rules.ts';
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
    // In `monitor` nothing is changed: neither what is asked of the service, nor what it answers.
    const observing = config.mode === 'monitor';
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
        if (!observing && rules.of(operation).reply !== undefined) askForContent(upstreamFields);
        return undefined;
      },
      response(reply) {
        const asked = rules.of(reply.operation).reply;
        return asked === undefined ? undefined : judgeReplyHead(asked, reply, observing);
      },
      reply(reply) {
        const asked = rules.of(reply.operation).reply;
        return asked === undefined ? undefined : judgeReply(asked, reply);
      },
    };
  },
});
