import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode } from './testing/issuer.ts';
import { longestToken, parseToken } from './token.ts';

const header = { alg: 'ES256', kid: 'a', typ: 'JWT' };
const good = `${encode(header)}.${encode({ sub: 'alice' })}.c2ln`;

function reason(token: string): string {
  const parsed = parseToken(token);
  return 'reason' in parsed ? parsed.reason : 'parsed';
}

test('a token is taken apart', () => {
  const parsed = parseToken(good);
  assert.ok(!('reason' in parsed));
  assert.deepEqual(parsed.header, header);
  assert.deepEqual(parsed.claims, { sub: 'alice' });
  assert.equal(`${parsed.signed}.c2ln`, good);
  assert.equal(parsed.signature.toString(), 'sig');
});

const withHeader = (more: object | string): string =>
  `${encode(typeof more === 'string' ? more : { ...header, ...more })}.${encode({})}.c2ln`;

const vectors: readonly [name: string, token: string, reason: string][] = [
  ['nothing', '', 'not-a-jws'],
  ['dots only', '..', 'not-a-jws'],
  ['two parts', 'a.b', 'not-a-jws'],
  ['four parts', `${good}.x`, 'not-a-jws'],
  ['five parts, as of a JWE', 'a.b.c.d.e', 'not-a-jws'],
  ['no claims', 'e30..c2ln', 'not-a-jws'],
  ['no signature', `${encode(header)}.${encode({})}.`, 'signature-base64'],
  ['padding', `${encode(header)}.${encode({})}.c2lnIQ==`, 'signature-base64'],
  ['base64 instead of base64url', `${encode(header)}.${encode({})}.a+/b`, 'signature-base64'],
  ['bits that say nothing', `${encode(header)}.${encode({})}.c2lnIR`, 'signature-base64'],
  ['white space', `${encode(header)}.${encode({})}.c2 ln`, 'signature-base64'],
  ['a newline at the end', `${good}\n`, 'signature-base64'],
  ['header no JSON', `bm90.${encode({})}.c2ln`, 'header-json'],
  ['header a list', `${encode('[]')}.${encode({})}.c2ln`, 'header-json'],
  ['claims a text', `${encode(header)}.${encode('"sub"')}.c2ln`, 'claims-json'],
  [
    'claims not UTF-8',
    `${encode(header)}.${Buffer.from('{"a":"\xff"}', 'latin1').toString('base64url')}.c2ln`,
    'claims-utf-8',
  ],
  ['claims with a byte order mark', `${encode(header)}.${encode('\ufeff{}')}.c2ln`, 'claims-json'],
  ['alg twice', withHeader('{"alg":"none","alg":"ES256"}'), 'header-member-twice'],
  ['sub twice', `${encode(header)}.${encode('{"sub":"a","sub":"b"}')}.c2ln`, 'claims-member-twice'],
  ['crit', withHeader({ crit: ['exp'], exp: 1 }), 'crit-unknown'],
  ['crit empty', withHeader({ crit: [] }), 'crit-unknown'],
  ['b64', withHeader({ b64: false }), 'b64-unknown'],
  ['b64 true', withHeader({ b64: true }), 'b64-unknown'],
  ['no alg', withHeader({ alg: undefined }), 'alg-missing'],
  ['alg a list', withHeader({ alg: ['ES256'] }), 'alg-missing'],
  ['kid a number', withHeader({ kid: 1 }), 'kid-malformed'],
  ['kid an object', withHeader({ kid: {} }), 'kid-malformed'],
  ['kid long', withHeader({ kid: 'k'.repeat(257) }), 'kid-malformed'],
  ['typ a list', withHeader({ typ: [] }), 'typ-malformed'],
];

for (const [name, token, expected] of vectors)
  test(`${name}: ${expected}`, () => assert.equal(reason(token), expected));

test('keys that a token brings along are ignored', () => {
  const parsed = parseToken(
    withHeader({ jwk: { kty: 'oct' }, jku: 'https://evil.example', x5u: 'https://evil.example', x5c: ['x'] }),
  );
  assert.ok(!('reason' in parsed));
  assert.deepEqual(parsed.header, header);
});

test('a token that is too long is not looked at', () => {
  assert.equal(reason('.'.repeat(longestToken)), 'not-a-jws');
  assert.equal(reason('.'.repeat(longestToken + 1)), 'too-long');
});
