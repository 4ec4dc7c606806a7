import type { Head, Known, Refuse } from '../../exchange.ts';
import { refuse } from '../../exchange.ts';
import { definePolicy } from '../../policy.ts';
import { compileLimits, type CompiledLimit, type Keyed } from './limits.ts';
import { limitFields } from './limit-fields.ts';
import { schema } from './schema.ts';
import type { SharedCounters } from '../../counters/shared-counters.ts';

/**
 * Limits whose keys are known from the head run there, before any signature is verified: a flood must be cheap.
 * The others run once it is known who calls.
 */
export const rateLimit = definePolicy({
  name: 'rate-limit',
  summary: 'How many requests a caller may make in a time, by address, principal, key, client or route.',
  phase: ['head', 'rate'],
  schema,
  problems: ['quota-exceeded'],
  onFault: 'refuse',
  prepare(config, environment) {
    const limits = Array.isArray(config) ? config : config.limits;
    const compiled = compileLimits(limits, environment);
    const { counters } = environment;
    const fields = limitFields(Array.isArray(config) ? undefined : config.fields);
    const early = compiled.filter((limit) => !limit.needsPrincipal);
    const late = compiled.filter((limit) => limit.needsPrincipal);
    return {
      ...(early.length === 0 ? {} : { head: (request: Head) => take(counters, early, request, fields) }),
      ...(late.length === 0 ? {} : { rate: (request: Head & Known) => take(counters, late, request, fields) }),
    };
  },
});

/** Takes from all limits or from none: what an earlier limit gave is given back when a later one refuses. */
function take(
  counters: SharedCounters,
  limits: readonly CompiledLimit[],
  request: Keyed,
  fields: ReturnType<typeof limitFields>,
): Refuse | undefined {
  const now = counters.now();
  for (let i = 0; i < limits.length; i++) {
    const limit = limits[i]!;
    const key = limit.keyOf(request);
    if (key === undefined) continue;
    const decision = counters.take(limit.prepared, key, 1, now);
    fields.add(request, limit, decision);
    if (decision.allowed) continue;
    for (let back = 0; back < i; back++) {
      const taken = limits[back]!;
      const takenKey = taken.keyOf(request);
      if (takenKey !== undefined) counters.refund(taken.prepared, takenKey, 1, now);
    }
    const retryAfter = String(decision.retryAfterSeconds);
    return refuse('quota-exceeded', {
      detail: `The limit "${limit.name}" of ${limit.prepared.quota} requests in ${limit.prepared.windowSeconds} s is used up.`,
      reason: `limit ${limit.name}`,
      fields: ['retry-after', retryAfter],
      members: { 'violated-policies': [limit.name] },
    });
  }
  return undefined;
}
