import { type Head, type Refuse, refuse } from '../../exchange.ts';
import type { Operation } from '../../routing/apis.ts';
import { compileSecurity } from '../authorization/security.ts';
import { type Challenge, formatChallenge, type Rejected } from './authenticator.ts';
import { scopeParameter } from './challenges.ts';
import type { TokenScheme } from './credential.ts';
import type { Place } from './places.ts';
import type { StepUp } from './step-up.ts';

export interface RefusalSettings {
  readonly realm: string;
  readonly operations: readonly Operation[];
  /** Where the metadata of the protected resource is, for a request; undefined where there is none. */
  readonly metadata: ((request: Head) => string | undefined) | undefined;
}

/** Seconds. */
const retryAfter = '5';

/** What a caller without a good credential is told: which way would be one, and nothing else. */
export class Refusals {
  readonly #settings: RefusalSettings;
  /** The `scope` parameter for an operation, where its definition asks for scopes. */
  readonly #scopes: ReadonlyMap<Operation, string>;

  constructor(settings: RefusalSettings) {
    this.#settings = settings;
    this.#scopes = new Map(settings.operations.map((each) => [each, scopesOf(each)]));
  }

  /** No credential, or not all that are needed: RFC 6750 section 3.1 wants no error then. */
  missing(places: readonly Place[], request: Head): Refuse {
    const scope = request.operation === undefined ? '' : (this.#scopes.get(request.operation) ?? '');
    const fields: string[] = [];
    for (const { challenges } of places) {
      for (const each of challenges)
        if (each.offered) this.#add(fields, each, request, isForTokens(each) ? scope : '');
    }
    return refuse('credential-missing', { fields });
  }

  /** @param scheme the one that the credential came by */
  invalid(place: Place, scheme: TokenScheme, outcome: Rejected, request: Head): Refuse {
    const { reason, problem, error = 'invalid_token', fields: more = [] } = outcome;
    if (outcome.unavailable === true)
      return refuse('credential-unverifiable', { reason, fields: ['retry-after', retryAfter] });
    if (outcome.retryAfter !== undefined)
      return refuse('attempts-exceeded', { reason, fields: ['retry-after', String(outcome.retryAfter)] });
    const fields = this.#withError(place, scheme, `, error="${error}"`, request);
    fields.push(...more);
    switch (problem) {
      case 'credential-expired':
        return refuse('credential-expired', { reason, fields });
      case 'proof-invalid':
        return refuse('proof-invalid', { reason, fields });
      default:
        return refuse('credential-invalid', { reason, fields });
    }
  }

  /** RFC 9470 section 3. */
  insufficient(place: Place, scheme: TokenScheme, stepUp: StepUp, reason: string, request: Head): Refuse {
    const error = `, error="insufficient_user_authentication"${stepUp.parameters}`;
    const fields = this.#withError(place, scheme, error, request);
    return refuse('authentication-insufficient', { reason, fields });
  }

  /**
   * The error stands in the challenge of the scheme that was used; where that is not offered, it is named all the same.
   * Basic knows no errors (RFC 7617 section 2).
   */
  #withError({ challenges }: Place, scheme: TokenScheme, error: string, request: Head): string[] {
    const fields: string[] = [];
    const used = challenges.find((each) => each.scheme === scheme) ?? challenges[0];
    for (const each of challenges) {
      if (each === used) this.#add(fields, each, request, each.scheme === 'Basic' ? '' : error);
      else if (each.offered) this.#add(fields, each, request, '');
    }
    return fields;
  }

  #add(fields: string[], challenge: Challenge, request: Head, more: string): void {
    const { realm, metadata } = this.#settings;
    const location = isForTokens(challenge) ? metadata?.(request) : undefined;
    // RFC 9728 section 5.1.
    const where = location === undefined ? '' : `, resource_metadata="${location}"`;
    const text = formatChallenge(challenge, realm, more + where);
    // Certificates of the connection and those that a proxy hands on are asked for by one challenge.
    if (!fields.includes(text)) fields.push('www-authenticate', text);
  }
}

function isForTokens({ scheme }: Challenge): boolean {
  return scheme === 'Bearer' || scheme === 'DPoP';
}

/** Scopes of the first alternative that a token could meet. */
function scopesOf({ definition }: Operation): string {
  if (definition.security === undefined) return '';
  const alternatives = compileSecurity(definition.security, definition.shared.securitySchemes);
  const first = alternatives.find(({ kinds }) => kinds.length > 0 && kinds.every((kind) => kind === 'jwt'));
  return scopeParameter(first?.scopes ?? []);
}
