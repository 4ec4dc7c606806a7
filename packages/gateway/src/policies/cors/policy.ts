import { type Answer, type Head, type Refuse, refuse } from '../../exchange.ts';
import type { Fields } from '../../http/fields.ts';
import { definePolicy } from '../../policy.ts';
import { matchOrigins } from './origins.ts';
import { type CorsConfig, schema } from './schema.ts';

const readable = [
  'x-request-id',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  // How to become known, and the nonce of the next proof (RFC 9449 section 8.2).
  'www-authenticate',
  'dpop-nonce',
];

const sendable = ['authorization', 'dpop', 'content-type', 'x-api-key'];

/** The CORS protocol of the Fetch standard (section 3.2), from the list in the configuration alone. */
export const cors = definePolicy({
  name: 'cors',
  summary: 'Which web pages may call, by their origin; answers the preflight requests of browsers.',
  phase: ['head', 'response'],
  schema,
  problems: ['origin-refused'],
  onFault: 'refuse',
  prepare(config, environment) {
    const allows = matchOrigins(config.origins);
    const anybody = config.origins.includes('*');
    const refuseOthers = config.refuseOthers !== false;
    const granted = grants(config);
    const preflightFields = preflightGrants(config);
    const exposed = (config.exposedHeaders ?? readable).join(', ').toLowerCase();

    function head(request: Head): Refuse | Answer | undefined {
      const origin = request.fields.get('origin');
      if (origin === undefined) return undefined;
      const preflight = isPreflight(request);
      if (!anybody && !allows(origin)) {
        const passes = preflight ? false : !refuseOthers || isOwnPage(request, origin);
        return passes ? undefined : refuse('origin-refused', { reason: origin.slice(0, 256) });
      }
      if (!preflight) return undefined;
      const defined = environment.api?.allowedMethods(request.path) ?? [];
      const methods = config.methods ?? (defined.length > 0 ? defined : ['GET', 'HEAD', 'POST']);
      const fields = [
        ...granted(origin),
        'access-control-allow-methods',
        methods.join(', '),
        ...preflightFields,
      ];
      return { kind: 'answer', status: 204, fields };
    }

    // In `monitor` nothing is granted or taken away: what the upstream says of CORS stays in force.
    if (config.mode === 'monitor') return { head };
    return {
      head,
      response(request) {
        const { fields, replyFields } = request;
        // Replies differ by origin, so that a shared cache must keep them apart.
        if (!anybody) replyFields.append('vary', 'Origin');
        const origin = fields.get('origin');
        if (origin !== undefined && isPreflight(request)) return undefined;
        // Two grants make browsers refuse both, and one of the upstream alone would overrule the list.
        removeGrants(replyFields);
        if (origin === undefined || !(anybody || allows(origin))) return undefined;
        replyFields.flat.push(...granted(origin));
        if (exposed !== '') replyFields.append('access-control-expose-headers', exposed);
        return undefined;
      },
    };
  },
});

/** Fetch standard section 3.2.2: a preflight always names the method that is to follow. */
function isPreflight({ method, fields }: Head): boolean {
  return method === 'OPTIONS' && fields.has('access-control-request-method');
}

/** Browsers name the origin of a POST to the page's own server too. */
function isOwnPage({ scheme, authority }: Head, origin: string): boolean {
  return origin === `${scheme}://${authority}`;
}

function grants({ origins, credentials }: CorsConfig): (origin: string) => readonly string[] {
  const name = 'access-control-allow-origin';
  if (origins.includes('*')) {
    const everybody = [name, '*'];
    return () => everybody;
  }
  const more = credentials === true ? ['access-control-allow-credentials', 'true'] : [];
  return (origin) => [name, origin, ...more];
}

function preflightGrants({ requestHeaders, maxAge }: CorsConfig): readonly string[] {
  const names = (requestHeaders ?? sendable).join(', ').toLowerCase();
  return [
    'access-control-max-age',
    String(Math.floor((maxAge ?? 600_000) / 1000)),
    ...(names === '' ? [] : ['access-control-allow-headers', names]),
  ];
}

function removeGrants({ flat }: Fields): void {
  for (let i = flat.length - 2; i >= 0; i -= 2) if (flat[i]!.startsWith('access-control-')) flat.splice(i, 2);
}
