import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Bundle } from '../compile.ts';
import type { Loaded } from '../config/load.ts';
import type { Configuration } from '../config/schema.ts';
import { publicKeysFile } from '../oauth-server/key-files.ts';
import { isUrl } from '../policies/authentication/jwt/key-reading.ts';
import { readKeySet } from '../policies/authentication/jwt/key-set.ts';
import type { AuthenticatorConfig } from '../policies/authentication/schema.ts';
import { acceptedNames } from './accepted-names.ts';
import { certificateWarnings } from './certificate-warnings.ts';
import { type Misfit, readable } from './faults.ts';
import { asksForCertificates, isLoopback, localHost } from './listen-check.ts';

/**
 * What an operator should know of the ways in which callers are known.
 * @param now milliseconds since the epoch, which the age of certificates is taken from
 */
export function authenticatorWarnings({ bundle }: Loaded, now: number): Misfit[] {
  const { configuration } = bundle;
  const used = new Set(acceptedNames(configuration).map(({ name }) => name));
  return Object.entries(configuration.authenticators ?? {}).flatMap(([name, authenticator]) => {
    const place = ['authenticators', name];
    return [
      ...(used.has(name) ? [] : [{ place, message: 'no API accepts it' }]),
      ...tokenWarnings(place, authenticator, configuration),
      ...passwordWarnings(place, authenticator, configuration),
      ...keyFileWarnings(place, authenticator, bundle),
      ...('certificate' in authenticator
        ? certificateWarnings(place, authenticator.certificate, bundle, now)
        : []),
    ];
  });
}

function tokenWarnings(
  at: readonly string[],
  authenticator: AuthenticatorConfig,
  { listen }: Configuration,
): Misfit[] {
  if ('apiKey' in authenticator) {
    return authenticator.apiKey.query === undefined
      ? []
      : [{ place: [...at, 'apiKey', 'query'], message: inUrls('KEYS', 'a field, with header') }];
  }
  if ('basic' in authenticator || 'certificate' in authenticator) return [];
  const [form, config] =
    'oauth2' in authenticator ? ['oauth2', authenticator.oauth2] : ['jwt', authenticator.jwt];
  const place = [...at, form];
  const found: Misfit[] = [];
  const { token, binding } = config;
  if (token !== undefined && 'query' in token) {
    found.push({
      place: [...place, 'token', 'query'],
      message: inUrls('TOKENS', 'the field Authorization (RFC 9700 section 4.3.2)'),
    });
  }
  if (token !== undefined && 'cookie' in token) {
    found.push({
      place: [...place, 'token', 'cookie'],
      message:
        'browsers send a cookie whoever made the page that asks: set it with SameSite, and let cors refuse other origins',
    });
  }
  if (binding === 'mtls' && !asksForCertificates(listen)) {
    found.push({
      place: [...place, 'binding'],
      message:
        'nobody can satisfy it, as clients are not asked for a certificate: write listen.https.clientCertificates: request',
    });
  }
  if ('introspection' in config && config.introspection?.audience === 'optional') {
    found.push({
      place: [...place, 'introspection', 'audience'],
      message:
        'tokens that the issuer made for another service pass where its answer does not name the audience',
    });
  }
  return found;
}

function inUrls(what: string, better: string): string {
  return `${what} IN URLS ARE GIVEN AWAY: they stand in the history of the browser, in logs of every proxy and of the services, and in Referer fields; use ${better}`;
}

function passwordWarnings(
  at: readonly string[],
  authenticator: AuthenticatorConfig,
  { listen: { http, https, internal = {} } }: Configuration,
): Misfit[] {
  const isOpen = [
    http,
    ...Object.values(internal).map((each) => ({ ...each, host: each.host ?? localHost })),
  ].some((each) => each?.plaintext === true && !isLoopback(each.host ?? ''));
  if (!('basic' in authenticator) || !isOpen) return [];
  const where =
    https === undefined
      ? 'a proxy in front that ends TLS has to be in trustedProxies and to say so in X-Forwarded-Proto'
      : 'let clients use https';
  return [
    {
      place: [...at, 'basic'],
      message: `PASSWORDS SENT WITHOUT TLS ARE GIVEN AWAY, with each request, to whoever is on the way: where a request comes by http from another machine they are refused; ${where}`,
    },
  ];
}

function keyFileWarnings(
  at: readonly string[],
  authenticator: AuthenticatorConfig,
  { configuration, folder, stateFolder }: Bundle,
): Misfit[] {
  if (!('jwt' in authenticator) || isUrl(authenticator.jwt.jwks)) return [];
  const file = resolve(folder, authenticator.jwt.jwks);
  // The OAuth server writes it at its first start.
  if (configuration.oauthServer !== undefined && file === publicKeysFile(stateFolder)) return [];
  const fault = keyFileFault(file);
  if (fault === undefined) return [];
  return [
    {
      place: [...at, 'jwt', 'jwks'],
      message: `${fault}; until it can be used, requests with a token get 503`,
    },
  ];
}

function keyFileFault(file: string): string | undefined {
  try {
    return readKeySet(readFileSync(file, 'utf8')).length === 0 ? `${file} holds no key` : undefined;
  } catch (error) {
    const { message } = error as Error;
    return message.includes(file) ? readable(message) : `${file}: ${message}`;
  }
}
