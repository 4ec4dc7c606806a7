import type { Principal } from '../../../exchange.ts';
import { type Claims, clientOf, wordsOf } from '../jwt/claims.ts';

/** Where claims say what somebody may do. */
export interface ClaimNames {
  readonly scopeClaim: string;
  readonly rolesClaim: string;
}

/**
 * Whom the claims of a token, or of an answer about one, are about.
 * @param subject `sub`, or what stands for it
 */
export function principalOf(
  authenticator: string,
  subject: string,
  claims: Claims,
  { scopeClaim, rolesClaim }: ClaimNames,
): Principal {
  return {
    authenticator,
    kind: 'jwt',
    subject,
    client: clientOf(claims),
    scopes: wordsOf(claims, scopeClaim),
    roles: wordsOf(claims, rolesClaim),
    claims,
  };
}
