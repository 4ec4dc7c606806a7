import { type Context, errors, type Grant, interactionPolicy, Provider, type Token } from 'oidc-provider';
import type { OauthArtifactStore } from '../stores/oauth-artifacts.ts';
import { newSecret, type OauthClientStore } from '../stores/oauth-clients.ts';
import type { OauthConsentStore } from '../stores/oauth-consents.ts';
import type { OauthUserStore } from '../stores/oauth-users.ts';
import { randomId } from '../stores/random-id.ts';
import { adapters } from './adapter.ts';
import { addToGrant, missingScopes } from './consent.ts';
import type { SigningKey } from './key-plan.ts';
import { errorPage } from './pages/error-page.ts';
import { loggedOutPage, logoutPage } from './pages/logout-page.ts';
import { permittedScopes } from './permitted.ts';
import type { OauthSecrets } from './secrets.ts';
import { clockTolerance, idTokenLifetime, type OauthSettings } from './settings.ts';

export interface ProviderParts {
  readonly settings: OauthSettings;
  readonly artifacts: OauthArtifactStore;
  readonly clients: OauthClientStore;
  readonly consents: OauthConsentStore;
  readonly users: OauthUserStore;
  readonly secrets: OauthSecrets;
  /** The one that signs first. */
  readonly keys: readonly SigningKey[];
  /** A line for the operator. */
  readonly notice: (message: string) => void;
}

export const paths = {
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

function featuresOf({ settings, clients, users }: ProviderParts): object {
  const on = { enabled: true };
  const off = { enabled: false };
  const { pathname } = new URL(settings.issuer);
  const page = { settings, basePath: pathname === '/' ? '' : pathname };
  return {
    devInteractions: off,
    userinfo: off,
    clientCredentials: on,
    dPoP: on,
    pushedAuthorizationRequests: on,
    revocation: {
      enabled: true,
      allowedPolicy: (_: Context, client: { clientId: string; clientAuthMethod: string }, token: Token) => {
        if (token.clientId === client.clientId) return true;
        // RFC 7009 section 2.1: refused, and whoever cannot prove who it is learns nothing of the token.
        if (client.clientAuthMethod === 'none') return false;
        throw new errors.InvalidRequest('client is not authorized to revoke the presented token');
      },
    },
    introspection: {
      enabled: true,
      allowedPolicy: (_: Context, client: { clientId: string }, token: Token) =>
        token.clientId === client.clientId || clients.find(client.clientId)?.kind === 'resource',
    },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: async (context: Context, form: string) => {
        context.body = logoutPage(page, form);
      },
      postLogoutSuccessSource: async (context: Context) => {
        context.type = 'html';
        context.body = loggedOutPage(page);
      },
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: (_: Context, __: unknown, oneOf: readonly string[] | undefined) => {
        if (oneOf !== undefined) return oneOf;
        return settings.resources.size === 1 ? [...settings.resources.keys()][0] : undefined;
      },
      useGrantedResource: () => true,
      getResourceServerInfo: ({ oidc }: Context, indicator: string, { clientId }: { clientId: string }) => {
        const resource = settings.resources.get(indicator);
        const client = clients.find(clientId);
        if (resource === undefined || client === undefined) throw new errors.InvalidTarget();
        const user = oidc.account === undefined ? undefined : users.find(oidc.account.accountId);
        return {
          scope: permittedScopes(resource, client, user).join(' '),
          audience: indicator,
          accessTokenTTL: resource.lifetime / 1000,
          accessTokenFormat: resource.tokens,
          jwt: { sign: { alg: settings.signing } },
        };
      },
    },
    registration:
      settings.registration === undefined
        ? off
        : {
            enabled: true,
            initialAccessToken: settings.registration.initialAccessToken,
            // A client that registered itself is the operator's to change, so that a leaked token changes none.
            issueRegistrationAccessToken: false,
            idFactory: () => `cl_${randomId(16)}`,
            secretFactory: () => newSecret(),
          },
  };
}

function policyOf(parts: ProviderParts): unknown {
  const { base, Check } = interactionPolicy;
  const policy = base();
  policy
    .get('login')
    .checks.add(
      new Check(
        'account_unusable',
        'the user does not exist any more, or is disabled',
        'login_required',
        ({ oidc }) => oidc.session?.accountId !== undefined && oidc.account === undefined,
      ),
    );
  // The usual check would ask again and again for what the user may not grant.
  const { checks } = policy.get('consent');
  checks.remove('rs_scopes_missing');
  checks.add(
    new Check(
      'rs_scopes_missing',
      'requested scopes not granted',
      'consent_required',
      (context) => Object.keys(missingScopes(context.oidc, parts)).length > 0,
    ),
  );
  return policy;
}

/** A user who is disabled has no account: sessions, codes and refresh tokens are of no use from then on. */
function accountOf(users: OauthUserStore, id: string): object | undefined {
  const user = users.find(id);
  if (user === undefined) return undefined;
  return {
    accountId: user.id,
    claims: () => ({ sub: user.id, name: user.name, preferred_username: user.username }),
  };
}

/**
 * The grant of the session, with what the user has let the client do in whichever browser. A client of the operator's own
 * may do what it asks for and the user may grant.
 */
async function loadGrant({ oidc }: Context, parts: ProviderParts): Promise<Grant | undefined> {
  const { client, account, session } = oidc;
  if (client === undefined || account === undefined) return undefined;
  const id = oidc.result?.consent?.grantId ?? session?.grantIdFor(client.clientId);
  const known = id === undefined ? undefined : await oidc.provider.Grant.find(id);
  const allowed =
    parts.clients.find(client.clientId)?.firstParty === true
      ? {
          openid: [...oidc.requestParamOIDCScopes],
          resources: missingScopes({ ...pick(oidc), grant: known }, parts),
        }
      : parts.consents.find(account.accountId, client.clientId);
  if (allowed === undefined) return known;
  const grant = known ?? new oidc.provider.Grant({ accountId: account.accountId, clientId: client.clientId });
  if (addToGrant(grant, allowed) || known === undefined) await grant.save();
  return grant;
}

function pick({ client, account, requestParamScopes, resourceServers }: Context['oidc']) {
  return { client, account, requestParamScopes, resourceServers };
}

/** RFC 9068 section 2.2.1 and 2.2.3.1: when the user signed in, and what the user or the service may do. */
function extraClaims(
  context: Context | undefined,
  { kind, accountId, clientId }: Token,
  { users, clients }: ProviderParts,
): Record<string, unknown> | undefined {
  if (kind === 'ClientCredentials') {
    const roles = clients.find(clientId)?.roles ?? [];
    return roles.length === 0 ? undefined : { roles };
  }
  const user = accountId === undefined ? undefined : users.find(accountId);
  const source = context?.oidc.entities.RefreshToken ?? context?.oidc.entities.AuthorizationCode;
  return {
    ...(user === undefined || user.roles.length === 0 ? {} : { roles: user.roles }),
    ...(source?.authTime === undefined ? {} : { auth_time: source.authTime }),
    ...(source?.amr === undefined ? {} : { amr: source.amr }),
  };
}
