import type { Principal } from '../../exchange.ts';
import { isTime } from './jwt/claims.ts';
import type { AuthenticationRules } from './schema.ts';

/** How strong and how recent the authentication behind a token has to be (RFC 9470). */
export interface StepUp {
  /** For the challenge, `, ` in front of each. */
  readonly parameters: string;
  /**
   * @param now milliseconds since the epoch
   * @returns why it is not enough; undefined when it is
   */
  readonly fault: (principal: Principal, now: number) => string | undefined;
}

/** A clock that is ahead of ours must not make a fresh authentication look like one of the future. Seconds. */
const tolerance = 30;

export function compileStepUp(config: AuthenticationRules['stepUp']): StepUp | undefined {
  if (config === undefined) return undefined;
  const { acrValues } = config;
  const maxAge = config.maxAge === undefined ? undefined : Math.floor(config.maxAge / 1000);
  const accepted = acrValues === undefined ? undefined : new Set(acrValues);
  const parameters = [
    ...(acrValues === undefined ? [] : [`, acr_values="${acrValues.join(' ')}"`]),
    ...(maxAge === undefined ? [] : [`, max_age="${maxAge}"`]),
  ].join('');
  return {
    parameters,
    fault({ claims }, now) {
      const { acr, auth_time: time } = claims;
      if (accepted !== undefined && !(typeof acr === 'string' && accepted.has(acr)))
        return 'acr-insufficient';
      if (maxAge === undefined) return undefined;
      // Without the claim nobody can say how long ago it was.
      if (!isTime(time) || time > now / 1000 + tolerance) return 'auth-time-missing';
      return now / 1000 - time > maxAge ? 'auth-time-old' : undefined;
    },
  };
}
