import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileClaimRules } from '../jwt/claims.ts';
import { judgeAnswer } from './introspection-answer.ts';

const issuer = 'https://id.example.com';
const rules = compileClaimRules({ issuer, audience: 'orders' });
const now = 1_700_000_000;
const good = { active: true, iss: issuer, aud: 'orders', sub: 'alice', token_type: 'Bearer', exp: now + 60 };

/** [what, change, the reason or else the subject, whether an audience is needed] */
const vectors: readonly (readonly [string, Readonly<Record<string, unknown>>, string, boolean?])[] = [
  ['all well', {}, 'alice'],
  ['no issuer', { iss: undefined }, 'alice'],
  ['no type', { token_type: undefined }, 'alice'],
  ['no end', { exp: undefined }, 'alice'],
  ['DPoP', { token_type: 'DPoP' }, 'alice'],
  ['bearer', { token_type: 'bearer' }, 'alice'],
  ['a client that acts for itself', { sub: undefined, client_id: 'batch' }, 'batch'],
  ['inactive', { active: false }, 'inactive'],
  ['no active', { active: undefined }, 'introspection-malformed'],
  ['active a text', { active: 'true' }, 'introspection-malformed'],
  ['active a number', { active: 1 }, 'introspection-malformed'],
  ['another issuer', { iss: 'https://evil.example' }, 'iss-unexpected'],
  ['an issuer that is a list', { iss: [issuer] }, 'iss-unexpected'],
  ['another audience', { aud: 'mail' }, 'aud-unexpected'],
  ['another audience, where none is needed', { aud: 'mail' }, 'aud-unexpected', false],
  ['several audiences', { aud: ['mail', 'orders'] }, 'alice'],
  ['no audience', { aud: undefined }, 'aud-unexpected'],
  ['no audience, where none is needed', { aud: undefined }, 'alice', false],
  ['neither audience nor type', { aud: undefined, token_type: undefined }, 'token-type-unexpected', false],
  ['a refresh token', { token_type: 'refresh_token' }, 'token-type-unexpected'],
  ['a refresh token that calls itself Bearer', { token_use: 'refresh_token' }, 'token-type-unexpected'],
  ['an access token that says so', { token_use: 'access_token' }, 'alice'],
  ['a type that is no text', { token_type: ['Bearer'] }, 'token-type-unexpected'],
  ['expired', { exp: now - 30 }, 'expired'],
  ['just not expired, with the tolerance', { exp: now - 29 }, 'alice'],
  ['an end that is a text', { exp: String(now + 60) }, 'exp-malformed'],
  ['not yet valid', { nbf: now + 31 }, 'not-yet-valid'],
  ['issued in the future', { iat: now + 31 }, 'issued-in-future'],
  ['nobody', { sub: undefined }, 'sub-missing'],
  ['an empty subject', { sub: '' }, 'sub-missing'],
  ['a subject that is a number', { sub: 7 }, 'sub-missing'],
  ['a client that is too long', { client_id: 'c'.repeat(1025) }, 'client-malformed'],
];
for (const [what, change, expected, needsAudience = true] of vectors) {
  test(`an answer with ${what}: ${expected}`, () => {
    const outcome = judgeAnswer({ ...good, ...change }, rules, needsAudience, now);
    assert.equal('reason' in outcome ? outcome.reason : outcome.subject, expected);
  });
}

test('how long it holds', () => {
  const of = (exp: number | undefined): number | undefined => {
    const outcome = judgeAnswer({ ...good, exp }, rules, true, now);
    assert.ok(!('reason' in outcome));
    return outcome.expiresAt;
  };
  assert.equal(of(now + 60), now + 90);
  assert.equal(of(undefined), undefined);
});
