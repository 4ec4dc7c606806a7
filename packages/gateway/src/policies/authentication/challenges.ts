import type { Environment } from '../../environment.ts';
import { type Challenge, formatChallenge } from './authenticator.ts';
import type { ApiKeyConfig, AuthenticatorConfig } from './schema.ts';

export const bearerChallenge: Challenge = { scheme: 'Bearer', parameters: '', offered: true };

/** RFC 9449 section 7.1. */
export function dpopChallenge(algorithms: readonly string[], offered: boolean): Challenge {
  return { scheme: 'DPoP', parameters: `, algs="${algorithms.join(' ')}"`, offered };
}

/** No registered scheme: it tells people, and tools of ours, which field or parameter to send. */
export function apiKeyChallenge({ header, query }: ApiKeyConfig): Challenge {
  const where = query === undefined ? `header="${keyField(header)}"` : `query="${query}"`;
  return { scheme: 'ApiKey', parameters: `, ${where}`, offered: true };
}

/** RFC 7617 section 2.1. */
export const basicChallenge: Challenge = { scheme: 'Basic', parameters: ', charset="UTF-8"', offered: true };

/**
 * No registered scheme either, as TLS asks for certificates by itself; but a 401 needs a challenge (RFC 9110 section
 * 15.5.2), and without one nobody would be told what is lacking.
 */
export const certificateChallenge: Challenge = { scheme: 'Certificate', parameters: '', offered: true };

/** RFC 9110 section 11.5: one protection space for each API. */
export function realmOf({ api }: Environment): string {
  return api?.name ?? 'api';
}

/** The field that carries an API key, lower-case. */
export function keyField(header: string | undefined): string {
  return (header ?? 'x-api-key').toLowerCase();
}

/** How somebody may become known at all: reply fields, name and value by turns. */
export function allChallenges(environment: Environment): readonly string[] {
  const challenges = Object.values(environment.authenticators).map(challengeOf);
  const texts = (challenges.length === 0 ? [bearerChallenge] : challenges).map((each) =>
    formatChallenge(each, realmOf(environment)),
  );
  return [...new Set(texts)].flatMap((text) => ['www-authenticate', text]);
}

function challengeOf(config: AuthenticatorConfig): Challenge {
  if ('basic' in config) return basicChallenge;
  if ('certificate' in config) return certificateChallenge;
  return 'apiKey' in config ? apiKeyChallenge(config.apiKey) : bearerChallenge;
}

/** RFC 6749 section 3.3. Other characters could end the quotes that a scope stands in. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** RFC 6750 section 3: the `scope` parameter of a challenge, `, ` in front; empty when there is none to name. */
export function scopeParameter(scopes: readonly string[]): string {
  const named = scopes.length > 0 && scopes.every((scope) => scopeToken.test(scope));
  return named ? `, scope="${scopes.join(' ')}"` : '';
}
