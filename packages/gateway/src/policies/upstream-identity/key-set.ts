import { type Answer, type Head, type Refuse, refuse } from '../../exchange.ts';
import type { Api } from '../../routing/apis.ts';
import { keySetMaxAge } from './key-rules.ts';
import type { IdentityKeys } from './keys.ts';

/** Below /.well-known/ (RFC 8615), with the path of the API behind it. */
export const wellKnownName = 'portcullis-identity-jwks';

const allow = ['allow', 'GET, HEAD'];
const keySetFields = [
  'content-type',
  'application/jwk-set+json',
  'cache-control',
  `public, max-age=${keySetMaxAge}`,
];

/**
 * The public keys, for whoever verifies.
 * @returns undefined when the request is for something else
 */
export function answerKeySet(
  { method, path }: Head,
  api: Api,
  keys: IdentityKeys,
): Answer | Refuse | undefined {
  if (path !== `/.well-known/${wellKnownName}${api.basePath}`) return undefined;
  if (method !== 'GET' && method !== 'HEAD') return refuse('method-unknown', { fields: allow });
  return { kind: 'answer', status: 200, fields: keySetFields, body: keys.keySet };
}
