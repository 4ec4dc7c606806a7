import { type Context, Provider, type Token } from 'oidc-provider';
import type { OauthClientStore } from '../stores/oauth-clients.ts';
import { accountOf, extraClaims } from './accounts.ts';
import { adapters } from './adapter.ts';
import { featuresOf } from './features.ts';
import { loadGrant, policyOf } from './grants.ts';
import { errorPage } from './pages/error-page.ts';
import type { ProviderParts } from './provider-parts.ts';
import { clockTolerance, idTokenLifetime, type OauthSettings } from './settings.ts';

const paths = {
  authorization: '/auth',
  token: '/token',
  jwks: '/jwks',
  introspection: '/introspect',
  revocation: '/revoke',
  pushed_authorization_request: '/par',
  registration: '/register',
  end_session: '/logout',
} as const;

const authorizationCodeSeconds = 60;
const interactionSeconds = 15 * 60;

/** oidc-provider with everything that is not asked for switched off, and everything that is left to us filled in. */
export function makeProvider(parts: ProviderParts): Provider {
  const { settings, notice } = parts;
  const provider = new Provider(settings.issuer, configurationOf(parts));
  // The gateway alone reaches the socket, and says where requests came from.
  provider.proxy = true;
  provider.on('error', (error: Error) => notice(`fault: ${error.stack ?? error.message}`));
  provider.on('server_error', (_: unknown, error: Error) => notice(`fault: ${error.stack ?? error.message}`));
  provider.on('grant.error', (context: Context, error: Error & { error_detail?: string }) => {
    if (/already (used|consumed)$/.test(error.error_detail ?? ''))
      notice(reuseNotice(context.oidc.client?.clientId ?? ''));
  });
  compareSecretsByStore(provider, parts.clients);
  return provider;
}

function reuseNotice(clientId: string): string {
  return `a code or refresh token of client ${clientId} was used twice: everything that came of the grant is revoked`;
}

/** oidc-provider would compare with a secret that it has; here nobody has one. */
function compareSecretsByStore(provider: Provider, clients: OauthClientStore): void {
  Object.defineProperty(provider.Client.prototype, 'compareClientSecret', {
    value(this: { readonly clientId: string }, given: string): boolean {
      const client = clients.find(this.clientId);
      return client !== undefined && clients.secretMatches(client, given);
    },
  });
}

function configurationOf(parts: ProviderParts): object {
  const { settings, artifacts, clients, users, secrets, keys, notice } = parts;
  const { pathname, protocol } = new URL(settings.issuer);
  const secure = protocol === 'https:';
  const basePath = pathname === '/' ? '' : pathname;
  return {
    adapter: adapters({ artifacts, clients, settings, onReuse: (_, id) => notice(reuseNotice(id)) }),
    jwks: { keys: keys.map(({ jwk, kid, algorithm }) => ({ ...jwk, kid, alg: algorithm, use: 'sig' })) },
    routes: paths,
    clockTolerance: clockTolerance / 1000,
    responseTypes: ['code'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    clientDefaults: {
      grant_types: ['authorization_code'],
      id_token_signed_response_alg: settings.signing,
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
    },
    enabledJWA: { idTokenSigningAlgValues: [settings.signing] },
    subjectTypes: ['public'],
    scopes: ['openid', 'offline_access'],
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'] },
    // RFC 9700 section 2.1.1, for every client: a code is of no use to whoever did not ask for it.
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: false,
    cookies: cookiesOf(secure, basePath, secrets.cookies),
    ttl: lifetimesOf(settings),
    features: featuresOf(parts),
    interactions: {
      policy: policyOf(parts),
      url: (_: Context, interaction: { readonly uid: string }) =>
        `${basePath}/interaction/${interaction.uid}`,
    },
    findAccount: (_: Context, id: string) => accountOf(users, id),
    loadExistingGrant: (context: Context) => loadGrant(context, parts),
    extraTokenClaims: (context: Context | undefined, token: Token) => extraClaims(context, token, parts),
    issueRefreshToken: (_: Context, client: { grantTypeAllowed(type: string): boolean }) =>
      client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    expiresWithSession: (_: Context, source: { readonly scopes: ReadonlySet<string> }) =>
      !source.scopes.has('offline_access'),
    // RFC 7009 section 2.1: an access token that a client hands back does not end its refresh token's grant.
    revokeGrantPolicy: ({ oidc }: Context) =>
      oidc.route !== 'revocation' || oidc.entities.AccessToken === undefined,
    clientBasedCORS: (_: Context, origin: string, client: Parameters<typeof mayCall>[1]) =>
      mayCall(origin, client),
    renderError: async (context: Context, out: Parameters<typeof errorPage>[1]) => {
      context.type = 'html';
      context.body = errorPage({ settings, basePath }, out);
    },
    fetch: async () => {
      throw new Error('the OAuth server fetches nothing');
    },
  };
}

/** A page of a public client may call from where its users come back to; others have a server that calls. */
function mayCall(
  origin: string,
  {
    clientAuthMethod,
    redirectUris,
  }: { readonly clientAuthMethod: string; readonly redirectUris: readonly string[] },
): boolean {
  return (
    clientAuthMethod === 'none' &&
    redirectUris.some((uri) => URL.parse(uri)?.origin === origin && origin !== 'null')
  );
}

/**
 * The cookies go to the OAuth server only: on its path, so that they do not reach the APIs beside it, to this host, and
 * from no page of another site but by a link (RFC 6265bis section 4.1.3).
 */
function cookiesOf(secure: boolean, basePath: string, key: string): object {
  const prefix = secure ? '__Secure-' : '';
  const options = { httpOnly: true, sameSite: 'lax', secure };
  return {
    names: {
      session: `${prefix}oauth-session`,
      interaction: `${prefix}oauth-interaction`,
      resume: `${prefix}oauth-resume`,
    },
    long: { ...options, path: basePath === '' ? '/' : basePath },
    short: options,
    keys: [key],
  };
}

function lifetimesOf(settings: OauthSettings): object {
  const lifetime = (
    _: unknown,
    token: { readonly resourceServer?: { readonly accessTokenTTL?: number } },
  ): number => token.resourceServer?.accessTokenTTL ?? 600;
  return {
    AccessToken: lifetime,
    ClientCredentials: lifetime,
    AuthorizationCode: authorizationCodeSeconds,
    IdToken: idTokenLifetime / 1000,
    RefreshToken: settings.refreshToken / 1000,
    Interaction: interactionSeconds,
    Session: settings.session / 1000,
    // Refresh tokens do not outlive it, however often they are renewed.
    Grant: settings.consent / 1000,
  };
}
