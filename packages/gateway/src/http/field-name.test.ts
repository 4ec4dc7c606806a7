import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fieldName } from './field-name.ts';

const identity = [
  'Forwarded',
  'X-Forwarded-For',
  'X-Forwarded-Anything',
  'X-Real-IP',
  'X-User',
  'X-User-Id',
  'X-Roles',
  'Remote-User',
  'X-Consumer-Username',
  'X-Portcullis-Subject',
  'Client-Cert',
  'Client-Cert-Chain',
  'X-Client-Cert',
  'X-Client-DN',
  'X-Forwarded-Client-Cert',
  'X-TLS-Client-Cert',
  'X-Amzn-Mtls-Clientcert',
  'SSL-Client-Cert',
  'X-SSL-Client-Verify',
  'X-Original-URL',
  'X-HTTP-Method-Override',
];
const hopByHop = [
  'Connection',
  'Keep-Alive',
  'TE',
  'Trailer',
  'Transfer-Encoding',
  'Upgrade',
  'HTTP2-Settings',
  'Expect',
];
const ordinary = [
  'Accept',
  'Authorization',
  'Content-Type',
  'X-Users',
  'X-Forwarded',
  'User-Agent',
  'X-Api-Key',
  'Xuser',
];

/** A name as a client might spell it, so that only some servers read it as the same. */
function respelled(name: string): fc.Arbitrary<string> {
  return fc
    .array(fc.record({ upper: fc.boolean(), hyphen: fc.constantFrom('-', '_', '.', '~', '!') }), {
      minLength: name.length,
      maxLength: name.length,
    })
    .map((choices) =>
      choices
        .map(({ upper, hyphen }, at) => {
          const character = name[at]!;
          if (character === '-') return hyphen;
          return upper ? character.toUpperCase() : character.toLowerCase();
        })
        .join(''),
    );
}

for (const name of identity) {
  test(`${name} says who or where the caller is, in any spelling`, () => {
    fc.assert(fc.property(respelled(name), (spelled) => fieldName(spelled).identity));
  });
}

for (const name of hopByHop) {
  test(`${name} is meant for one connection, in any spelling`, () => {
    fc.assert(fc.property(respelled(name), (spelled) => fieldName(spelled).hopByHop));
  });
}

for (const name of ordinary) {
  test(`${name} is for the upstream`, () => {
    const { identity: aboutCaller, hopByHop: ofConnection, lower } = fieldName(name);
    assert.deepEqual([aboutCaller, ofConnection, lower], [false, false, name.toLowerCase()]);
  });
}

test('fields that may come once have bits of their own', () => {
  const names = [
    'Host',
    'Content-Length',
    'Content-Type',
    'Authorization',
    'Origin',
    'Transfer-Encoding',
    'Expect',
    'Cookie',
  ];
  const bits = names.map((name) => fieldName(name).once);
  assert.ok(bits.every((bit) => bit > 0 && (bit & (bit - 1)) === 0));
  assert.equal(new Set(bits).size, names.length);
  assert.equal(fieldName('Accept').once, 0);
});

test('names that clients make up are judged the same once there are more than are remembered', () => {
  for (let i = 0; i < 5_000; i++) assert.equal(fieldName(`X-Made-Up-${i}`).lower, `x-made-up-${i}`);
  assert.equal(fieldName('X_FORWARDED_Late').identity, true);
  assert.equal(fieldName(`x-user-${'a'.repeat(100)}`).lower.length, 107);
});
