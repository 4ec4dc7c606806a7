import type { UpstreamRequest } from '../../exchange.ts';
import type { Fields } from '../../http/fields.ts';
import { withoutParameter } from '../../http/query.ts';
import type { Authenticator } from './authenticator.ts';

/**
 * Takes out of a request what carries keys, good or bad. They are the gateway's own: a service that knew them could act
 * for the caller everywhere else.
 * @returns undefined where there is nothing to take out
 */
export function withhold(
  accepted: readonly Authenticator[],
): ((request: UpstreamRequest) => void) | undefined {
  const fields = accepted.flatMap((each) => each.ownFields ?? []);
  const parameters = accepted.flatMap((each) => each.ownParameter ?? []);
  if (fields.length + parameters.length === 0) return undefined;
  return (request) => {
    for (const field of fields) request.upstreamFields.remove(field);
    for (const name of parameters) {
      request.upstreamQuery = withoutParameter(request.upstreamQuery, name);
      withholdReferer(request.upstreamFields, name);
    }
  };
}

/** A page that came by a key has the key in its address, which browsers may tell with what the page asks for. */
function withholdReferer(fields: Fields, name: string): void {
  for (const referer of fields.getAll('referer')) {
    const question = referer.indexOf('?');
    if (question < 0) continue;
    const query = referer.slice(question + 1).replace(/#.*$/, '');
    if (withoutParameter(query, name) !== query) return fields.remove('referer');
  }
}
