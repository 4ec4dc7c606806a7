import { isLoopback } from './listen-check.ts';

/** Where tokens come from, as far as a URL of the definition tells. */
export interface IssuerGuess {
  /** The issuer identifier, from which all else is found out. */
  readonly issuer: string;
  /** A claim with roles, where the product has one of its own. */
  readonly rolesClaim: string | undefined;
  /** What the product gives its access tokens as typ, where that is not what RFC 9068 wants. */
  readonly types: readonly string[] | undefined;
}

/**
 * Reads the issuer out of a URL of a security scheme: openIdConnectUrl, tokenUrl or authorizationUrl. Of
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
    const { rolesClaim, types } = product;
    return { issuer: product.issuer(origin, match[1] ?? ''), rolesClaim, types };
  }
  // OpenID Connect Discovery 1.0 section 4: the issuer is what stands before the well-known part.
  // RFC 8414 section 3.1 has it before the path.
  const inserted = path.startsWith(insertedWellKnown) ? path.slice(insertedWellKnown.length) : '';
  const discovered = path.endsWith(wellKnown) ? path.slice(0, -wellKnown.length) : inserted;
  return { issuer: origin + discovered, rolesClaim: undefined, types: undefined };
}

const wellKnown = '/.well-known/openid-configuration';
const insertedWellKnown = '/.well-known/oauth-authorization-server';

interface Product {
  readonly host: RegExp;
  /** Its first group is what tells tenants apart. */
  readonly path: RegExp;
  readonly issuer: (origin: string, tenant: string) => string;
  readonly rolesClaim: string | undefined;
  readonly types: readonly string[] | undefined;
}

/** As their documentation has it: Keycloak, Auth0, Okta, Microsoft Entra ID, Google. */
const products: readonly Product[] = [
  {
    host: /./,
    path: /^((?:\/[^/]+){0,4}\/realms\/[^/]+)(?:\/protocol\/openid-connect\/|\/\.well-known\/)/,
    issuer: (origin, realm) => origin + realm,
    rolesClaim: 'realm_access.roles',
    types: ['at+jwt', 'JWT'],
  },
  {
    host: /\.auth0\.com$/,
    path: /^/,
    issuer: (origin) => `${origin}/`,
    rolesClaim: 'permissions',
    types: ['at+jwt', 'JWT'],
  },
  {
    host: /\.(okta|oktapreview)\.com$/,
    path: /^(\/oauth2\/[^/]+)\/(?:v1|\.well-known)\//,
    issuer: (origin, server) => origin + server,
    rolesClaim: 'groups',
    types: ['at+jwt', 'JWT', 'untyped'],
  },
  {
    host: /^login\.microsoftonline\.com$/,
    path: /^(\/[^/]+)\/(?:oauth2\/)?v2\.0\//,
    issuer: (origin, tenant) => `${origin}${tenant}/v2.0`,
    rolesClaim: undefined,
    types: ['at+jwt', 'JWT'],
  },
  {
    host: /^accounts\.google\.com$/,
    path: /^/,
    issuer: (origin) => origin,
    rolesClaim: undefined,
    types: ['JWT'],
  },
];
