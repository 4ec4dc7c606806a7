import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { candidates, readKeySet } from '../../../packages/gateway/src/policies/authentication/jwt/key-set.ts';
import { signatureHolds } from '../../../packages/gateway/src/policies/authentication/jwt/signature.ts';
import { parseJws } from '../../../packages/gateway/src/policies/authentication/jwt/token.ts';
import {
  type Algorithm,
  algorithms,
} from '../../../packages/gateway/src/policies/authentication/token-schema.ts';
import type { Outcome, Suite } from '../suite.ts';

/** Test vectors of Wycheproof (C2SP): a key or a key set, and a signed text that is good or not. */
export const jose: Suite = {
  name: 'jose',
  corpus: 'wycheproof',
  summary: 'JWS and JWK vectors, through the code that verifies tokens',
  parts: () => ['json_web_signature_test.json', 'json_web_key_test.json'],
  outcomes: outcomesOf,
};

interface Group {
  readonly comment: string;
  readonly public?: unknown;
  readonly private?: unknown;
  readonly tests: readonly {
    readonly tcId: number;
    readonly comment: string;
    readonly jws: unknown;
    readonly result: 'valid' | 'invalid';
  }[];
}

/** The claims are left out, which vectors have none of. */
function outcomesOf(folder: string, file: string): Outcome[] {
  const { testGroups } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { testGroups: Group[] };
  return testGroups.flatMap((group) => {
    // What an issuer publishes; where a group has no public key, what it has.
    const keys = keySetOf(group.public ?? group.private);
    return group.tests.map(({ tcId, comment, jws, result }) => {
      const reason = verify(typeof jws === 'string' ? jws : JSON.stringify(jws), keys);
      const actual = reason === '' ? ('valid' as const) : ('invalid' as const);
      return { id: tcId, what: `${group.comment}: ${comment}`, expected: result, actual, reason };
    });
  });
}

function keySetOf(written: unknown): string {
  const isSet = typeof written === 'object' && written !== null && 'keys' in written;
  return JSON.stringify(isSet ? written : { keys: [written] });
}

const accepted: ReadonlySet<string> = new Set(algorithms);

/** @returns why it does not hold; empty when it does */
function verify(text: string, keySet: string): string {
  const parsed = parseJws(text);
  if ('reason' in parsed) return parsed.reason;
  const { header, signed, signature } = parsed;
  if (!accepted.has(header.alg)) return 'alg-not-accepted';
  const algorithm = header.alg as Algorithm;
  const possible = candidates(readKeySet(keySet), algorithm, header.kid);
  if (possible.length === 0) return 'no-key-fits';
  return possible.some(({ key }) => signatureHolds(algorithm, key, signed, signature))
    ? ''
    : 'signature-wrong';
}
