import { randomBytes } from 'node:crypto';
import type { Context, Session } from 'oidc-provider';
import type { OauthUser } from '../stores/oauth-users.ts';
import { wordsOf } from './consent-flow.ts';
import {
  cookieOptions,
  isGenuine,
  type PageParts,
  seeOther,
  send,
  signInProblem,
  tokenFor,
  trySignIn,
} from './page-parts.ts';
import { type App, appsPage } from './pages/apps-page.ts';
import { busyPage } from './pages/error-page.ts';
import { loginPage } from './pages/login-page.ts';

/** The page on which users see and take back what they have let applications do. */
export async function showApps(context: Context, parts: PageParts, revoked?: string): Promise<void> {
  const known = await whoIsSignedIn(context, parts);
  if (known === undefined) return askToSignIn(context, parts);
  const { user, session } = known;
  send(
    context,
    200,
    appsPage(parts.page, {
      user: user.name,
      token: tokenFor(parts, purposeOf(session)),
      action: `${parts.page.basePath}/apps/revoke`,
      apps: appsOf(user, parts),
      revoked,
    }),
  );
}

export async function revokeApp(
  context: Context,
  fields: ReadonlyMap<string, string>,
  parts: PageParts,
): Promise<void> {
  const known = await whoIsSignedIn(context, parts);
  if (known === undefined) return askToSignIn(context, parts);
  const { user, session } = known;
  if (!isGenuine(context, fields, parts, purposeOf(session))) return showApps(context, parts);
  const clientId = fields.get('client') ?? '';
  const name = parts.clients.get(clientId)?.name;
  const there = parts.consents.forget(user.id, clientId);
  parts.artifacts.endAccess(user.id, clientId);
  return showApps(context, parts, there ? name : undefined);
}

export async function signInToApps(
  context: Context,
  fields: ReadonlyMap<string, string>,
  parts: PageParts,
): Promise<void> {
  const nonce = context.cookies.get(formCookie(parts), { signed: false });
  if (nonce === undefined || !isGenuine(context, fields, parts, `apps login ${nonce}`))
    return askToSignIn(context, parts);
  const outcome = await trySignIn(context, fields, parts);
  if (outcome.kind === 'busy') return send(context, 503, busyPage(parts.page));
  if (outcome.kind !== 'signed-in') {
    const throttled = outcome.kind === 'throttled';
    if (throttled) context.set('retry-after', String(outcome.seconds));
    const username = (fields.get('username') ?? '').slice(0, 200);
    return askToSignIn(context, parts, {
      status: throttled ? 429 : 403,
      username,
      problem: signInProblem(outcome),
    });
  }
  await beginSession(context, outcome.user, parts);
  seeOther(context, `${parts.settings.issuer}/apps`);
}

/** A session of its own, so that nothing of an earlier one, and no identifier that somebody else may know, lives on. */
async function beginSession(
  context: Context,
  user: OauthUser,
  { provider, settings }: PageParts,
): Promise<void> {
  const before = await provider.Session.get(context);
  await before.destroy();
  const session = new provider.Session();
  session.loginAccount({ accountId: user.id, amr: ['pwd'], transient: true });
  await session.save(settings.session / 1000);
  context.cookies.set(provider.cookieName('session'), session.id, cookieOptions(settings.issuer));
}

async function whoIsSignedIn(
  context: Context,
  { provider, users }: PageParts,
): Promise<{ user: OauthUser; session: Session } | undefined> {
  const session = await provider.Session.get(context);
  const user = session.accountId === undefined ? undefined : users.find(session.accountId);
  return user === undefined ? undefined : { user, session };
}

function appsOf({ id }: OauthUser, { consents, clients, settings }: PageParts): App[] {
  return consents.of(id).flatMap((consent) => {
    const client = clients.find(consent.clientId);
    if (client === undefined) return [];
    return [{ id: client.id, name: client.name, allows: wordsOf(consent, settings), since: consent.since }];
  });
}

function askToSignIn(
  context: Context,
  parts: PageParts,
  again?: { readonly status: number; readonly username: string; readonly problem: string | undefined },
): void {
  // Ties the form to this browser: nobody can have somebody else sign in to an account of theirs.
  const nonce = randomBytes(16).toString('base64url');
  context.cookies.set(formCookie(parts), nonce, { ...cookieOptions(parts.settings.issuer), signed: false });
  send(
    context,
    again?.status ?? 200,
    loginPage(parts.page, {
      action: `${parts.page.basePath}/apps/login`,
      cancel: undefined,
      token: tokenFor(parts, `apps login ${nonce}`),
      client: undefined,
      username: again?.username ?? '',
      problem: again?.problem,
    }),
  );
}

function formCookie({ settings }: PageParts): string {
  return `${settings.issuer.startsWith('https:') ? '__Secure-' : ''}oauth-form`;
}

function purposeOf({ uid }: Session): string {
  return `apps ${uid}`;
}
