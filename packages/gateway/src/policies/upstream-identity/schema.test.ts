import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schema } from './schema.ts';

const accepted: readonly unknown[] = [
  { jwt: {} },
  { jwt: { field: 'X-Identity', audience: 'orders', issuer: 'https://gateway.example', lifetime: '10s' } },
  { jwt: { lifetime: '10m', claims: ['email', 'https://a.example/b'], request: ['address', 'id'] } },
  { fields: { 'x-user': 'subject', 'X-Roles': 'roles', 'remote-user': 'claims.email' } },
  { credential: 'remove' },
  { mode: 'monitor', jwt: {}, fields: { 'x-kind': 'kind' }, credential: 'keep' },
];

for (const config of accepted) {
  test(`${JSON.stringify(config)} is taken`, () => void schema.parse(config));
}

const refused: readonly [config: unknown, message: RegExp][] = [
  [{}, /expected jwt, fields or credential: remove/],
  [{ credential: 'keep' }, /expected jwt, fields or credential: remove/],
  [{ jwt: { lifetime: '9s' } }, /expected 10s to 10m/],
  [{ jwt: { lifetime: '11m' } }, /expected 10s to 10m/],
  [{ jwt: { audience: '' } }, /without spaces/],
  [{ jwt: { issuer: 'a b' } }, /without spaces/],
  [{ jwt: { request: [] } }, /request/],
  [{ jwt: {}, fields: { 'X-Portcullis-Identity': 'subject' } }, /there already/],
  [{ fields: { 'x-user': 'subject', 'X-USER': 'client' } }, /there already/],
  [{ fields: { 'x-user': 'password' } }, /expected subject, client/],
  [{ fields: { 'x-user': 'claims.' } }, /expected subject, client/],
  [{ fields: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`x-${i}`, 'subject'])) }, /16 fields/],
  ...['x_user', 'x user', 'x-user:', '', '-x', ':path', 'é', 'x\r\ny', `x${'y'.repeat(64)}`].map(
    (name): [unknown, RegExp] => [{ fields: { [name]: 'subject' } }, /expected a field name/],
  ),
  ...[
    'Host',
    'content-length',
    'Connection',
    'transfer-encoding',
    'TE',
    'trailer',
    'Upgrade',
    'Keep-Alive',
    'expect',
  ].map((name): [unknown, RegExp] => [{ fields: { [name]: 'subject' } }, /frames the message/]),
  ...[
    'Forwarded',
    'Via',
    'X-Forwarded-For',
    'x-forwarded-user',
    'x-request-id',
    'Traceparent',
    'tracestate',
  ].map((name): [unknown, RegExp] => [{ jwt: { field: name } }, /the gateway itself says something/]),
  ...['Authorization', 'cookie', 'DPoP', 'Proxy-Authenticate-X'].map((name): [unknown, RegExp] => [
    { jwt: { field: name } },
    /carries credentials/,
  ]),
  ...[
    'Content-Type',
    'content-encoding',
    'Accept',
    'If-Match',
    'Origin',
    'Sec-WebSocket-Key',
    'X-HTTP-Method-Override',
    'X-Original-URL',
  ].map((name): [unknown, RegExp] => [{ jwt: { field: name } }, /has a meaning for the request/]),
  ...[
    'iss',
    'sub',
    'aud',
    'exp',
    'nbf',
    'iat',
    'jti',
    'cnf',
    'client_id',
    'scope',
    'roles',
    'auth',
    '__proto__',
  ].map((name): [unknown, RegExp] => [{ jwt: { claims: [name] } }, /made by the gateway itself/]),
]; // prettier-ignore

for (const [config, message] of refused) {
  test(`${JSON.stringify(config)} is refused`, () => {
    const { success, error } = schema.safeParse(config);
    assert.equal(success, false);
    assert.match(JSON.stringify(error?.issues), message);
  });
}
