import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchange } from '../../../testing/exchange.ts';
import type { Rejected } from '../authenticator.ts';
import { Credential, type TokenScheme } from '../credential.ts';
import type { Confirmation } from './confirmation.ts';
import type { ProofJudge } from './dpop-proof.ts';
import { type Binding, SenderCheck } from './sender-check.ts';

/** Finds every proof good. */
const proofs = { judge: (): Rejected | undefined => undefined } as unknown as ProofJudge;
const certificate = { raw: Buffer.alloc(0), thumbprint: 'c'.repeat(43) };

const free = undefined;
const key: Confirmation = { jkt: 'k'.repeat(43), x5t: undefined, key: undefined };
const tls: Confirmation = { jkt: undefined, x5t: certificate.thumbprint, key: undefined };
const both: Confirmation = { ...tls, jkt: key.jkt };
const other: Confirmation = { ...tls, x5t: 'd'.repeat(43) };

const vectors: readonly (readonly [
  binding: Binding,
  bound: Confirmation | undefined,
  scheme: TokenScheme,
  shown: boolean,
  expected: string,
])[] = [
  ['optional', free, 'Bearer', false, 'good'],
  ['optional', free, undefined, true, 'good'],
  ['optional', free, 'DPoP', false, 'token-not-dpop-bound'],
  ['optional', key, 'DPoP', false, 'good'],
  ['optional', key, 'Bearer', false, 'dpop-bound-as-bearer'],
  ['optional', key, undefined, false, 'dpop-bound-as-bearer'],
  ['optional', tls, 'Bearer', true, 'good'],
  ['optional', tls, 'Bearer', false, 'certificate-missing'],
  ['optional', tls, 'DPoP', true, 'token-not-dpop-bound'],
  ['optional', other, 'Bearer', true, 'certificate-other'],
  ['optional', both, 'DPoP', true, 'good'],
  ['optional', both, 'DPoP', false, 'certificate-missing'],
  ['optional', both, 'Bearer', true, 'dpop-bound-as-bearer'],
  ['required', free, 'Bearer', true, 'token-not-bound'],
  ['required', key, 'DPoP', false, 'good'],
  ['required', tls, 'Bearer', true, 'good'],
  ['dpop', free, 'Bearer', false, 'token-not-dpop-bound'],
  ['dpop', tls, 'Bearer', true, 'token-not-dpop-bound'],
  ['dpop', key, 'DPoP', false, 'good'],
  ['mtls', free, 'Bearer', true, 'token-not-certificate-bound'],
  ['mtls', key, 'DPoP', true, 'token-not-certificate-bound'],
  ['mtls', tls, 'Bearer', true, 'good'],
];
for (const [binding, bound, scheme, shown, expected] of vectors) {
  const what =
    bound === undefined
      ? 'unbound'
      : [bound.jkt && 'key', bound.x5t && 'certificate'].filter(Boolean).join('+');
  test(`${binding}: ${what} by ${scheme ?? 'another place'}${shown ? ' with certificate' : ''}: ${expected}`, () => {
    const check = new SenderCheck(binding, proofs);
    const credential = new Credential('t', scheme);
    const request = exchange('GET /', { clientCertificate: shown ? certificate : undefined });
    const outcome = check.judge(bound, credential, request, 0);
    assert.equal(outcome?.reason ?? 'good', expected);
    // The short way agrees with the long one.
    if (check.isFree(bound, credential)) assert.equal(expected, 'good');
  });
}
