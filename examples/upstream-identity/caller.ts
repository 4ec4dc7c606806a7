import type { IncomingMessage } from 'node:http';
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';

/**
 * For a service behind the gateway: who calls.
 * @param keys where the gateway publishes its keys: `https://GATEWAY/.well-known/portcullis-identity-jwks/BASEPATH`, or
 *   `http://ADMIN/identity/jwks.json`
 * @param audience `jwt.audience` of the configuration, or else the name of the API
 * @returns a function that answers the claims, or throws; undefined for an anonymous caller
 */
export function callers(
  keys: URL,
  audience: string,
): (request: Pick<IncomingMessage, 'headers'>) => Promise<JWTPayload | undefined> {
  const keySet = createRemoteJWKSet(keys);
  return async ({ headers }) => {
    const token = headers['x-portcullis-identity'];
    if (token === undefined) return undefined;
    const { payload } = await jwtVerify(String(token), keySet, {
      issuer: 'portcullis',
      audience,
      // All four: else a JWT that was made for something else might do.
      typ: 'portcullis-identity+jwt',
      algorithms: ['ES256'],
      clockTolerance: 5,
    });
    return payload;
  };
}
