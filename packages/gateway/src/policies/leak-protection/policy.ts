import { type Refuse, type Report, refuse } from '../../exchange.ts';
import { askForWhole } from '../../http/content-fields.ts';
import type { Fields } from '../../http/fields.ts';
import { definePolicy } from '../../policy.ts';
import { samplerOf } from '../sample.ts';
import { compileRules, type LeakRules } from './compile.ts';
import { inspectContent, inspectField } from './inspect.ts';
import { schema } from './schema.ts';
import { isWide, kindOf } from './text.ts';
import { TooMuch } from './too-much.ts';

/** Fields that the gateway or the protocol fills, and that say nothing of the service. */
const fieldsOfOurs: readonly string[] = [
  'x-request-id',
  'content-length',
  'content-type',
  'content-encoding',
  'date',
  'cache-control',
  'vary',
  'connection',
  'transfer-encoding',
];

/** What must not leave, whatever the definition says of replies. */
export const leakProtection = definePolicy({
  name: 'leak-protection',
  summary:
    'Finds stack traces, errors of databases, private keys, card numbers, tokens and internal addresses in replies; masks, refuses or reports them.',
  phase: ['upstream', 'response', 'reply'],
  schema,
  problems: ['reply-withheld', 'reply-unverifiable'],
  onFault: 'refuse',
  byDefault: () => ({ mode: 'monitor', sample: 0.1 }),
  prepare(config) {
    const rules = compileRules(config);
    const observing = config.mode === 'monitor';
    /** Replies have to be held; in `monitor` nothing waits and nothing is changed. */
    const holds = rules.intervenes && !observing;
    const largestReply = config.largestReply ?? 524_288;
    const share = observing ? (config.sample ?? 1) : 1;
    const isSampled = { head: samplerOf(share), content: samplerOf(share) };
    const uninspected = config.uninspected ?? 'refuse';
    const exempt = new Set([...fieldsOfOurs, ...(config.exceptFields ?? ['set-cookie'])]);
    const unseen = (reason: string): Refuse | Report | undefined => {
      if (!holds) return undefined;
      const verdict = refuse('reply-unverifiable', { reason });
      return uninspected === 'refuse' ? verdict : { kind: 'report', problem: 'reply-unverifiable', reason };
    };
    /** More than a reply can have by accident. */
    const onTooMuch = (fault: unknown): Refuse | Report => {
      if (!(fault instanceof TooMuch)) throw fault;
      const reason = 'too many findings';
      return unseen(reason) ?? { kind: 'report', problem: 'reply-withheld', reason };
    };
    return {
      glimpsesReply: true,
      unheldReply: uninspected,
      needsReply(_, reply) {
        if (!holds) return 0;
        if (reply === undefined) return largestReply;
        const kind = kindOf(reply.replyFields);
        return kind === 'json' || kind === 'text' ? largestReply : 0;
      },
      upstream({ upstreamFields }) {
        if (holds) askForWhole(upstreamFields);
        return undefined;
      },
      response({ fromUpstream, method, status, replyFields }) {
        // Errors are where most of it is, and there are few of them.
        if (!fromUpstream || (status < 400 && !isSampled.head())) return undefined;
        let verdict: Refuse | Report | undefined;
        try {
          verdict = judgeFields(rules, replyFields, exempt, !observing);
        } catch (fault) {
          return onTooMuch(fault);
        }
        if (observing) return verdict;
        if (verdict?.kind === 'refuse' || method === 'HEAD' || status === 204 || status === 304)
          return verdict;
        const kind = kindOf(replyFields);
        if (kind === 'stream') return unseen('a stream') ?? verdict;
        return kind === 'unreadable' ? (unseen('not in UTF-8') ?? verdict) : verdict;
      },
      reply(reply) {
        if (reply.status < 400 && !isSampled.content()) return undefined;
        const kind = kindOf(reply.replyFields);
        if (kind !== 'json' && kind !== 'text') return undefined;
        // Asked for only now: it may have to be unpacked.
        const { replyBody } = reply;
        if (isWide(replyBody)) return unseen('not in UTF-8');
        try {
          const inspection = inspectContent(rules, replyBody, kind === 'json');
          if (inspection === undefined) return undefined;
          const { refuses, reason, masked } = inspection;
          if (refuses) return refuse('reply-withheld', { reason });
          const report = { problem: 'reply-withheld', reason } as const;
          return masked === undefined
            ? { kind: 'report', ...report }
            : { kind: 'rewritten', body: masked, report };
        } catch (fault) {
          return onTooMuch(fault);
        }
      },
    };
  },
});

/**
 * @param changes whether what is masked may be changed
 * @throws TooMuch
 */
function judgeFields(
  rules: LeakRules,
  fields: Fields,
  exempt: ReadonlySet<string>,
  changes: boolean,
): Refuse | Report | undefined {
  const { flat } = fields;
  // All of them at once: most replies have nothing in any of them.
  let all = '';
  for (let i = 0; i < flat.length; i += 2) if (!isSkipped(flat, i, exempt)) all += `${flat[i + 1]!}\n`;
  if (all === '' || rules.scanner.scan(all) === undefined) return undefined;
  let reasons: string[] | undefined;
  let refuses = false;
  for (let i = 0; i < flat.length; i += 2) {
    if (isSkipped(flat, i, exempt)) continue;
    const inspection = inspectField(rules, flat[i]!, flat[i + 1]!);
    if (inspection === undefined) continue;
    reasons ??= [];
    if (reasons.length < 20) reasons.push(inspection.reason);
    refuses ||= inspection.refuses;
    if (changes && inspection.masked !== undefined) flat[i + 1] = inspection.masked.toString('latin1');
  }
  if (reasons === undefined) return undefined;
  const reason = reasons.join('; ');
  return refuses
    ? refuse('reply-withheld', { reason })
    : { kind: 'report', problem: 'reply-withheld', reason };
}

function isSkipped(flat: readonly string[], index: number, exempt: ReadonlySet<string>): boolean {
  // Shorter values hold nothing that a rule is about.
  return flat[index + 1]!.length < 5 || exempt.has(flat[index]!);
}
