import { isUtf8 } from 'node:buffer';
import { foldUsername, longestPassword } from '../../../stores/oauth-users.ts';

/** A username, folded to one spelling, and a password. */
export interface Pair {
  readonly username: string;
  readonly password: string;
}

/** Why a credential cannot be a pair. For the record. */
export type PairFault =
  | 'basic-empty'
  | 'basic-too-long'
  | 'basic-not-base64'
  | 'basic-not-utf8'
  | 'basic-control-character'
  | 'basic-no-colon'
  | 'basic-no-username';

/** Characters, in base64: the longest username and password that there can be take 1,412, and a decomposed name more. */
const longest = 2_048;

/**
 * Reads what stands behind `Basic` (RFC 7617 section 2): base64 of UTF-8, where the first colon ends the username. Strict:
 * what two readers could take for two different pairs is none, such as base64 with other characters in between, without
 * its padding, or with bits left over (RFC 4648 section 3).
 */
export function readPair(text: string): Pair | PairFault {
  if (text === '') return 'basic-empty';
  if (text.length > longest) return 'basic-too-long';
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) return 'basic-not-base64';
  if (!isUtf8(bytes)) return 'basic-not-utf8';
  const whole = bytes.toString();
  // RFC 7617 section 2 forbids them. A zero or a line end would part the pair anew for whoever reads it as such.
  if (/\p{Cc}/u.test(whole)) return 'basic-control-character';
  const colon = whole.indexOf(':');
  if (colon < 0) return 'basic-no-colon';
  const username = foldUsername(whole.slice(0, colon));
  if (username === '') return 'basic-no-username';
  const password = whole.slice(colon + 1);
  // No user has such a password, whoever it is.
  if (Buffer.byteLength(password) > longestPassword) return 'basic-too-long';
  return { username, password };
}

/** The scheme in any case (RFC 9110 section 11.1), and at least one space behind it unless nothing follows at all. */
const scheme = /^basic(?: +|$)/i;

/** What stands behind the scheme `Basic` in an Authorization field; undefined for another scheme. */
export function basicCredential(value: string): string | undefined {
  const found = scheme.exec(value);
  return found === null ? undefined : value.slice(found[0].length);
}
