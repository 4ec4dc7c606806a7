import { type Observation, type Refuse, refuse } from '../exchange.ts';
import type { Gateway } from '../gateway.ts';
import { codingOf, decodeSync, isContentCoding } from '../http/content-coding.ts';
import { removeChecksums } from '../http/content-fields.ts';
import type { LiveExchange } from '../live-exchange.ts';
import { onFault } from '../phase.ts';
import type { ReplyHold } from '../plan.ts';

/**
 * A reply whose content is taken in whole before anything of it is passed on, because a policy of the phase `reply` has
 * to see it. What cannot be held is refused: a rule about content would otherwise be stepped around with a reply that is
 * large, compressed, or asked for in parts.
 */
export class HeldReply {
  readonly #hold: ReplyHold;
  #bytes = 0;

  private constructor(hold: ReplyHold) {
    this.#hold = hold;
  }

  /**
   * To be asked when the head of the reply is there.
   * @returns undefined when the reply may flow; a refusal when it must not, but cannot be held either
   */
  static of(exchange: LiveExchange): HeldReply | Refuse | undefined {
    const hold = exchange.plan.holdsReply(exchange.operation, exchange);
    if (hold === undefined || !hasContent(exchange)) return undefined;
    // What a watching policy found fault with already need not wait for its content: a stream of events would for ever.
    if (!hold.enforced && exchange.observations.some((each) => isUnverifiable(each, hold))) return undefined;
    const unfit = whyUnfit(exchange, hold.most);
    return unfit === undefined ? new HeldReply(hold) : unheld(exchange, hold, unfit);
  }

  /** @returns `release` when the reply is too large and is only watched: it flows from here on */
  take(exchange: LiveExchange, bytes: number): 'release' | Refuse | undefined {
    this.#bytes += bytes;
    if (this.#bytes <= this.#hold.most) return undefined;
    return unheld(exchange, this.#hold, tooLarge) ?? 'release';
  }
}

/** Something that was found in a field is no reason to leave the content alone. */
function isUnverifiable({ policy, problem }: Observation, hold: ReplyHold): boolean {
  return policy === hold.policy && problem === 'reply-unverifiable';
}

const tooLarge = 'too large';

function unheld(exchange: LiveExchange, hold: ReplyHold, reason: string): Refuse | undefined {
  const refusal = refuse('reply-unverifiable', { reason });
  if (!hold.enforced) {
    exchange.observe(hold.policy, refusal);
    return undefined;
  }
  exchange.decidedBy = hold.policy;
  return refusal;
}

/** RFC 9110 sections 6.4.1 and 15.3.5: what these replies say of content is about another one. */
function hasContent({ method, status }: LiveExchange): boolean {
  return method !== 'HEAD' && status !== 204 && status !== 304;
}

function whyUnfit(exchange: LiveExchange, most: number): string | undefined {
  const { replyFields } = exchange;
  if (codingOf(replyFields.getAll('content-encoding')) !== undefined) return 'encoded';
  if (isPart(exchange)) return 'partial';
  return Number(replyFields.get('content-length') ?? 0) > most ? tooLarge : undefined;
}

/** A part can be cut so that no rule fits it: the value of a field without its name. */
function isPart({ status, replyFields }: LiveExchange): boolean {
  return status === 206 || replyFields.has('content-range');
}

/** Whether policies look at this reply although it was not held for them; it is whole, and nothing of it is on its way. */
export function isGlimpsed(exchange: LiveExchange): boolean {
  return (
    exchange.plan.glimpsesReply &&
    hasContent(exchange) &&
    whyUnfit(exchange, Number.POSITIVE_INFINITY) === undefined
  );
}

/** What comes out of a compressed reply that is watched, at most. */
const mostWatched = 262_144;

/** A compressed reply does not come apart, or into too much. */
class NotSeen extends Error {
  override name = 'NotSeen';
}

/**
 * Lets the policies that only watch look into a whole reply that is compressed and on its way as it came. It is undone when
 * the first of them asks for it, as most look at a sample.
 */
export function watchCompressed(gateway: Gateway, exchange: LiveExchange, content: Buffer): void {
  if (!exchange.plan.glimpsesReply || !hasContent(exchange) || isPart(exchange)) return;
  const coding = codingOf(exchange.replyFields.getAll('content-encoding'));
  if (!isContentCoding(coding)) return;
  exchange.replyBody = () => {
    const undone = decodeSync(content, coding, mostWatched);
    if (typeof undone === 'string') throw new NotSeen(undone);
    return undone;
  };
  for (const step of exchange.plan.steps.reply) {
    if (!step.glimpses || step.mode !== 'monitor') continue;
    let verdict: ReturnType<typeof step.run>;
    try {
      verdict = step.run(exchange);
    } catch (fault) {
      if (fault instanceof NotSeen) return;
      verdict = onFault(gateway, exchange, step, fault);
    }
    if (verdict === undefined || verdict instanceof Promise) continue;
    const found = verdict.kind === 'rewritten' ? verdict.report : verdict;
    if (found !== undefined) exchange.observe(step.policy, found);
  }
}

/** Nothing can look into a conversation of which nobody knows the language. */
export function refuseUpgrade(exchange: LiveExchange): Refuse | undefined {
  const hold = exchange.plan.holdsReply(exchange.operation, undefined);
  return hold === undefined ? undefined : unheld(exchange, hold, 'upgrade');
}

/**
 * Runs the policies of the phase `reply` over content that is complete, and leaves in `replyBody` what goes on.
 * @param which all of them where the reply was held; else those that look at what is whole anyway
 */
export function runReply(
  gateway: Gateway,
  exchange: LiveExchange,
  content: Buffer | undefined,
  which: 'all' | 'glimpsing',
): Refuse | undefined {
  exchange.replyBody = content ?? nothing;
  for (const step of exchange.plan.steps.reply) {
    if (which === 'glimpsing' && !step.glimpses) continue;
    let verdict: ReturnType<typeof step.run>;
    try {
      verdict = step.run(exchange);
      if (verdict instanceof Promise) throw new Error('a verdict on a reply cannot be waited for');
    } catch (fault) {
      verdict = onFault(gateway, exchange, step, fault);
    }
    if (verdict === undefined) continue;
    const found = verdict.kind === 'rewritten' ? verdict.report : verdict;
    if (found !== undefined && (step.mode === 'monitor' || verdict.kind !== 'refuse'))
      exchange.observe(step.policy, found);
    if (step.mode === 'monitor') continue;
    if (verdict.kind === 'refuse') {
      exchange.decidedBy = step.policy;
      return verdict;
    }
    if (verdict.kind === 'rewritten') rewrite(exchange, verdict.body);
  }
  const { replyBody, replyFields } = exchange;
  replyFields.set('content-length', String(replyBody.length));
  exchange.replyBytes = replyBody.length;
  return undefined;
}

const nothing = Buffer.alloc(0);

/** What was said of the content before is not true of it any more. */
function rewrite(exchange: LiveExchange, body: Buffer): void {
  exchange.replyBody = body;
  removeChecksums(exchange.replyFields);
  exchange.replyFields.remove('accept-ranges');
}
