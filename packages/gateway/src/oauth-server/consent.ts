import type { Account, Client, Context, Grant } from 'oidc-provider';
import type { ConsentedScopes } from '../stores/oauth-consents.ts';
import { permittedScopes } from './permitted.ts';
import type { ProviderParts } from './provider-parts.ts';

type Asked = Pick<Context['oidc'], 'requestParamScopes' | 'resourceServers'> & {
  readonly client?: Pick<Client, 'clientId'> | undefined;
  readonly account?: Pick<Account, 'accountId'> | undefined;
  readonly grant?: Pick<Grant, 'getResourceScopeEncountered'> | undefined;
};

/**
 * The scopes that a request asks for, the client may have and the user may grant, but has not yet. By resource, without
 * empty ones.
 */
export function missingScopes(
  { client, account, grant, requestParamScopes, resourceServers }: Asked,
  { settings, clients, users }: Pick<ProviderParts, 'settings' | 'clients' | 'users'>,
): Readonly<Record<string, readonly string[]>> {
  const record = client === undefined ? undefined : clients.find(client.clientId);
  const user = account === undefined ? undefined : users.find(account.accountId);
  const missing: Record<string, string[]> = {};
  if (record === undefined || user === undefined) return missing;
  for (const indicator of Object.keys(resourceServers)) {
    const resource = settings.resources.get(indicator);
    if (resource === undefined) continue;
    const granted = grant?.getResourceScopeEncountered(indicator).split(' ') ?? [];
    const wanted = permittedScopes(resource, record, user).filter(
      (scope) => requestParamScopes.has(scope) && !granted.includes(scope),
    );
    if (wanted.length > 0) missing[indicator] = wanted;
  }
  return missing;
}

/** @returns whether something was new */
export function addToGrant(grant: Grant, { openid, resources }: ConsentedScopes): boolean {
  const without = (scopes: readonly string[], known: string): string[] => {
    const there = known.split(' ');
    return scopes.filter((scope) => !there.includes(scope));
  };
  const added = without(openid, grant.getOIDCScopeEncountered());
  if (added.length > 0) grant.addOIDCScope(added.join(' '));
  let changed = added.length > 0;
  for (const [indicator, scopes] of Object.entries(resources)) {
    const more = without(scopes, grant.getResourceScopeEncountered(indicator));
    if (more.length > 0) grant.addResourceScope(indicator, more.join(' '));
    changed ||= more.length > 0;
  }
  return changed;
}
