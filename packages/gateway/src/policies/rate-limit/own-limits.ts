import { prepareLimit } from '../../counters/shared-counters.ts';
import type { OwnLimit, Principal } from '../../exchange.ts';
import type { CompiledLimit } from './limits.ts';

/** The limits of a caller are remembered with its credential, and so is what is made of them. */
const compiled = new WeakMap<readonly OwnLimit[], readonly CompiledLimit[]>();

/** The limits that a caller brings along, with those of whoever else vouches for the request; undefined for none. */
export function ownLimits(principal: Principal | undefined): readonly CompiledLimit[] | undefined {
  if (principal === undefined) return undefined;
  const { limits, also } = principal;
  const own = limits === undefined ? undefined : compiledOf(limits);
  if (also === undefined) return own;
  const all = [...(own ?? []), ...also.flatMap((each) => ownLimits(each) ?? [])];
  return all.length === 0 ? undefined : all;
}

function compiledOf(limits: readonly OwnLimit[]): readonly CompiledLimit[] {
  let known = compiled.get(limits);
  if (known === undefined) {
    known = limits.map(compile);
    compiled.set(limits, known);
  }
  return known;
}

function compile({ name, quota, window, counter }: OwnLimit): CompiledLimit {
  const windowSeconds = window / 1000;
  return {
    name,
    // No API in it: what a key may is counted on all of them together. Limits of a configuration have five parts.
    prepared: prepareLimit({ id: JSON.stringify(['own', quota, window]), quota, windowSeconds }),
    policyMember: `"${name}";q=${quota};w=${Math.ceil(windowSeconds)}`,
    needsPrincipal: true,
    keyOf: () => counter,
  };
}
