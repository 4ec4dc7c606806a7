import type { Environment } from '../../environment.ts';
import {
  type Head,
  type Identified,
  type Principal,
  type Refuse,
  refuse,
  type UpstreamRequest,
} from '../../exchange.ts';
import { definePolicy, type MaybePromise } from '../../policy.ts';
import { isPublic } from '../authorization/security.ts';
import { apiKeyAuthenticator } from './api-key/authenticator.ts';
import { type Authenticator, formatChallenge, type Rejected, several } from './authenticator.ts';
import { realmOf } from './challenges.ts';
import { jwtAuthenticator } from './jwt/authenticator.ts';
import { schema } from './schema.ts';

export const authentication = definePolicy({
  name: 'authentication',
  summary: 'Who calls, by JWT or API key. Operations that the definition makes public need no credential.',
  phase: ['identity', 'upstream'],
  schema,
  problems: ['credential-missing', 'credential-invalid', 'credential-ambiguous', 'credential-unverifiable'],
  onFault: 'refuse',
  prepare(config, environment) {
    if (config === 'none') return {};
    const names = [...new Set(config.anyOf)];
    const accepted = names.map((name) => openAuthenticator(name, environment));
    const places = groupByPlace(accepted, realmOf(environment));
    const keyFields = accepted.filter(({ kind }) => kind === 'api-key').map(({ place }) => place);
    const missing = places.flatMap(({ challenge }) => ['www-authenticate', challenge]);
    return {
      identity(request) {
        let chosen: Place | undefined;
        let credential: string | undefined;
        for (const place of places) {
          const found = place.authenticators[0].credential(request);
          if (found === undefined) continue;
          // Which of two would count is something that an attacker could choose (RFC 6750 section 2).
          if (found === several || credential !== undefined) return refuse('credential-ambiguous');
          chosen = place;
          credential = found;
        }
        if (chosen !== undefined && credential !== undefined) return judge(chosen, credential, request);
        if (request.operation !== undefined && isPublic(request.operation)) return undefined;
        return refuse('credential-missing', { fields: missing });
      },
      ...(keyFields.length === 0
        ? {}
        : {
            // Keys are the gateway's own: a service that knew them could act for the caller everywhere else.
            upstream({ upstreamFields }: UpstreamRequest) {
              for (const field of keyFields) upstreamFields.remove(field);
              return undefined;
            },
          }),
    };
  },
});

/** A field that carries credentials, and who judges them: two issuers of tokens share the field Authorization. */
interface Place {
  readonly authenticators: readonly [Authenticator, ...Authenticator[]];
  readonly challenge: string;
  /** Reply fields for a credential that nobody accepts. */
  readonly invalid: readonly string[];
}

function groupByPlace(accepted: readonly Authenticator[], realm: string): readonly Place[] {
  const groups = new Map<string, [Authenticator, ...Authenticator[]]>();
  for (const each of accepted) {
    const group = groups.get(each.place);
    if (group === undefined) groups.set(each.place, [each]);
    else group.push(each);
  }
  return [...groups.values()].map((authenticators) => {
    const [{ challenge }] = authenticators;
    return {
      authenticators,
      challenge: formatChallenge(challenge, realm),
      invalid: ['www-authenticate', formatChallenge(challenge, realm, ', error="invalid_token"')],
    };
  });
}

/** The first authenticator that vouches for the credential decides who calls. */
function judge(
  place: Place,
  credential: string,
  request: Head,
  from = 0,
  before: Rejected | undefined = undefined,
): MaybePromise<Identified | Refuse> {
  const by = place.authenticators[from];
  if (by === undefined) return refusal(place, before);
  const outcome = by.verify(credential, request);
  const next = (settled: Principal | Rejected): MaybePromise<Identified | Refuse> =>
    settled.kind === 'rejected'
      ? judge(place, credential, request, from + 1, together(before, by, settled))
      : { kind: 'identified', principal: settled };
  return outcome instanceof Promise ? outcome.then(next) : next(outcome);
}

/** Where one of them could not tell, nobody can say that the credential is invalid. */
function together(before: Rejected | undefined, by: Authenticator, outcome: Rejected): Rejected {
  const reason = `${by.name}: ${outcome.reason}`;
  return {
    kind: 'rejected',
    reason: before === undefined ? reason : `${before.reason}; ${reason}`,
    ...(before?.unavailable === true || outcome.unavailable === true ? { unavailable: true } : {}),
  };
}

function refusal({ invalid }: Place, outcome: Rejected | undefined): Refuse {
  const reason = outcome?.reason ?? '';
  if (outcome?.unavailable === true)
    return refuse('credential-unverifiable', { reason, fields: ['retry-after', '5'] });
  return refuse('credential-invalid', { reason, fields: invalid });
}

/** @throws Error when `authenticators:` has no such name */
function openAuthenticator(name: string, environment: Environment): Authenticator {
  const { authenticators } = environment;
  const config = Object.hasOwn(authenticators, name) ? authenticators[name] : undefined;
  if (config === undefined) {
    const known = Object.keys(authenticators).join(', ') || 'none';
    throw new Error(`authentication: there is no authenticator "${name}"; authenticators has: ${known}`);
  }
  // One key set and one cache for all APIs: else each would ask the issuer, and verify the same token, by itself.
  return environment.share(`authenticator ${name}`, () =>
    'jwt' in config
      ? jwtAuthenticator(name, config.jwt, environment)
      : apiKeyAuthenticator(name, config.apiKey, environment),
  );
}
