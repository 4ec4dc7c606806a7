import type { Context, Token } from 'oidc-provider';
import type { OauthUserStore } from '../stores/oauth-users.ts';
import type { ProviderParts } from './provider-parts.ts';

/** A user who is disabled has no account: sessions, codes and refresh tokens are of no use from then on. */
export function accountOf(users: OauthUserStore, id: string): object | undefined {
  const user = users.find(id);
  if (user === undefined) return undefined;
  return {
    accountId: user.id,
    claims: () => ({ sub: user.id, name: user.name, preferred_username: user.username }),
  };
}

/** RFC 9068 section 2.2.1 and 2.2.3.1: when the user signed in, and what the user or the service may do. */
export function extraClaims(
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
