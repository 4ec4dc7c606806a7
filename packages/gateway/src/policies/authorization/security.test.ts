import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SecurityAlternative, SecurityRequirement, SecurityScheme } from '../../openapi/definition.ts';
import { operation, type PrincipalParts, principal } from '../../testing/exchange.ts';
import { compileSecurity, isPublic, satisfies } from './security.ts';

const schemes: Readonly<Record<string, SecurityScheme>> = {
  oauth: { type: 'oauth2' },
  oidc: { type: 'openIdConnect' },
  key: { type: 'apiKey', in: 'header', name: 'x-api-key' },
  bearer: { type: 'http', scheme: 'bearer' },
  basic: { type: 'http', scheme: 'basic' },
  tls: { type: 'mutualTLS' },
};

function need(scheme: string, ...scopes: readonly string[]): SecurityRequirement {
  return { scheme, type: schemes[scheme]?.type ?? 'unknown', scopes };
}

const token: PrincipalParts = { kind: 'jwt', scopes: ['read', 'write'] };
const key: PrincipalParts = { kind: 'api-key', scopes: ['read'] };

const vectors: readonly [
  name: string,
  security: readonly SecurityAlternative[],
  who: PrincipalParts,
  satisfied: boolean,
][] = [
  ['a token with the scope', [[need('oauth', 'read')]], token, true],
  ['a token with both scopes', [[need('oauth', 'read', 'write')]], token, true],
  ['a token with one of two', [[need('oauth', 'read', 'admin')]], token, false],
  ['scopes are compared to the letter', [[need('oauth', 'READ')]], token, false],
  ['no scope asked for', [[need('oidc')]], token, true],
  ['the second alternative', [[need('oauth', 'admin')], [need('oidc', 'write')]], token, true],
  ['no alternative', [[need('oauth', 'admin')], [need('oidc', 'root')]], token, false],
  [
    'scopes of two alternatives do not add up',
    [[need('oauth', 'read', 'admin')], [need('oauth', 'write', 'root')]],
    token,
    false,
  ],
  ['two schemes of one kind', [[need('oauth', 'read'), need('oidc', 'write')]], token, true],
  ['a key for a token', [[need('oauth', 'read')]], key, false],
  ['a token for a key', [[need('key', 'read')]], token, false],
  ['a key for a key', [[need('key', 'read')]], key, true],
  ['a key without the scope', [[need('key', 'write')]], key, false],
  ['a token and a key together', [[need('oauth', 'read'), need('key')]], token, false],
  ['a key and a token together', [[need('oauth', 'read'), need('key')]], key, false],
  [
    'a token with a key beside it',
    [[need('oauth', 'read'), need('key')]],
    { ...token, also: [principal(key)] },
    true,
  ],
  [
    'a token with a certificate and a key beside it',
    [[need('oauth', 'read'), need('key')]],
    { ...token, also: [principal({ kind: 'certificate' }), principal(key)] },
    true,
  ],
  [
    'a token with a certificate in the place of the key',
    [[need('oauth', 'read'), need('key')]],
    { ...token, also: [principal({ kind: 'certificate' })] },
    false,
  ],
  [
    'scopes of the key do not count',
    [[need('oauth', 'x'), need('key', 'x')]],
    { ...token, also: [principal({ ...key, scopes: ['x'] })] },
    false,
  ],
  ['a certificate', [[need('tls')]], { kind: 'certificate' }, true],
  ['a token for a certificate', [[need('tls')]], token, false],
  ['a password', [[need('basic')]], { kind: 'password' }, true],
  ['a password is no token', [[need('bearer')]], { kind: 'password' }, false],
  ['bearer', [[need('bearer')]], token, true],
  ['a token is no password', [[need('basic')]], token, false],
  ['a scheme that is not defined', [[need('nowhere')]], token, false],
  ['a token and a scheme that is not defined', [[need('oauth', 'read'), need('nowhere')]], token, false],
  [
    'an extension vouches for any kind',
    [[need('oauth', 'read'), need('key')]],
    { kind: 'custom', scopes: ['read'] },
    true,
  ],
  ['but not for scopes', [[need('oauth', 'read')]], { kind: 'custom' }, false],
  ['nor for what nobody looks at', [[need('nowhere')]], { kind: 'custom' }, false],
];

for (const [name, security, who, satisfied] of vectors) {
  test(`${name}: ${satisfied}`, () => {
    const alternatives = compileSecurity(security, schemes);
    assert.equal(
      alternatives.some((each) => satisfies(principal(who), each)),
      satisfied,
    );
  });
}

test('without its schemes, what is http is bearer, and what is of no type is nothing', () => {
  const kinds = (type: SecurityRequirement['type']) =>
    compileSecurity([[{ scheme: 'any', type, scopes: [] }]])[0]!.kinds;
  assert.deepEqual(kinds('http'), ['jwt']);
  assert.deepEqual(kinds('unknown'), ['unmet']);
});

test('a scope that several ask for is asked for once', () => {
  const [alternative] = compileSecurity([[need('oauth', 'read'), need('oidc', 'write', 'read')]], schemes);
  assert.deepEqual(alternative?.scopes, ['read', 'write']);
});

test('public is what says so', () => {
  const of = (security: readonly SecurityAlternative[] | undefined): boolean =>
    isPublic(operation('GET /', { security }));
  assert.equal(of(undefined), false, 'silence is no permission');
  assert.equal(of([]), true);
  assert.equal(of([[]]), true);
  assert.equal(of([[need('oauth')], []]), true);
  assert.equal(of([[need('oauth')]]), false);
});
