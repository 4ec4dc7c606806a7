import { type Context, errors, type Token } from 'oidc-provider';
import { newSecret } from '../stores/oauth-clients.ts';
import { randomText } from '../stores/random-text.ts';
import { loggedOutPage, logoutPage } from './pages/logout-page.ts';
import { permittedScopes } from './permitted.ts';
import type { ProviderParts } from './provider-parts.ts';

/** The parts of oidc-provider that are on, with what each leaves to decide. What is not named is off by itself. */
export function featuresOf({ settings, clients, users }: ProviderParts): object {
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
            idFactory: () => `cl_${randomText(16)}`,
            secretFactory: () => newSecret(),
          },
  };
}
