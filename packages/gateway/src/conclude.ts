import type { Refuse, Report } from './exchange.ts';
import type { Gateway } from './gateway.ts';
import { Fields } from './http/fields.ts';
import type { Ending, LiveExchange } from './live-exchange.ts';
import { onFault } from './phase.ts';
import { catalogue } from './problems/catalogue.ts';
import { problemDocument } from './problems/document.ts';

/** Ends the exchange with a reply of the gateway itself. */
export function conclude(gateway: Gateway, exchange: LiveExchange, ending: Ending): void {
  if (exchange.ended) return;
  exchange.inHand?.cancel();
  const body =
    ending.kind === 'refuse'
      ? refusal(exchange, ending)
      : answer(exchange, ending.status, ending.fields, ending.body);
  // A reply of the gateway itself is what it is: a `response` policy adds its fields but replaces nothing.
  runResponse(gateway, exchange, 'ours');
  try {
    send(exchange, body);
  } catch (fault) {
    // A field that cannot be written, which a policy of the user may have added: without it nothing can be said.
    gateway.fault(exchange, 'reply', fault);
    exchange.aborted = true;
    exchange.inbound.abort();
  }
  gateway.finish(exchange);
}

/**
 * Runs the `response` policies over a reply whose status and fields are set.
 * @param whose verdicts on a reply of the gateway itself count for nothing
 */
export function runResponse(
  gateway: Gateway,
  exchange: LiveExchange,
  whose: 'theirs' | 'ours' = 'theirs',
): Refuse | undefined {
  for (const step of exchange.plan.steps.response) {
    let verdict: Refuse | Report | undefined;
    try {
      verdict = step.run(exchange);
    } catch (fault) {
      verdict = onFault(gateway, exchange, step, fault);
    }
    if (verdict === undefined || whose === 'ours') continue;
    if (step.mode === 'monitor' || verdict.kind === 'report') exchange.observe(step.policy, verdict);
    else {
      exchange.decidedBy = step.policy;
      return verdict;
    }
  }
  return undefined;
}

/** The fields that every reply carries, and those that policies asked for. */
export function completeFields(exchange: LiveExchange, fields: Fields): void {
  fields.set('x-request-id', exchange.id);
  const added = exchange.added;
  if (added === undefined) return;
  for (let i = 0; i < added.length; i += 2) fields.append(added[i]!, added[i + 1]!);
}

function refusal(exchange: LiveExchange, verdict: Refuse): Buffer {
  const entry = catalogue[verdict.problem];
  exchange.refusal = {
    policy: exchange.decidedBy,
    problem: verdict.problem,
    reason: verdict.reason ?? verdict.detail,
  };
  if (entry.close) exchange.inbound.closeAfter();
  const body = Buffer.from(problemDocument(verdict, exchange.id));
  answer(
    exchange,
    entry.status,
    ['content-type', 'application/problem+json', 'cache-control', 'no-store'],
    undefined,
  );
  const fields = exchange.replyFields;
  if (verdict.fields !== undefined) {
    for (let i = 0; i < verdict.fields.length; i += 2)
      fields.append(verdict.fields[i]!, verdict.fields[i + 1]!);
  }
  fields.set('content-length', String(body.length));
  return body;
}

function answer(
  exchange: LiveExchange,
  status: number,
  flat: readonly string[],
  text: string | undefined,
): Buffer | undefined {
  const fields = new Fields([...flat]);
  exchange.status = status;
  exchange.replyFields = fields;
  completeFields(exchange, fields);
  if (text === undefined) {
    // RFC 9110 section 8.6: not in a reply that has no content by definition.
    if (status !== 204 && status !== 304) fields.set('content-length', '0');
    return undefined;
  }
  const body = Buffer.from(text);
  fields.append('content-length', String(body.length));
  return body;
}

function send(exchange: LiveExchange, body: Buffer | undefined): void {
  const sent = exchange.method === 'HEAD' ? undefined : body;
  exchange.replyBytes = sent?.length ?? 0;
  exchange.inbound.respond(exchange.status, exchange.replyFields.flat, sent);
}
