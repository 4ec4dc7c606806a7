import type { Head } from '../../exchange.ts';
import { parseCookies } from '../../http/cookies.ts';
import type { Fields } from '../../http/fields.ts';
import { parseQuery } from '../../http/query.ts';
import { Credential, several } from './credential.ts';
import type { TokenPlaceConfig } from './token-schema.ts';

/** Where a request has its token. */
export interface TokenPlace {
  /** Tells places apart: the same for the same place. */
  readonly id: string;
  /** The credential in a request; undefined when there is none. */
  readonly find: (request: Head) => Credential | typeof several | undefined;
  /** For protected resource metadata (RFC 9728 section 2). */
  readonly method: 'header' | 'query' | undefined;
}

/** RFC 6750 section 2: `Authorization`, unless the configuration names another place; then that one alone. */
export function compileTokenPlace(config: TokenPlaceConfig | undefined): TokenPlace {
  if (config === undefined) return authorization;
  if ('header' in config) {
    const name = config.header.toLowerCase();
    return alone(name, 'header', ({ fields }) => singleField(fields, name));
  }
  if ('cookie' in config) {
    const name = config.cookie;
    return alone(`cookie ${name}`, undefined, ({ fields }) => singleCookie(fields, name));
  }
  const name = config.query;
  return alone(`query ${name}`, name === queryParameter ? 'query' : undefined, ({ query }) =>
    singleParameter(query, name),
  );
}

/** RFC 6750 section 2.3. */
const queryParameter = 'access_token';
/** More parameters or cookies than these are looked through by nobody; request-limits has bounds of its own. */
const mostParts = 10_000;

const authorization: TokenPlace = {
  id: 'authorization',
  method: 'header',
  find(request) {
    const credential = fromAuthorization(request.fields.get('authorization'));
    if (credential === undefined || request.query === '') return credential;
    // Whoever stands behind the gateway may read the other one (RFC 6750 section 2: one method at a time).
    return hasTokenParameter(request.query) ? several : credential;
  },
};

/**
 * The credential of an Authorization field, for the schemes that carry tokens. Another scheme is no credential of this
 * kind: who sends it learns which ones are (RFC 6750 section 3.1).
 */
export function fromAuthorization(value: string | undefined): Credential | undefined {
  if (value === undefined) return undefined;
  const length = lengthOfScheme(value);
  if (length === 0) return undefined;
  return new Credential(value.slice(length).trim(), length === 7 ? 'Bearer' : 'DPoP');
}

/** Characters of `Bearer ` or `DPoP ` in any case (RFC 9110 section 11.1), 0 for anything else. */
function lengthOfScheme(value: string): number {
  // The usual spelling costs no copy.
  if (value.startsWith('Bearer ') || value.slice(0, 7).toLowerCase() === 'bearer ') return 7;
  return value.slice(0, 5).toLowerCase() === 'dpop ' ? 5 : 0;
}

/** Whether a query has a token, as RFC 6750 section 2.3 sends it. */
export function hasTokenParameter(query: string): boolean {
  // An escape may hide the name; without one it has to stand there.
  if (!query.includes('access_token') && !query.includes('%')) return false;
  const pairs = parseQuery(query, mostParts);
  return !('kind' in pairs) && pairs.some(([name]) => name === queryParameter);
}

/** A place of its own: a token in Authorization beside it would be a second one. */
function alone(
  id: string,
  method: TokenPlace['method'],
  read: (request: Head) => string | typeof several | undefined,
): TokenPlace {
  return {
    id,
    method,
    find(request) {
      const text = read(request);
      if (text === undefined || text === several) return text;
      if (fromAuthorization(request.fields.get('authorization')) !== undefined) return several;
      // RFC 6750 section 2.3: what a URL with a token in it answers belongs into no cache.
      if (id.startsWith('query ')) request.setReplyField('cache-control', 'no-store');
      return new Credential(text);
    },
  };
}

/** Two values leave open which one counts. */
export function singleField({ flat }: Fields, name: string): string | typeof several | undefined {
  let value: string | undefined;
  for (let i = 0; i < flat.length; i += 2) {
    if (flat[i] !== name) continue;
    if (value !== undefined) return several;
    value = flat[i + 1];
  }
  return value;
}

function singleCookie(fields: Fields, name: string): string | typeof several | undefined {
  const value = fields.get('cookie');
  // Most requests have others: no cookie is taken apart for them.
  if (value === undefined || !value.includes(name)) return undefined;
  const pairs = parseCookies(value, mostParts);
  return 'kind' in pairs ? several : single(pairs, name);
}

/** @returns several too for a query that cannot be read */
export function singleParameter(query: string, name: string): string | typeof several | undefined {
  if (query === '') return undefined;
  const pairs = parseQuery(query, mostParts);
  // What cannot be read may hold one: refused as what it may be.
  if ('kind' in pairs) return several;
  return single(pairs, name);
}

function single(
  pairs: readonly (readonly [name: string, value: string])[],
  name: string,
): string | typeof several | undefined {
  let value: string | undefined;
  for (const [each, content] of pairs) {
    if (each !== name) continue;
    if (value !== undefined) return several;
    value = content;
  }
  return value;
}
