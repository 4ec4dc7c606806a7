import { namedPlaces } from './combination.ts';
import type { AuthenticatorConfig } from './schema.ts';

type Authenticators = Readonly<Record<string, AuthenticatorConfig>>;

/** The parameters of a query in which any authenticator looks for its credential. */
export function queryParameters(authenticators: Authenticators): readonly string[] {
  return [...new Set(Object.values(authenticators).flatMap(parameterOf))];
}

/** The same of those that a configuration of `authentication` accepts. */
export function acceptedParameters(config: unknown, authenticators: Authenticators): readonly string[] {
  return [...new Set(accepted(config, authenticators).flatMap(parameterOf))].sort();
}

/** Those among them that carry API keys, which no service gets to see. */
export function withheldParameters(config: unknown, authenticators: Authenticators): readonly string[] {
  return accepted(config, authenticators).flatMap((each) => ('apiKey' in each ? parameterOf(each) : []));
}

/** Whether a configuration of `authentication` accepts API keys, of which each may have limits. */
export function acceptsKeys(config: unknown, authenticators: Authenticators): boolean {
  return accepted(config, authenticators).some((each) => 'apiKey' in each);
}

function accepted(config: unknown, authenticators: Authenticators): AuthenticatorConfig[] {
  return namedPlaces(config).flatMap(({ name }) =>
    Object.hasOwn(authenticators, name) ? authenticators[name]! : [],
  );
}

function parameterOf(config: AuthenticatorConfig): string[] {
  const place = 'apiKey' in config ? config.apiKey : placeOfToken(config);
  return place !== undefined && 'query' in place && place.query !== undefined ? [place.query] : [];
}

function placeOfToken(config: AuthenticatorConfig) {
  if ('oauth2' in config) return config.oauth2.token;
  return 'jwt' in config ? config.jwt.token : undefined;
}
