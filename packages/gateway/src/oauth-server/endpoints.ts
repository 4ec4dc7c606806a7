/** An endpoint of the OAuth server, below its issuer. `{ticket}` is one segment, which a record must not show. */
export interface Endpoint {
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'OPTIONS';
  readonly path: string;
  readonly summary: string;
  /** Which of the limits by address counts it. */
  readonly limit: 'page' | 'sign-in' | 'token' | 'none';
}

export interface EndpointChoice {
  readonly registration: boolean;
}

/**
 * All that the server answers. The gateway routes by this list and the server itself refuses what is not on it: a path
 * that is spelt another way must not be a way around a limit.
 */
export function endpointsOf({ registration }: EndpointChoice): readonly Endpoint[] {
  return registration ? [...endpoints, registrationEndpoint] : endpoints;
}

const endpoints: readonly Endpoint[] = [
  get('discovery', '/.well-known/openid-configuration', 'What the server can do (OpenID Connect Discovery)'),
  get('metadata', '/.well-known/oauth-authorization-server', 'What the server can do (RFC 8414)'),
  get('keys', '/jwks', 'The keys that tokens are signed with'),
  page('authorize', 'GET', '/auth', 'Where clients send users (RFC 6749 section 3.1)'),
  page('resume', 'GET', '/auth/{ticket}', 'Goes on after a page was answered'),
  page('interaction', 'GET', '/interaction/{ticket}', 'The page that asks for sign-in or consent'),
  signIn('signIn', '/interaction/{ticket}/login', 'Signs a user in'),
  page('consent', 'POST', '/interaction/{ticket}/consent', 'Allows or denies'),
  page('cancel', 'POST', '/interaction/{ticket}/cancel', 'Goes back to the client without signing in'),
  token('token', '/token', 'Tokens for a code, a refresh token or client credentials'),
  token('pushedRequest', '/par', 'Takes an authorization request in advance (RFC 9126)'),
  token('revoke', '/revoke', 'Ends a token (RFC 7009)'),
  { ...token('introspect', '/introspect', 'Says what a token is good for (RFC 7662)'), limit: 'none' },
  ...['/jwks', '/token', '/revoke', '/introspect', '/par', '/.well-known/openid-configuration'].map(
    preflight,
  ),
  preflight('/.well-known/oauth-authorization-server'),
  page('logout', 'GET', '/logout', 'Asks whether to sign out'),
  page('logoutConfirm', 'POST', '/logout/confirm', 'Signs out'),
  page('logoutSuccess', 'GET', '/logout/success', 'Says that it is done'),
  page('apps', 'GET', '/apps', 'What a user has let applications do'),
  signIn('appsSignIn', '/apps/login', 'Signs a user in to see it'),
  page('appsRevoke', 'POST', '/apps/revoke', 'Takes an application its access'),
  get('style', '/style.css', 'How the pages look'),
];

const registrationEndpoint: Endpoint = token('register', '/register', 'Registers a client (RFC 7591)');

function get(id: string, path: string, summary: string): Endpoint {
  return { id, method: 'GET', path, summary, limit: 'none' };
}

function page(id: string, method: 'GET' | 'POST', path: string, summary: string): Endpoint {
  return { id, method, path, summary, limit: 'page' };
}

function signIn(id: string, path: string, summary: string): Endpoint {
  return { id, method: 'POST', path, summary, limit: 'sign-in' };
}

function token(id: string, path: string, summary: string): Endpoint {
  return { id, method: 'POST', path, summary, limit: 'token' };
}

function preflight(path: string): Endpoint {
  return { id: `OPTIONS ${path}`, method: 'OPTIONS', path, summary: 'Preflight of a browser', limit: 'none' };
}

/** @returns a test whether a method and a path below the issuer are on the list, to the letter */
export function compileEndpoints(list: readonly Endpoint[]): (method: string, path: string) => boolean {
  const exact = new Set<string>();
  const patterns: { readonly method: string; readonly shape: RegExp }[] = [];
  for (const { method, path } of list) {
    const methods = method === 'GET' ? ['GET', 'HEAD'] : [method];
    for (const each of methods) {
      if (!path.includes('{')) exact.add(`${each} ${path}`);
      else
        patterns.push({
          method: each,
          shape: new RegExp(`^${path.replace('{ticket}', '[A-Za-z0-9_-]{1,64}')}$`),
        });
    }
  }
  return (method, path) =>
    exact.has(`${method} ${path}`) ||
    patterns.some((pattern) => pattern.method === method && pattern.shape.test(path));
}
