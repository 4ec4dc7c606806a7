import type { Context, Interaction } from 'oidc-provider';
import type { OauthClient } from '../stores/oauth-clients.ts';
import type { ConsentedScopes } from '../stores/oauth-consents.ts';
import type { OauthUser } from '../stores/oauth-users.ts';
import { addToGrant } from './consent.ts';
import { answer, isGenuine, type PageParts, send, tokenFor } from './page-parts.ts';
import { consentPage } from './pages/consent-page.ts';
import { endedPage } from './pages/error-page.ts';
import { permittedScopes } from './permitted.ts';
import type { OauthSettings } from './settings.ts';

interface Asked {
  readonly user: OauthUser;
  readonly client: OauthClient;
  readonly scopes: ConsentedScopes;
}

/** The page that asks whether a client may do what it asks for. */
export function showConsent(context: Context, interaction: Interaction, parts: PageParts): void {
  const asked = whatIsAsked(interaction, parts);
  if (asked === undefined) return send(context, 400, endedPage(parts.page));
  const { user, client, scopes } = asked;
  send(
    context,
    200,
    consentPage(parts.page, {
      action: `${parts.page.basePath}/interaction/${interaction.uid}/consent`,
      token: tokenFor(parts, purposeOf(interaction)),
      client: client.name,
      selfRegistered: client.origin === 'registration',
      user,
      redirectUri: interaction.params.redirect_uri ?? '',
      allows: wordsOf(scopes, parts.settings),
    }),
  );
}

export async function submitConsent(
  context: Context,
  interaction: Interaction,
  fields: ReadonlyMap<string, string>,
  parts: PageParts,
): Promise<void> {
  if (!isGenuine(context, fields, parts, purposeOf(interaction)))
    return showConsent(context, interaction, parts);
  const asked = whatIsAsked(interaction, parts);
  const decision = fields.get('decision');
  if (asked === undefined) return send(context, 400, endedPage(parts.page));
  if (decision !== 'allow' && decision !== 'deny') return showConsent(context, interaction, parts);
  const result = decision === 'allow' ? await allow(interaction, asked, parts) : denied;
  await answer(context, parts, result, decision === 'allow');
}

const denied = { error: 'access_denied', error_description: 'the user denied access' };

async function allow(
  { grantId }: Interaction,
  { user, client, scopes }: Asked,
  { provider, consents, settings }: PageParts,
): Promise<object> {
  const ids = { accountId: user.id, clientId: client.id };
  const known = grantId === undefined ? undefined : await provider.Grant.find(grantId);
  const isTheirs = known?.accountId === user.id && known.clientId === client.id;
  const grant = known !== undefined && isTheirs ? known : new provider.Grant(ids);
  addToGrant(grant, scopes);
  consents.remember(user.id, client.id, scopes, settings.consent);
  return { consent: { grantId: await grant.save() } };
}

/** Worked out anew when the answer comes: roles and clients may have changed while the page was open. */
function whatIsAsked({ params, session }: Interaction, parts: PageParts): Asked | undefined {
  const user = parts.users.find(session?.accountId ?? '');
  const client = parts.clients.find(params.client_id ?? '');
  if (user === undefined || client === undefined) return undefined;
  const requested = new Set((params.scope ?? '').split(' '));
  const resources: Record<string, string[]> = {};
  for (const indicator of [params.resource ?? []].flat()) {
    const resource = parts.settings.resources.get(indicator);
    if (resource === undefined) continue;
    const scopes = permittedScopes(resource, client, user).filter((scope) => requested.has(scope));
    if (scopes.length > 0) resources[indicator] = scopes;
  }
  const openid = Object.keys(openidWords).filter((scope) => requested.has(scope));
  return { user, client, scopes: { openid, resources } };
}

const openidWords: Readonly<Record<string, string>> = {
  openid: 'Know who you are here',
  profile: 'See your name and username',
  offline_access: 'Keep its access while you are signed out',
};

/** What scopes come to, for people, in the order of the configuration. A scope that is not there any more goes unsaid. */
export function wordsOf(
  { openid, resources }: ConsentedScopes,
  settings: Pick<OauthSettings, 'resources'>,
): string[] {
  const words: string[] = [];
  for (const scope of Object.keys(openidWords)) if (openid.includes(scope)) words.push(openidWords[scope]!);
  for (const [indicator, { scopes }] of settings.resources) {
    for (const [name, scope] of scopes) {
      if (resources[indicator]?.includes(name) === true) words.push(scope.words);
    }
  }
  // Staying is what it does last.
  const stays = openidWords.offline_access!;
  return words.includes(stays) ? [...words.filter((each) => each !== stays), stays] : words;
}

function purposeOf({ uid }: Interaction): string {
  return `consent ${uid}`;
}
