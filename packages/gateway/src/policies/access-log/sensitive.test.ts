import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hidesSecret, isSensitiveName, plainText } from './sensitive.ts';

const sensitive = [
  'token',
  'access_token',
  'accessToken',
  'ID-Token',
  'resetToken',
  'X-Amz-Security-Token',
  'csrf.token',
  'password',
  'newPassword',
  'user[password]',
  'passwordConfirmation',
  'password2',
  'pwd',
  'pass',
  'secret',
  'clientSecret',
  'api_key',
  'apiKey',
  'APIKEY',
  'x-api-key',
  'key',
  'ssh-key',
  'AWSAccessKeyId',
  'auth',
  'Authorization',
  'code',
  'code_verifier',
  'device_code',
  'otp',
  'pin',
  'sid',
  'PHPSESSID',
  'JSESSIONID',
  'sessionId',
  'sig',
  'signature',
  'X-Amz-Signature',
  'X-Amz-Credential',
  'SAMLResponse',
  'client_assertion',
  'jwt',
  'card',
  'cardNumber',
  'cvv',
  'iban',
  'ssn',
  'filter[token][eq]',
  'a'.repeat(257),
]; // prettier-ignore

const harmless = [
  'page',
  'q',
  'author',
  'authors',
  'monkey',
  'keyboard',
  'postcode',
  'barcode',
  'encoding',
  'passenger',
  'spin',
  'opinion',
  'sort',
  'filter[name]',
  'state',
  'discard',
  'cardinality',
  'significant',
  'inside',
  '',
  'a'.repeat(256),
]; // prettier-ignore

test('sensitive names', () => {
  for (const name of sensitive) assert.equal(isSensitiveName(name), true, name);
});

test('harmless names', () => {
  for (const name of harmless) assert.equal(isSensitiveName(name), false, name);
});

test('credentials that show by themselves', () => {
  const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln';
  for (const text of [
    jwt,
    `/reset/${jwt}`,
    'pck_0123456789abcdefABCDEF',
    'https://a:b@c.example',
    'ftp://a@b',
    'Basic YWRtaW46YWRtaW4=',
  ]) {
    assert.equal(hidesSecret(text), true, text);
  }
  for (const text of [
    '/orders/7',
    'eyJ',
    'pck_',
    'https://a.example/b@c',
    'alice@example.com',
    'the basic idea',
    'Mozilla/5.0 (X11)',
  ]) {
    assert.equal(hidesSecret(text), false, text);
  }
});

test('no text takes long', () => {
  for (const unit of ['eyJ', 'pck_', '://', 'bearer ', 'a', '://a', 'token_', '[', '%25']) {
    const text = unit.repeat(Math.ceil(16_384 / unit.length));
    const started = process.cpuUsage();
    hidesSecret(text);
    isSensitiveName(text.slice(0, 256));
    plainText(text);
    const { user } = process.cpuUsage(started);
    assert.ok(user < 100_000, `${unit}: ${user} µs`);
  }
});

const decoded: readonly [text: string, plain: string][] = [
  ['a', 'a'],
  ['%70assword', 'password'],
  ['%2570assword', 'password'],
  ['%252570assword', 'password'],
  ['api%5Fkey', 'api_key'],
  ['user%5Bpassword%5D', 'user[password]'],
  ['+a+b+', 'a b'],
  ['%70assword%ff', 'passwordÿ'],
  ['%', '%'],
  ['%zz', '%zz'],
  ['%2', '%2'],
];

test('pieces of a query as a server may read them', () => {
  for (const [text, plain] of decoded) assert.equal(plainText(text), plain, text);
});
