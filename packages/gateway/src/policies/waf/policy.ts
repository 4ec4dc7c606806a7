import { setImmediate as turn } from 'node:timers/promises';
import type { Disruption, Transaction } from '@portcullis/seclang';
import { type Body, type Head, type Known, type Refuse, refuse } from '../../exchange.ts';
import { codingOf } from '../../http/content-coding.ts';
import { askForWhole } from '../../http/content-fields.ts';
import { mediaTypeOf } from '../../http/media-type.ts';
import { inspectsBody } from '../../openapi/bodies.ts';
import { definePolicy, type MaybePromise } from '../../policy.ts';
import { engineFor } from './engine.ts';
import { noteMatches, reasonOf } from './record.ts';
import { requestHead } from './request.ts';
import { schema } from './schema.ts';
import { heldReply, ownRules, responseTypes } from './setup.ts';

type Request = Head & Known & Body;

/** Runs the rules of a web application firewall, the OWASP Core Rule Set for example, over each request. */
export const waf = definePolicy({
  name: 'waf',
  summary:
    'Looks for attacks in requests, and in replies if asked to, by rules in SecLang: those that are built in, the OWASP Core Rule Set, or your own.',
  phase: ['body', 'upstream', 'reply', 'record'],
  schema,
  problems: [
    'attack-suspected',
    'body-too-large',
    'body-unreadable',
    'content-coding-unsupported',
    'reply-withheld',
  ],
  onFault: 'refuse',
  prepare(config, environment) {
    const { engine, warm } = engineFor(config, environment);
    const looksAtReplies = config.responses === true;
    /** Until the reply is there. V8 takes long to collect what is in such maps, so that there is none without need. */
    const transactions = new WeakMap<object, Transaction>();
    const end = (request: Head, transaction: Transaction, refusal: Refuse | undefined) => {
      noteMatches(request, transaction);
      if (refusal === undefined && looksAtReplies) transactions.set(request, transaction);
      else transaction.logging();
      return refusal;
    };
    return {
      warm,
      needsBody: (operation) => operation === undefined || inspectsBody(operation.definition),
      ...(looksAtReplies && {
        needsReply: (_, reply) =>
          reply === undefined || responseTypes.includes(mediaTypeOf(reply.replyFields)?.type ?? '')
            ? heldReply
            : 0,
      }),
      body(request) {
        const transaction = engine.transaction(requestHead(request));
        const refusal = judge(request, transaction);
        return refusal instanceof Promise
          ? refusal.then((found) => end(request, transaction, found))
          : end(request, transaction, refusal);
      },
      ...(looksAtReplies && {
        upstream({ upstreamFields }) {
          askForWhole(upstreamFields);
          return undefined;
        },
        reply(reply) {
          const transaction = transactions.get(reply);
          if (transaction === undefined) return undefined;
          const { status, replyFields, replyBody } = reply;
          const head = { status, protocol: 'HTTP/1.1', fields: replyFields.flat };
          if (transaction.responseHead(head).kind === 'pass') transaction.responseBody(replyBody);
          return transaction.outcome.kind === 'pass'
            ? undefined
            : refuse('reply-withheld', { reason: reasonOf(transaction) });
        },
        record(ended) {
          transactions.get(ended)?.logging();
          return undefined;
        },
      }),
    };
  },
});

function judge(request: Request, transaction: Transaction): MaybePromise<Refuse | undefined> {
  if (transaction.requestHead().kind !== 'pass') return refusalFor(transaction);
  if (hasContent(request) && codingOf(request.fields.getAll('content-encoding')) !== undefined)
    return refuse('content-coding-unsupported', { fields: ['accept-encoding', 'identity'] });
  if (isLong(request)) return judgeInSteps(request, transaction);
  return transaction.requestBody(request.body ?? '').kind === 'pass' ? undefined : refusalFor(transaction);
}

/** Looking at so many bytes takes ten milliseconds at most, at more of them up to ten times as long. */
const short = 4_096;

function isLong({ rawTarget, rawFields, body }: Request): boolean {
  let bytes = rawTarget.length + (body?.length ?? 0);
  for (let at = 1; at < rawFields.length; at += 2) bytes += rawFields[at]!.length;
  return bytes > short;
}

/** Others have their turn between the steps. */
async function judgeInSteps(request: Request, transaction: Transaction): Promise<Refuse | undefined> {
  for (const _ of transaction.requestBodyInSteps(request.body ?? '')) await turn();
  return transaction.outcome.kind === 'pass' ? undefined : refusalFor(transaction);
}

/** A body that was not held is one that the definition says nothing about; there is then nothing to unpack either. */
function hasContent({ hasBody, body }: Request): boolean {
  return hasBody && body !== undefined && body.length > 0;
}

function refusalFor(transaction: Transaction): Refuse {
  const outcome = transaction.outcome as Disruption;
  switch (outcome.cause) {
    case 'fault':
      throw transaction.fault ?? new Error('the engine failed and does not say why');
    case 'body-limit':
      return refuse('body-too-large', { reason: 'more than the rules look at' });
    case 'body-fault':
      return refuse('body-unreadable', { reason: 'the body cannot be read to its end' });
    case 'budget':
      return refuse('attack-suspected', { reason: 'looking took too long' });
    case 'rule':
      if (outcome.ruleId === ownRules.multipart)
        return refuse('body-unreadable', { reason: 'the body can be read in more than one way' });
      return refuse('attack-suspected', { reason: reasonOf(transaction) });
  }
}
