import type { UpstreamRequest } from '../../../exchange.ts';
import type { Fields } from '../../../http/fields.ts';
import { withoutParameters } from '../../../http/query.ts';

/** Takes a parameter with a key, good or bad, out of what goes to the upstream. */
export function withholdParameter(name: string): (request: UpstreamRequest) => void {
  const names = [name];
  return (request) => {
    request.upstreamQuery = withoutParameters(request.upstreamQuery, names);
    withholdReferer(request.upstreamFields, names);
  };
}

/** A page that came by a key has the key in its address, which browsers may tell with what the page asks for. */
function withholdReferer(fields: Fields, names: readonly string[]): void {
  for (const referer of fields.getAll('referer')) {
    const question = referer.indexOf('?');
    if (question < 0) continue;
    const query = referer.slice(question + 1).replace(/#.*$/, '');
    if (withoutParameters(query, names) !== query) return fields.remove('referer');
  }
}
