import type { KeyObject } from 'node:crypto';
import { type Rejected, rejected } from '../authenticator.ts';
import type { Claims } from '../jwt/claims.ts';

/** What a token is bound to (RFC 7800): whoever sends it has to show that they have it. */
export interface Confirmation {
  /** RFC 7638 thumbprint of the key of DPoP proofs (RFC 9449 section 6). */
  readonly jkt: string | undefined;
  /** SHA-256 of the client's certificate (RFC 8705 section 3.1). Base64url, as the one above. */
  readonly x5t: string | undefined;
  /** The key itself, once a proof has brought it: making one costs more than looking it up. */
  key: KeyObject | undefined;
}

const thumbprint = /^[A-Za-z0-9_-]{43}$/;

/**
 * Reads `cnf`. Members that are not known are ignored (RFC 7800 section 3.1), unless there is no other: a token that is
 * bound in a way that nobody here can check must not pass as one that anybody may send.
 * @returns undefined for a token that is not bound
 */
export function confirmationOf({ cnf }: Claims): Confirmation | Rejected | undefined {
  if (cnf === undefined) return undefined;
  if (typeof cnf !== 'object' || cnf === null || Array.isArray(cnf)) return rejected('cnf-malformed');
  const { jkt, 'x5t#S256': x5t } = cnf as Record<string, unknown>;
  if (jkt === undefined && x5t === undefined) return rejected('cnf-unknown');
  if (!isThumbprint(jkt) || !isThumbprint(x5t)) return rejected('cnf-malformed');
  return { jkt, x5t, key: undefined };
}

function isThumbprint(value: unknown): value is string | undefined {
  return value === undefined || (typeof value === 'string' && thumbprint.test(value));
}
