import { type Rejected, rejected } from '../authenticator.ts';
import { type ClaimRules, type Claims, clientOf, hasAudience, isName, isTime } from '../jwt/claims.ts';

/** What an answer about a token comes to, as long as it is believed. */
export interface ActiveToken {
  readonly claims: Claims;
  /** `sub`, or the client itself where no person is behind the token. */
  readonly subject: string;
  /** Seconds since the epoch, tolerance included; undefined when the answer names no end. */
  readonly expiresAt: number | undefined;
}

/**
 * Judges the answer about a token (RFC 7662 section 2.2). An issuer that answers for many services says only what it is
 * asked for: that a token is good somewhere. Whether it is meant for this one is judged here.
 * @param needsAudience whether an answer that names no audience is refused
 * @param now seconds since the epoch
 */
export function judgeAnswer(
  answer: Claims,
  rules: ClaimRules,
  needsAudience: boolean,
  now: number,
): ActiveToken | Rejected {
  const { active, iss, aud, exp, nbf, iat, sub, token_type: type, token_use: use } = answer;
  if (active !== true) return rejected(active === false ? 'inactive' : 'introspection-malformed');
  if (iss !== undefined && iss !== rules.issuer) return rejected('iss-unexpected');
  if (aud === undefined ? needsAudience : !hasAudience(aud, rules.audiences))
    return rejected('aud-unexpected');
  // Some issuers answer for refresh tokens too, which have neither a type nor an audience.
  if (type === undefined ? aud === undefined : !isTokenType(type)) return rejected('token-type-unexpected');
  if (use !== undefined && use !== 'access_token') return rejected('token-type-unexpected');
  if (exp !== undefined && !isTime(exp)) return rejected('exp-malformed');
  if (exp !== undefined && now >= exp + rules.tolerance) return rejected('expired', expired);
  if (nbf !== undefined && (!isTime(nbf) || now < nbf - rules.tolerance)) return rejected('not-yet-valid');
  if (iat !== undefined && (!isTime(iat) || now < iat - rules.tolerance)) return rejected('issued-in-future');
  const client = clientOf(answer);
  if (client !== undefined && !isName(client)) return rejected('client-malformed');
  const subject = sub ?? client;
  if (!isName(subject)) return rejected('sub-missing');
  return { claims: answer, subject, expiresAt: exp === undefined ? undefined : exp + rules.tolerance };
}

const expired = { problem: 'credential-expired' } as const;

/** RFC 6749 section 7.1: the names of types are case-insensitive. */
function isTokenType(type: unknown): boolean {
  if (typeof type !== 'string') return false;
  const lower = type.toLowerCase();
  return lower === 'bearer' || lower === 'dpop';
}
