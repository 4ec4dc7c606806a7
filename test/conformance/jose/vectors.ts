import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { candidates, readKeySet } from '../../../packages/gateway/src/policies/authentication/jwt/key-set.ts';
import { signatureHolds } from '../../../packages/gateway/src/policies/authentication/jwt/signature.ts';
import { parseJws } from '../../../packages/gateway/src/policies/authentication/jwt/token.ts';
import {
  type Algorithm,
  algorithms,
} from '../../../packages/gateway/src/policies/authentication/token-schema.ts';

/** Test vectors of Wycheproof (C2SP): a key or a key set, and a signed text that is good or not. */
export const files = ['json_web_signature_test.json', 'json_web_key_test.json'] as const;
export type VectorFile = (typeof files)[number];

export interface Outcome {
  readonly file: VectorFile;
  readonly id: number;
  /** `group: comment` of the vector. */
  readonly what: string;
  readonly expected: 'valid' | 'invalid';
  readonly actual: 'valid' | 'invalid';
  /** Why it was refused; empty for what passed. */
  readonly reason: string;
}

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

/** Runs every vector of a file through the code that verifies tokens, but for the claims, which vectors have none of. */
export function outcomesOf(folder: string, file: VectorFile): Outcome[] {
  const { testGroups } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { testGroups: Group[] };
  return testGroups.flatMap((group) => {
    // What an issuer publishes; where a group has no public key, what it has.
    const keys = keySetOf(group.public ?? group.private);
    return group.tests.map(({ tcId, comment, jws, result }) => {
      const reason = verify(typeof jws === 'string' ? jws : JSON.stringify(jws), keys);
      const actual = reason === '' ? ('valid' as const) : ('invalid' as const);
      return { file, id: tcId, what: `${group.comment}: ${comment}`, expected: result, actual, reason };
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
