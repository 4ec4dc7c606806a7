import type { Decision } from '../../counters/gcra.ts';
import type { SharedCounters } from '../../counters/shared-counters.ts';
import { type Head, type Known, type Refuse, refuse } from '../../exchange.ts';
import { definePolicy } from '../../policy.ts';
import { limitFields, type TellLimit } from './limit-fields.ts';
import { type CompiledLimit, compileLimits, type Keyed } from './limits.ts';
import { ownLimits } from './own-limits.ts';
import { schema } from './schema.ts';

/**
 * Limits whose keys are known from the head run there, before any signature is verified: a flood must be cheap.
 * The others run once it is known who calls, with those that the caller brings along.
 */
export const rateLimit = definePolicy({
  name: 'rate-limit',
  summary: 'How many requests a caller may make in a time, by address, principal, key, client or route.',
  phase: ['head', 'rate'],
  schema,
  problems: ['quota-exceeded'],
  onFault: 'refuse',
  byDefault: ({ acceptsKeys }) => (acceptsKeys ? [] : undefined),
  prepare(config, environment) {
    const { limits, mode, fields } = Array.isArray(config) ? { limits: config } : config;
    const compiled = compileLimits(limits, environment);
    // Callers that slow down for what the fields say would make a limit in `monitor` more than a look.
    const tell = mode === 'monitor' ? undefined : limitFields(fields);
    const early = compiled.filter((limit) => !limit.needsPrincipal);
    const late = compiled.filter((limit) => limit.needsPrincipal);
    const mayBringLimits = Object.values(environment.authenticators).some((each) => 'apiKey' in each);
    const take = taker(environment.counters, tell);
    return {
      ...(early.length === 0 ? {} : { head: (request: Head) => take(request, early) }),
      ...(late.length === 0 && !mayBringLimits
        ? {}
        : {
            rate(request: Head & Known) {
              const own = ownLimits(request.principal);
              if (own !== undefined) return take(request, [...late, ...own]);
              return late.length === 0 ? undefined : take(request, late);
            },
          }),
    };
  },
});

type Take = (request: Keyed, limits: readonly CompiledLimit[]) => Refuse | undefined;

/** Takes from all the limits or from none: what one gave is given back when a later one refuses. */
function taker(counters: SharedCounters, tell: TellLimit | undefined): Take {
  // Scratch of every request; nothing here is asynchronous.
  const keys: (string | undefined)[] = [];
  const decisions: (Decision | undefined)[] = [];

  function take(request: Keyed, limits: readonly CompiledLimit[]): Refuse | undefined {
    const now = counters.now();
    let refused = -1;
    for (let i = 0; i < limits.length && refused < 0; i++) {
      const limit = limits[i]!;
      const key = limit.keyOf(request);
      keys[i] = key;
      decisions[i] = key === undefined ? undefined : counters.take(limit.prepared, key, 1, now);
      if (decisions[i]?.allowed === false) refused = i;
    }
    if (refused >= 0) giveBack(limits, refused, now);
    if (tell !== undefined) {
      const told = refused < 0 ? limits.length : refused + 1;
      for (let i = 0; i < told; i++) {
        const decision = decisions[i];
        if (decision !== undefined) tell(request, limits[i]!, decision);
      }
    }
    return refused < 0 ? undefined : exceeded(limits[refused]!, decisions[refused]!);
  }

  /** Afterwards the decisions say what is left without this request. */
  function giveBack(limits: readonly CompiledLimit[], refused: number, takenAt: number): void {
    for (let i = 0; i < refused; i++) {
      const key = keys[i];
      if (key === undefined) continue;
      const { prepared } = limits[i]!;
      counters.refund(prepared, key, 1, takenAt);
      decisions[i] = counters.take(prepared, key, 0);
    }
  }

  return take;
}

function exceeded(limit: CompiledLimit, decision: Decision): Refuse {
  return refuse('quota-exceeded', {
    detail: `The limit "${limit.name}" of ${limit.prepared.quota} requests in ${limit.prepared.windowSeconds} s is used up.`,
    reason: `limit ${limit.name}`,
    fields: ['retry-after', String(decision.retryAfterSeconds)],
    members: { 'violated-policies': [limit.name] },
  });
}
