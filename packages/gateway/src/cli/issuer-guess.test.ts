import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guessIssuer } from './issuer-guess.ts';

const table: readonly [url: string, issuer: string | undefined][] = [
  ['https://id.example.com/.well-known/openid-configuration', 'https://id.example.com'],
  ['https://id.example.com/a/.well-known/openid-configuration', 'https://id.example.com/a'],
  ['https://id.example.com/.well-known/oauth-authorization-server', 'https://id.example.com'],
  ['https://id.example.com/.well-known/oauth-authorization-server/a', 'https://id.example.com/a'],
  ['https://id.example.com/oauth/token', 'https://id.example.com'],
  ['http://id.example.com:8080/token', 'https://id.example.com:8080'],
  ['http://localhost:9000/token', 'http://localhost:9000'],
  [
    'https://sso.example.com/auth/realms/shop/protocol/openid-connect/token',
    'https://sso.example.com/auth/realms/shop',
  ],
  ['https://shop.eu.auth0.com/authorize', 'https://shop.eu.auth0.com/'],
  ['https://shop.okta.com/oauth2/default/v1/token', 'https://shop.okta.com/oauth2/default'],
  [
    'https://login.microsoftonline.com/tenant/oauth2/v2.0/token',
    'https://login.microsoftonline.com/tenant/v2.0',
  ],
  [
    'https://login.microsoftonline.com/tenant/v2.0/.well-known/openid-configuration',
    'https://login.microsoftonline.com/tenant/v2.0',
  ],
  ['https://accounts.google.com/o/oauth2/auth', 'https://accounts.google.com'],
  ['/oauth/token', undefined],
  ['ldap://x', undefined],
  ['', undefined],
];

for (const [url, issuer] of table) {
  test(`issuer of ${url || 'nothing'}`, () => {
    assert.equal(guessIssuer(url)?.issuer, issuer);
  });
}

test('where access tokens have no typ of their own, and where roles are', () => {
  const keycloak = guessIssuer('https://sso.example.com/realms/shop/protocol/openid-connect/token');
  assert.deepEqual([keycloak?.types, keycloak?.rolesClaim], [['at+jwt', 'JWT'], 'realm_access.roles']);
  const other = guessIssuer('https://id.example.com/token');
  assert.deepEqual([other?.types, other?.rolesClaim], [undefined, undefined]);
});
