import { isLoopback } from './listen-check.ts';

/** Where tokens come from, as far as a URL of the definition tells. */
export interface IssuerGuess {
  /** The `iss` claim. */
  readonly issuer: string;
  readonly jwks: string;
  /** A claim with roles, where the product has one of its own. */
  readonly rolesClaim: string | undefined;
}

/**
 * Reads issuer and key set out of a URL of a security scheme: openIdConnectUrl, tokenUrl or authorizationUrl. Of
 * products that are widely used the addresses are known; of others the usual ones are taken. Nothing is fetched.
 * @returns undefined for a URL that is relative, or not of http
 */
export function guessIssuer(text: string): IssuerGuess | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return undefined;
  // Keys are never read in the clear (see the authenticator), whatever the definition says.
  const scheme = url.protocol === 'http:' && !isLoopback(url.hostname) ? 'https:' : url.protocol;
  const origin = `${scheme}//${url.host}`;
  const path = url.pathname;
  for (const product of products) {
    const match = product.host.test(url.hostname) ? product.path.exec(path) : null;
    if (match === null) continue;
    const issuer = product.issuer(origin, match[1] ?? '');
    return { issuer, jwks: product.jwks(origin, match[1] ?? ''), rolesClaim: product.rolesClaim };
  }
  // OpenID Connect Discovery 1.0 section 4: the issuer is what stands before the well-known part.
  const discovered = path.endsWith(wellKnown) ? path.slice(0, -wellKnown.length) : '';
  return {
    issuer: origin + discovered,
    jwks: `${origin}${discovered}/.well-known/jwks.json`,
    rolesClaim: undefined,
  };
}

const wellKnown = '/.well-known/openid-configuration';

interface Product {
  readonly host: RegExp;
  /** Its first group is what tells tenants apart. */
  readonly path: RegExp;
  readonly issuer: (origin: string, tenant: string) => string;
  readonly jwks: (origin: string, tenant: string) => string;
  readonly rolesClaim: string | undefined;
}

/** As their documentation has it: Keycloak, Auth0, Okta, Microsoft Entra ID, Google. */
const products: readonly Product[] = [
  {
    host: /./,
    path: /^((?:\/[^/]+){0,4}\/realms\/[^/]+)(?:\/protocol\/openid-connect\/|\/\.well-known\/)/,
    issuer: (origin, realm) => origin + realm,
    jwks: (origin, realm) => `${origin}${realm}/protocol/openid-connect/certs`,
    rolesClaim: 'realm_access.roles',
  },
  {
    host: /\.auth0\.com$/,
    path: /^/,
    issuer: (origin) => `${origin}/`,
    jwks: (origin) => `${origin}/.well-known/jwks.json`,
    rolesClaim: 'permissions',
  },
  {
    host: /\.(okta|oktapreview)\.com$/,
    path: /^(\/oauth2\/[^/]+)\/(?:v1|\.well-known)\//,
    issuer: (origin, server) => origin + server,
    jwks: (origin, server) => `${origin}${server}/v1/keys`,
    rolesClaim: 'groups',
  },
  {
    host: /^login\.microsoftonline\.com$/,
    path: /^(\/[^/]+)\/(?:oauth2\/)?v2\.0\//,
    issuer: (origin, tenant) => `${origin}${tenant}/v2.0`,
    jwks: (origin, tenant) => `${origin}${tenant}/discovery/v2.0/keys`,
    rolesClaim: undefined,
  },
  {
    host: /^accounts\.google\.com$/,
    path: /^/,
    issuer: (origin) => origin,
    jwks: () => 'https://www.googleapis.com/oauth2/v3/certs',
    rolesClaim: undefined,
  },
];
