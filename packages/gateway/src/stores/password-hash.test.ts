import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashPassword, passwordMatches, unmatchedHash, usualCost } from './password-hash.ts';

const cheap = { logN: 4, r: 8, p: 1 };

test('a password fits its own hash only', async () => {
  const hash = await hashPassword('correct horse', cheap);
  assert.match(hash, /^\$scrypt\$ln=4,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.equal(await passwordMatches('correct horse', hash), true);
  for (const other of ['correct horsf', 'correct hors', 'correct horse ', ''])
    assert.equal(await passwordMatches(other, hash), false, other);
  assert.notEqual(await hashPassword('correct horse', cheap), hash);
});

test('a hash made elsewhere, RFC 7914 section 12, third vector', async () => {
  // The first 32 bytes of "7023bdcb3afd7348…"; the salt is SodiumChloride, in base64.
  const salt = Buffer.from('SodiumChloride').toString('base64').replace(/=+$/, '');
  const hash = Buffer.from('7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2', 'hex');
  const stored = `$scrypt$ln=14,r=8,p=1$${salt}$${hash.toString('base64').replace(/=+$/, '')}`;
  assert.equal(await passwordMatches('pleaseletmein', stored), true);
  assert.equal(await passwordMatches('pleaseletmeIn', stored), false);
});

test('the same password composed differently is the same', async () => {
  const hash = await hashPassword('caf\u00e9 caf\u00e9', cheap);
  assert.equal(await passwordMatches('cafe\u0301 cafe\u0301', hash), true);
});

test('what no password fits costs as much to look at', async () => {
  const stored = unmatchedHash(cheap);
  assert.equal(await passwordMatches('', stored), false);
  const parameters = (hash: string): string | undefined => hash.split('$')[2];
  assert.equal(parameters(unmatchedHash()), `ln=${usualCost.logN},r=${usualCost.r},p=${usualCost.p}`);
});

test('what is no hash, or would cost too much, is refused', async () => {
  const hash = await hashPassword('x'.repeat(12), cheap);
  for (const bad of [
    '',
    'plain',
    hash.slice(1),
    `${hash}x`,
    hash.replace('ln=4', 'ln=x'),
    hash.replace('ln=4', 'ln=31'),
  ])
    await assert.rejects(passwordMatches('x', bad), bad);
});
