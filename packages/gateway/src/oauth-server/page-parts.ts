import type { Context, Provider } from 'oidc-provider';
import { formToken, isFromOurPage } from './forms.ts';
import { makeDevice, readDevice } from './known-device.ts';
import type { PageContext } from './pages/layout.ts';
import type { ProviderParts } from './provider-parts.ts';
import type { SignIn, SignInOutcome } from './sign-in.ts';

/** What the pages need. */
export interface PageParts extends ProviderParts {
  readonly provider: Provider;
  readonly signIn: SignIn;
  readonly page: PageContext;
}

export function tokenFor({ secrets }: PageParts, purpose: string): string {
  return formToken(secrets.forms, purpose);
}

export function isGenuine(
  context: Context,
  fields: ReadonlyMap<string, string>,
  { secrets, settings }: PageParts,
  purpose: string,
): boolean {
  const { origin } = new URL(settings.issuer);
  return isFromOurPage(context.req, fields.get('token'), { key: secrets.forms, purpose, origin });
}

export function send(context: Context, status: number, page: string): void {
  context.status = status;
  context.type = 'html';
  context.body = page;
}

/** @param url of this server, or of a client to which oidc-provider sends */
export function seeOther(context: Context, url: string): void {
  context.status = 303;
  context.redirect(url);
  context.body = '';
}

/**
 * Ends a page with what the user said, and sends the browser back into the authorization request.
 * @param isAnotherStep whether what earlier pages said still counts
 */
export async function answer(
  context: Context,
  { provider }: PageParts,
  result: Parameters<Provider['interactionResult']>[2],
  isAnotherStep: boolean,
): Promise<void> {
  const options = { mergeWithLastSubmission: isAnotherStep };
  seeOther(context, await provider.interactionResult(context.req, context.res, result, options));
}

const deviceSeconds = 180 * 86_400;

/** Checks what a sign-in form carries; a browser that was right once is remembered. */
export async function trySignIn(
  context: Context,
  fields: ReadonlyMap<string, string>,
  { users, signIn, secrets, settings }: PageParts,
): Promise<SignInOutcome> {
  const username = fields.get('username') ?? '';
  // For nobody as for somebody, so that the time does not tell.
  const ownerId = users.named(username)?.id ?? '';
  const cookie = context.cookies.get(deviceCookie(settings.issuer), { signed: false });
  const outcome = await signIn.attempt({
    username,
    password: fields.get('password') ?? '',
    address: clientAddress(context),
    knownDevice: readDevice(secrets.forms, ownerId, cookie),
  });
  if (outcome.kind === 'signed-in') {
    context.cookies.set(deviceCookie(settings.issuer), makeDevice(secrets.forms, outcome.user.id), {
      ...cookieOptions(settings.issuer),
      signed: false,
      maxAge: deviceSeconds * 1000,
    });
  }
  return outcome;
}

function deviceCookie(issuer: string): string {
  return `${issuer.startsWith('https:') ? '__Secure-' : ''}oauth-device`;
}

/** For cookies of the pages; those of oidc-provider have the same (provider.ts). */
export function cookieOptions(issuer: string): object {
  const { pathname, protocol } = new URL(issuer);
  return { httpOnly: true, sameSite: 'lax', secure: protocol === 'https:', path: pathname };
}

/** The gateway has put it there; what the client itself sent under the name never gets here. */
function clientAddress({ req }: Context): string {
  const field = req.headers['x-forwarded-for'];
  return String(field ?? '')
    .split(',', 1)[0]!
    .trim();
}

/** What to say of a sign-in that did not work, the same for whatever was wrong with it. */
export function signInProblem(outcome: SignInOutcome): string | undefined {
  switch (outcome.kind) {
    case 'wrong':
      return 'The username and the password do not belong together. Please check both.';
    case 'throttled':
      return `There were too many attempts. Please try again in ${waitingTime(outcome.seconds)}.`;
    default:
      return undefined;
  }
}

function waitingTime(seconds: number): string {
  if (seconds < 60) return 'a minute';
  const minutes = Math.ceil(seconds / 60);
  return `${minutes} minutes`;
}
