import type { Environment } from '../../environment.ts';
import { type Challenge, formatChallenge } from './authenticator.ts';
import type { AuthenticatorConfig } from './schema.ts';

export const bearerChallenge: Challenge = { scheme: 'Bearer', parameters: '' };

/** No registered scheme: it tells people, and tools of ours, which field to send. */
export function apiKeyChallenge(field: string): Challenge {
  return { scheme: 'ApiKey', parameters: `, header="${field}"` };
}

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
  return 'jwt' in config ? bearerChallenge : apiKeyChallenge(keyField(config.apiKey.header));
}
