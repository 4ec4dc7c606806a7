import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guessIssuer } from './issuer-guess.ts';

const table: readonly [url: string, issuer: string | undefined, jwks?: string][] = [
  [
    'https://id.example.com/.well-known/openid-configuration',
    'https://id.example.com',
    'https://id.example.com/.well-known/jwks.json',
  ],
  [
    'https://id.example.com/a/.well-known/openid-configuration',
    'https://id.example.com/a',
    'https://id.example.com/a/.well-known/jwks.json',
  ],
  [
    'https://id.example.com/oauth/token',
    'https://id.example.com',
    'https://id.example.com/.well-known/jwks.json',
  ],
  [
    'http://id.example.com:8080/token',
    'https://id.example.com:8080',
    'https://id.example.com:8080/.well-known/jwks.json',
  ],
  ['http://localhost:9000/token', 'http://localhost:9000', 'http://localhost:9000/.well-known/jwks.json'],
  [
    'https://sso.example.com/auth/realms/shop/protocol/openid-connect/token',
    'https://sso.example.com/auth/realms/shop',
    'https://sso.example.com/auth/realms/shop/protocol/openid-connect/certs',
  ],
  [
    'https://shop.eu.auth0.com/authorize',
    'https://shop.eu.auth0.com/',
    'https://shop.eu.auth0.com/.well-known/jwks.json',
  ],
  [
    'https://shop.okta.com/oauth2/default/v1/token',
    'https://shop.okta.com/oauth2/default',
    'https://shop.okta.com/oauth2/default/v1/keys',
  ],
  [
    'https://login.microsoftonline.com/tenant/oauth2/v2.0/token',
    'https://login.microsoftonline.com/tenant/v2.0',
    'https://login.microsoftonline.com/tenant/discovery/v2.0/keys',
  ],
  [
    'https://login.microsoftonline.com/tenant/v2.0/.well-known/openid-configuration',
    'https://login.microsoftonline.com/tenant/v2.0',
    'https://login.microsoftonline.com/tenant/discovery/v2.0/keys',
  ],
  [
    'https://accounts.google.com/o/oauth2/auth',
    'https://accounts.google.com',
    'https://www.googleapis.com/oauth2/v3/certs',
  ],
  ['/oauth/token', undefined],
  ['ldap://x', undefined],
  ['', undefined],
];

for (const [url, issuer, jwks] of table) {
  test(`issuer of ${url || 'nothing'}`, () => {
    const guess = guessIssuer(url);
    assert.deepEqual([guess?.issuer, guess?.jwks], [issuer, jwks]);
  });
}
