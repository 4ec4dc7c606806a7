import { type Refuse, refuse } from './exchange.ts';
import type { Gateway } from './gateway.ts';
import type { Ending, LiveExchange } from './live-exchange.ts';
import type { Step } from './plan.ts';
import type { MaybePromise, Phase, Verdict } from './policy.ts';

type Waiting = Exclude<Phase, 'response' | 'reply' | 'record'>;

/** Runs the policies of one phase in their order until one ends the exchange. */
export function phase<P extends Waiting>(
  name: P,
): (gateway: Gateway, exchange: LiveExchange) => MaybePromise<Ending | undefined> {
  return (gateway, exchange) =>
    runFrom(gateway, exchange, exchange.plan.steps[name] as readonly Step<Waiting>[], 0);
}

function runFrom(
  gateway: Gateway,
  exchange: LiveExchange,
  steps: readonly Step<Waiting>[],
  from: number,
): MaybePromise<Ending | undefined> {
  for (let i = from; i < steps.length; i++) {
    const step = steps[i]!;
    let verdict: MaybePromise<Verdict<Waiting>>;
    try {
      verdict = step.run(exchange);
    } catch (fault) {
      verdict = onFault(gateway, exchange, step, fault);
    }
    if (verdict === undefined) continue;
    if (verdict instanceof Promise) return waitFor(gateway, exchange, steps, i, verdict);
    const ending = apply(exchange, step, verdict);
    if (ending !== undefined) return ending;
    if (isJudgedAnew(step, verdict)) return runFrom(gateway, exchange, steps.toSpliced(i, 1), 0);
  }
  return undefined;
}

async function waitFor(
  gateway: Gateway,
  exchange: LiveExchange,
  steps: readonly Step<Waiting>[],
  index: number,
  pending: Promise<Verdict<Waiting>>,
): Promise<Ending | undefined> {
  const step = steps[index]!;
  let verdict: Verdict<Waiting>;
  try {
    verdict = await pending;
  } catch (fault) {
    verdict = onFault(gateway, exchange, step, fault);
  }
  const ending = verdict === undefined ? undefined : apply(exchange, step, verdict);
  if (ending !== undefined) return ending;
  if (isJudgedAnew(step, verdict)) return runFrom(gateway, exchange, steps.toSpliced(index, 1), 0);
  return runFrom(gateway, exchange, steps, index + 1);
}

/** Then all other steps run from the first: without the one that asked for it, so that there is an end to it. */
function isJudgedAnew(step: Step<Waiting>, verdict: Verdict<Waiting>): boolean {
  return verdict?.kind === 'rewritten' && verdict.judgedAnew === true && step.mode === 'enforce';
}

/** A policy in `monitor` changes nothing but the record, whatever kind of verdict it gives. */
function apply(
  exchange: LiveExchange,
  step: Step<Waiting>,
  verdict: Exclude<Verdict<Waiting>, undefined>,
): Ending | undefined {
  if (verdict.kind === 'report' || (step.mode === 'monitor' && verdict.kind === 'refuse')) {
    exchange.observe(step.policy, verdict);
    return undefined;
  }
  if (verdict.kind === 'rewritten' && verdict.report !== undefined)
    exchange.observe(step.policy, verdict.report);
  if (step.mode === 'monitor') return undefined;
  if (verdict.kind === 'identified' || verdict.kind === 'located' || verdict.kind === 'rewritten') {
    exchange.accept(verdict);
    return undefined;
  }
  exchange.decidedBy = step.policy;
  return verdict;
}

type FaultyStep = Pick<Step<Phase>, 'policy' | 'onFault'>;

/** Invariant 2: a fault in a policy has the outcome that the policy declares. */
export function onFault(
  gateway: Gateway,
  exchange: LiveExchange,
  step: FaultyStep,
  fault: unknown,
): Refuse | undefined {
  gateway.fault(exchange, step.policy, fault);
  const verdict = refuse('policy-fault', { reason: step.policy });
  if (step.onFault === 'refuse') return verdict;
  exchange.observe(step.policy, verdict);
  return undefined;
}
