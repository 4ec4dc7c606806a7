import type { UpstreamRequest } from '../../exchange.ts';
import type { Fields } from '../../http/fields.ts';
import { withoutParameters } from '../../http/query.ts';
import { keyField } from '../authentication/challenges.ts';
import type { AuthenticatorConfig } from '../authentication/schema.ts';

/** Where tokens and keys come from. Names of fields are lower-case. */
interface Places {
  readonly fields: readonly string[];
  readonly cookies: readonly string[];
  readonly parameters: readonly string[];
}

/**
 * Takes the tokens and keys of callers out of what the upstream gets: wherever one of the authenticators reads them, of
 * whichever API, as none of them is for any service. `authentication` takes out the keys that the API itself accepts.
 */
export function compileRemoval(
  authenticators: Readonly<Record<string, AuthenticatorConfig>>,
): (request: UpstreamRequest) => void {
  const { fields, cookies, parameters } = placesOf(authenticators);
  return (request) => {
    for (let i = 0; i < fields.length; i++) request.upstreamFields.remove(fields[i]!);
    if (cookies.length > 0) removeCookies(request.upstreamFields, cookies);
    if (parameters.length > 0) request.upstreamQuery = withoutParameters(request.upstreamQuery, parameters);
  };
}

function placesOf(authenticators: Readonly<Record<string, AuthenticatorConfig>>): Places {
  const fields = new Set(['authorization', 'dpop']);
  const cookies = new Set<string>();
  const parameters = new Set<string>();
  for (const config of Object.values(authenticators)) {
    if ('apiKey' in config) {
      const { header, query } = config.apiKey;
      if (query === undefined) fields.add(keyField(header));
      else parameters.add(query);
      continue;
    }
    const rules = 'oauth2' in config ? config.oauth2 : 'jwt' in config ? config.jwt : undefined;
    const place = rules?.token;
    if (place === undefined) continue;
    if ('header' in place) fields.add(place.header.toLowerCase());
    else if ('cookie' in place) cookies.add(place.cookie);
    else parameters.add(place.query);
  }
  return { fields: [...fields], cookies: [...cookies], parameters: [...parameters] };
}

/** Names are read as http/cookies.ts reads them, so that what was accepted is what goes. */
function removeCookies(fields: Fields, names: readonly string[]): void {
  const value = fields.get('cookie');
  if (value === undefined || !names.some((name) => value.includes(name))) return;
  const kept = value.split(';').filter((piece) => {
    const end = piece.indexOf('=');
    return end === -1 || !names.includes(piece.slice(0, end).replace(/^[ \t]+|[ \t]+$/g, ''));
  });
  const text = kept.join(';').replace(/^[ \t]+/, '');
  if (text === '') fields.remove('cookie');
  else fields.set('cookie', text);
}
