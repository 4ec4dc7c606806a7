import type { Environment } from '../../environment.ts';
import type { Identified, Principal, Refuse } from '../../exchange.ts';
import { refuse } from '../../exchange.ts';
import type { MaybePromise } from '../../policy.ts';
import { definePolicy } from '../../policy.ts';
import { isPublic } from '../authorization/security.ts';
import { apiKeyAuthenticator } from './api-key/authenticator.ts';
import type { Authenticator, Rejected } from './authenticator.ts';
import { jwtAuthenticator } from './jwt/authenticator.ts';
import { schema } from './schema.ts';

export const authentication = definePolicy({
  name: 'authentication',
  summary: 'Who calls, by JWT or API key. Operations that the definition makes public need no credential.',
  phase: 'identity',
  schema,
  problems: ['credential-missing', 'credential-invalid', 'credential-ambiguous', 'credential-unverifiable'],
  onFault: 'refuse',
  prepare(config, environment) {
    if (config === 'none') return {};
    const accepted = config.anyOf.map((name) => openAuthenticator(name, environment));
    const challenges = accepted.flatMap((each) => ['www-authenticate', each.challenge(false)]);
    return {
      identity(request) {
        let chosen: Authenticator | undefined;
        let credential: string | undefined;
        for (const each of accepted) {
          const found = each.credential(request);
          if (found === undefined) continue;
          if (found === 'ambiguous' || credential !== undefined) return refuse('credential-ambiguous');
          chosen = each;
          credential = found;
        }
        if (chosen === undefined || credential === undefined) {
          if (request.operation !== undefined && isPublic(request.operation)) return undefined;
          return refuse('credential-missing', { fields: challenges });
        }
        return judge(chosen, chosen.verify(credential, request));
      },
    };
  },
});

function judge(by: Authenticator, outcome: MaybePromise<Principal | Rejected>): MaybePromise<Identified | Refuse> {
  if (outcome instanceof Promise) return outcome.then((each) => judge(by, each));
  if (!('reason' in outcome)) return { kind: 'identified', principal: outcome };
  const reason = `${by.name}: ${outcome.reason}`;
  if (outcome.unavailable === true) return refuse('credential-unverifiable', { reason, fields: ['retry-after', '5'] });
  return refuse('credential-invalid', { reason, fields: ['www-authenticate', by.challenge(true)] });
}

/** @throws Error when `authenticators:` has no such name */
function openAuthenticator(name: string, environment: Environment): Authenticator {
  const config = environment.authenticators[name];
  if (config === undefined) {
    const known = Object.keys(environment.authenticators).join(', ') || 'none';
    throw new Error(`authentication: there is no authenticator "${name}"; authenticators has: ${known}`);
  }
  if ('jwt' in config) return jwtAuthenticator(name, config.jwt, environment);
  return apiKeyAuthenticator(name, config.apiKey, environment);
}

