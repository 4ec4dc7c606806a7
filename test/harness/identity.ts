import { generateKeyPairSync } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { JWTPayload } from 'jose';
import { callers } from '../../examples/upstream-identity/caller.ts';
import {
  jwk,
  type KeyPair,
  keySet,
  token,
} from '../../packages/gateway/src/policies/authentication/jwt/testing/issuer.ts';

/** An issuer of access tokens, and a service that believes nothing but what jose has verified. */

const pair: KeyPair = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** The key set of the issuer, for a file that the configuration names. */
export const issuerKeys = keySet(jwk(pair, { kid: 'k', alg: 'ES256', use: 'sig' }));

export const issuer = 'https://id.example';

/** @param members further claims, and others in the place of these */
export function accessToken(
  members: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
): string {
  const iat = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer,
    aud: 'shop',
    sub: 'alice',
    client_id: 'app',
    iat,
    exp: iat + 600,
    ...members,
  };
  return token(pair, { alg: 'ES256', typ: 'at+jwt', kid: 'k', ...header }, claims);
}

/** What a service saw of one request. */
export interface Seen {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly trailers: NodeJS.Dict<string>;
  /** Undefined where nobody was named. */
  readonly caller: JWTPayload | undefined;
  /** Why jose does not believe what was said. */
  readonly fault: string | undefined;
}

/** Verifies with the keys that the gateway publishes for the API. */
export function verifier(
  keys: string,
  audience: string,
): (headers: IncomingHttpHeaders) => Promise<Pick<Seen, 'caller' | 'fault'>> {
  const callerOf = callers(new URL(keys), audience);
  return async (headers) => {
    try {
      return { caller: await callerOf({ headers }), fault: undefined };
    } catch (error) {
      return { caller: undefined, fault: (error as Error).message };
    }
  };
}
