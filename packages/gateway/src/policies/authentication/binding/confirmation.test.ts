import assert from 'node:assert/strict';
import { test } from 'node:test';
import { confirmationOf } from './confirmation.ts';

const thumb = 'a'.repeat(43);

const vectors: readonly (readonly [what: string, cnf: unknown, expected: unknown])[] = [
  ['none', undefined, undefined],
  ['a key', { jkt: thumb }, [thumb, undefined]],
  ['a certificate', { 'x5t#S256': thumb }, [undefined, thumb]],
  ['both', { jkt: thumb, 'x5t#S256': thumb }, [thumb, thumb]],
  ['a key and something unknown', { jkt: thumb, other: 1 }, [thumb, undefined]],
  ['something unknown alone', { jwk: {} }, 'cnf-unknown'],
  ['SHA-1 of a certificate alone', { x5t: thumb }, 'cnf-unknown'],
  ['nothing in it', {}, 'cnf-unknown'],
  ['null', null, 'cnf-malformed'],
  ['a text', thumb, 'cnf-malformed'],
  ['a list', [thumb], 'cnf-malformed'],
  ['a thumbprint that is too short', { jkt: thumb.slice(1) }, 'cnf-malformed'],
  ['a thumbprint with padding', { jkt: `${thumb}=` }, 'cnf-malformed'],
  ['a thumbprint that is null', { jkt: null, 'x5t#S256': thumb }, 'cnf-malformed'],
  ['a thumbprint that is no text', { 'x5t#S256': 7 }, 'cnf-malformed'],
];
for (const [what, cnf, expected] of vectors) {
  test(`cnf: ${what}`, () => {
    const outcome = confirmationOf({ cnf });
    const read =
      outcome === undefined ? undefined : 'reason' in outcome ? outcome.reason : [outcome.jkt, outcome.x5t];
    assert.deepEqual(read, expected);
  });
}
