import type { Principal } from '../exchange.ts';

/**
 * A claim by its name, or by a path into objects. A claim may have dots in its name, as URLs do; only where there is none
 * such do dots lead inwards.
 * @returns undefined when there is none
 */
export function claimAt(claims: Principal['claims'], name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const step of name.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, step))
      return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}
