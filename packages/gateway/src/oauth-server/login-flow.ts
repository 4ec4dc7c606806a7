import type { Context, Interaction } from 'oidc-provider';
import { answer, isGenuine, type PageParts, send, signInProblem, tokenFor, trySignIn } from './page-parts.ts';
import { busyPage } from './pages/error-page.ts';
import { loginPage } from './pages/login-page.ts';

/** The page that asks who the user is, within an authorization request. */
export function showLogin(
  context: Context,
  interaction: Interaction,
  parts: PageParts,
  again?: { readonly status: number; readonly username: string; readonly problem: string | undefined },
): void {
  const { uid, params } = interaction;
  const at = `${parts.page.basePath}/interaction/${uid}`;
  const client = parts.clients.find(params.client_id ?? '');
  send(
    context,
    again?.status ?? 200,
    loginPage(parts.page, {
      action: `${at}/login`,
      cancel: `${at}/cancel`,
      token: tokenFor(parts, purposeOf(interaction)),
      client: client?.firstParty === true ? undefined : client?.name,
      username: again?.username ?? params.login_hint?.slice(0, 200) ?? '',
      problem: again?.problem,
    }),
  );
}

export async function submitLogin(
  context: Context,
  interaction: Interaction,
  fields: ReadonlyMap<string, string>,
  parts: PageParts,
): Promise<void> {
  if (!isGenuine(context, fields, parts, purposeOf(interaction)))
    return showLogin(context, interaction, parts);
  const outcome = await trySignIn(context, fields, parts);
  if (outcome.kind === 'busy') return send(context, 503, busyPage(parts.page));
  if (outcome.kind !== 'signed-in') {
    const throttled = outcome.kind === 'throttled';
    if (throttled) context.set('retry-after', String(outcome.seconds));
    return showLogin(context, interaction, parts, {
      status: throttled ? 429 : 403,
      username: (fields.get('username') ?? '').slice(0, 200),
      problem: signInProblem(outcome),
    });
  }
  // Who signed in before is forgotten with the answers given then.
  const result = { login: { accountId: outcome.user.id, remember: false, amr: ['pwd'] } };
  await answer(context, parts, result, false);
}

export async function cancel(
  context: Context,
  interaction: Interaction,
  fields: ReadonlyMap<string, string>,
  parts: PageParts,
): Promise<void> {
  if (!isGenuine(context, fields, parts, purposeOf(interaction)))
    return showLogin(context, interaction, parts);
  const result = { error: 'access_denied', error_description: 'the user did not sign in' };
  await answer(context, parts, result, false);
}

function purposeOf({ uid }: Interaction): string {
  return `login ${uid}`;
}
