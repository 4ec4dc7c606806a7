import { type Context, type Grant, interactionPolicy } from 'oidc-provider';
import { addToGrant, missingScopes } from './consent.ts';
import type { ProviderParts } from './provider-parts.ts';

/** When users are asked: as oidc-provider does, but for what users can grant at all. */
export function policyOf(parts: ProviderParts): unknown {
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

/**
 * The grant of the session, with what the user has let the client do in whichever browser. A client of the operator's own
 * may do what it asks for and the user may grant.
 */
export async function loadGrant({ oidc }: Context, parts: ProviderParts): Promise<Grant | undefined> {
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
