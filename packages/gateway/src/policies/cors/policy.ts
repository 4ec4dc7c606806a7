import { refuse } from '../../exchange.ts';
import { definePolicy } from '../../policy.ts';
import { matchOrigins } from './origins.ts';
import { schema } from './schema.ts';

const readable = ['x-request-id', 'ratelimit', 'ratelimit-policy', 'retry-after'];

/** The CORS protocol of the Fetch standard (section 3.2). */
export const cors = definePolicy({
  name: 'cors',
  summary: 'Which web pages may call, by their origin; answers the preflight requests of browsers.',
  phase: 'head',
  schema,
  problems: ['origin-refused'],
  onFault: 'refuse',
  prepare(config, environment) {
    const allows = matchOrigins(config.origins);
    const anybody = config.origins.includes('*');
    const credentials = config.credentials === true;
    const requestHeaders = (config.requestHeaders ?? ['authorization', 'content-type', 'x-api-key']).join(', ').toLowerCase();
    const exposed = (config.exposedHeaders ?? readable).join(', ').toLowerCase();
    const maxAge = String(Math.floor((config.maxAge ?? 600_000) / 1000));
    const refuseOthers = config.refuseOthers !== false;
    return {
      head(request) {
        const origin = request.fields.get('origin');
        // Replies differ by origin, so that a shared cache must keep them apart.
        if (!anybody) request.addReplyField('vary', 'Origin');
        if (origin === undefined) return undefined;
        const preflight = request.method === 'OPTIONS' && request.fields.has('access-control-request-method');
        const ownPage = origin === `${request.scheme}://${request.authority}`;
        if (!anybody && !allows(origin)) {
          if (ownPage && !preflight) return undefined;
          return refuseOthers || preflight ? refuse('origin-refused', { reason: origin.slice(0, 256) }) : undefined;
        }
        const allowed = ['access-control-allow-origin', anybody ? '*' : origin];
        if (credentials) allowed.push('access-control-allow-credentials', 'true');
        if (!preflight) {
          for (let i = 0; i < allowed.length; i += 2) request.addReplyField(allowed[i]!, allowed[i + 1]!);
          if (exposed !== '') request.addReplyField('access-control-expose-headers', exposed);
          return undefined;
        }
        const defined = environment.api?.allowedMethods(request.path) ?? [];
        const methods = config.methods ?? (defined.length > 0 ? defined : ['GET', 'HEAD', 'POST']);
        const fields = [...allowed, 'access-control-allow-methods', methods.join(', '), 'access-control-max-age', maxAge];
        if (requestHeaders !== '') fields.push('access-control-allow-headers', requestHeaders);
        return { kind: 'answer', status: 204, fields };
      },
    };
  },
});
