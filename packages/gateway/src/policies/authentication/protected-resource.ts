import { type Answer, type Head, type Refuse, refuse } from '../../exchange.ts';
import type { Api } from '../../routing/apis.ts';
import type { IssuerFacts } from './authenticator.ts';

/** Registered for RFC 9728 section 3: below /.well-known/, with the path of the resource behind it. */
export const wellKnownName = 'oauth-protected-resource';

/** The metadata of an API as a protected resource (RFC 9728): who issues tokens for it, and how they are sent. */
export class ProtectedResource {
  readonly #basePath: string;
  readonly #path: string;
  /** All members but the first, which depends on the name by which the client knows the gateway. */
  readonly #members: string;

  constructor(api: Api, issuers: readonly IssuerFacts[]) {
    this.#basePath = api.basePath;
    this.#path = `/.well-known/${wellKnownName}${api.basePath}`;
    this.#members = JSON.stringify(membersOf(api, issuers)).slice(1);
  }

  /** For the challenge; undefined where the client named no host. */
  location({ scheme, authority }: Head): string | undefined {
    return authority === '' ? undefined : `${scheme}://${authority}${this.#path}`;
  }

  /** @returns undefined when the request is for something else */
  answer({ method, path, scheme, authority }: Head): Answer | Refuse | undefined {
    if (path !== this.#path) return undefined;
    if (method !== 'GET' && method !== 'HEAD') return refuse('method-unknown', { fields: allow });
    // Section 3.3: the identifier that the location was made of, which is the one that the client asked at.
    const resource = JSON.stringify(`${scheme}://${authority}${this.#basePath}`);
    return { kind: 'answer', status: 200, fields, body: `{"resource":${resource},${this.#members}` };
  }
}

const allow = ['allow', 'GET, HEAD'];
const fields = [
  'content-type',
  'application/json',
  'cache-control',
  'public, max-age=300',
  // Public, and of use to clients that run in pages.
  'access-control-allow-origin',
  '*',
];

function membersOf(api: Api, issuers: readonly IssuerFacts[]): Record<string, unknown> {
  const methods = [...new Set(issuers.flatMap(({ method }) => method ?? []))];
  const scopes = scopesOf(api);
  const algorithms = [...new Set(issuers.flatMap(({ dpopAlgorithms }) => dpopAlgorithms ?? []))];
  return {
    resource_name: api.name,
    authorization_servers: [...new Set(issuers.map(({ issuer }) => issuer))],
    bearer_methods_supported: methods,
    ...(scopes.length === 0 ? {} : { scopes_supported: scopes }),
    ...(algorithms.length === 0 ? {} : { dpop_signing_alg_values_supported: algorithms }),
    ...(issuers.every(({ dpopRequired }) => dpopRequired) ? { dpop_bound_access_tokens_required: true } : {}),
    ...(issuers.every(({ certificateRequired }) => certificateRequired)
      ? { tls_client_certificate_bound_access_tokens: true }
      : {}),
  };
}

function scopesOf({ operations = [] }: Api): readonly string[] {
  const scopes = operations.flatMap(({ definition }) =>
    (definition.security ?? [])
      .flat()
      .filter(({ type }) => type === 'oauth2' || type === 'openIdConnect')
      .flatMap((requirement) => requirement.scopes),
  );
  return [...new Set(scopes)].sort();
}
