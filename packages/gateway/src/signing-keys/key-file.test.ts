import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readKeySet } from '../policies/authentication/jwt/key-set.ts';
import { maintainKeys, writePublicKeys } from './key-file.ts';
import type { KeyRules, SigningKey } from './key-plan.ts';

const rules: KeyRules = { algorithm: 'ES256', rotateEvery: 1000, publishAhead: 100, keepFor: 50 };

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'keys-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

const privateKeysFile = (folder: string): string => join(folder, 'keys.json');
const publicKeysFile = (folder: string): string => join(folder, 'jwks.json');

function maintain(folder: string, now: number, rules: KeyRules): readonly SigningKey[] {
  const keys = maintainKeys(privateKeysFile(folder), now, rules);
  writePublicKeys(publicKeysFile(folder), keys);
  return keys;
}

const publicKids = (folder: string): string[] =>
  readKeySet(readFileSync(publicKeysFile(folder), 'utf8')).map(({ kid }) => String(kid));

test('keys are made, kept for their owner, published without their private half, and turned', (t) => {
  const folder = folderFor(t);
  const [first] = maintain(folder, 0, rules);
  for (const file of [privateKeysFile(folder), publicKeysFile(folder)])
    assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.doesNotMatch(readFileSync(publicKeysFile(folder), 'utf8'), /"d"/);
  assert.deepEqual(publicKids(folder), [first!.kid]);
  assert.deepEqual(maintain(folder, 500, rules), [first]);
  const ahead = maintain(folder, 900, rules);
  assert.deepEqual([ahead.length, ahead[0]], [2, first]);
  assert.deepEqual(
    publicKids(folder),
    ahead.map(({ kid }) => kid),
  );
  const turned = maintain(folder, 1000, rules);
  assert.deepEqual(turned, [ahead[1], first]);
  assert.deepEqual(maintain(folder, 1050, rules), [ahead[1]]);
  assert.deepEqual(publicKids(folder), [ahead[1]!.kid]);
  assert.deepEqual(readdirSync(folder).sort(), ['jwks.json', 'keys.json']);
});

for (const algorithm of ['ES256', 'EdDSA', 'RS256'] as const) {
  test(`a key for ${algorithm} signs, and its published half verifies`, (t) => {
    const folder = folderFor(t);
    const [key] = maintain(folder, 0, { ...rules, algorithm });
    const [published] = JSON.parse(readFileSync(publicKeysFile(folder), 'utf8')).keys;
    assert.deepEqual([published.alg, published.use, published.kid], [algorithm, 'sig', key!.kid]);
    const digest = algorithm === 'EdDSA' ? null : 'sha256';
    const signature = sign(digest, Buffer.from('x'), createPrivateKey({ key: key!.jwk, format: 'jwk' }));
    assert.ok(
      verify(digest, Buffer.from('x'), createPublicKey({ key: published, format: 'jwk' }), signature),
    );
  });
}

test('an untouched key set is not written again, as the gateway watches it', (t) => {
  const folder = folderFor(t);
  maintain(folder, 0, rules);
  utimesSync(publicKeysFile(folder), 1, 1);
  maintain(folder, 1, rules);
  assert.equal(statSync(publicKeysFile(folder)).mtimeMs, 1000);
  rmSync(publicKeysFile(folder));
  maintain(folder, 2, rules);
  assert.equal(publicKids(folder).length, 1);
});

test('while another process turns the keys this one leaves them; a lock that was left behind holds nobody up', (t) => {
  const folder = folderFor(t);
  const [first] = maintain(folder, 0, rules);
  const lock = `${privateKeysFile(folder)}.lock`;
  writeFileSync(lock, '');
  assert.deepEqual(maintain(folder, 900, rules), [first]);
  utimesSync(lock, 1, 1);
  assert.equal(maintain(folder, 900, rules).length, 2);
});

test('what is no key file is not written over', (t) => {
  for (const text of ['', '{}', '{"keys":[{}]}', '{"keys":[]}', 'secret']) {
    const folder = folderFor(t);
    writeFileSync(privateKeysFile(folder), text);
    assert.throws(
      () => maintain(folder, 0, rules),
      (error: Error) => !error.message.includes('secret'),
    );
    assert.equal(readFileSync(privateKeysFile(folder), 'utf8'), text);
  }
});
