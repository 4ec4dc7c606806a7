import type { Context, Middleware } from 'oidc-provider';

/**
 * What a page may do (Content Security Policy Level 3): nothing, but look as our style sheet says and send its form to us.
 * oidc-provider adds the hash of its one script, which sends a form by itself, to `script-src`.
 */
export const pagePolicy =
  "default-src 'none';style-src 'self';script-src;base-uri 'none';frame-ancestors 'none'";

/** Fields that every reply of the OAuth server carries; the gateway adds those that all its replies do. */
export const pageSecurity: Middleware = async (context, next) => {
  context.set('content-security-policy', `${pagePolicy};form-action 'self'`);
  // Paths name interactions, which are nobody else's business; forms must still say where they come from.
  context.set('referrer-policy', 'same-origin');
  await next();
  const target = formTarget(context);
  if (target === undefined) return;
  const policy = String(context.res.getHeader('content-security-policy'));
  context.set(
    'content-security-policy',
    policy.replace("form-action 'self'", `form-action 'self' ${target}`),
  );
};

/**
 * Chromium lets a form lead only where `form-action` allows, by way of redirects too: to the client that the user came from.
 * Its redirect URI was compared with those registered before an interaction began.
 */
function formTarget(context: Context): string | undefined {
  if (context.response.type !== 'text/html') return undefined;
  const uri =
    context.state.redirectUri ?? context.oidc?.session?.state?.postLogoutRedirectUri ?? registered(context);
  const parsed = uri === undefined ? null : URL.parse(uri);
  if (parsed === null) return undefined;
  // CSP has no way to write an IPv6 address.
  const hasOrigin = parsed.protocol === 'https:' || parsed.protocol === 'http:';
  return hasOrigin && !parsed.hostname.startsWith('[') ? parsed.origin : parsed.protocol;
}

function registered({ oidc }: Context): string | undefined {
  const uri = oidc?.entities.Interaction?.params.redirect_uri ?? oidc?.params?.redirect_uri;
  const { client } = oidc ?? {};
  return uri !== undefined && client?.redirectUriAllowed(uri) === true ? uri : undefined;
}
