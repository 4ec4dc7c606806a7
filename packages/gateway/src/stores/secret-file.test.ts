import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createOnce, makeSecretFile, readSecretFile } from './secret-file.ts';

test('a secret file is made once, whole, for its owner', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'secret-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'secret');
  assert.equal(readSecretFile(file), undefined);
  const made = makeSecretFile(file);
  assert.equal(made.symmetricKeySize, 32);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.ok(made.equals(readSecretFile(file)!));
  // Another process that was late takes over what is there.
  assert.ok(made.equals(makeSecretFile(file)));
  createOnce(file, Buffer.from('other'));
  assert.equal(readFileSync(file).length, 32);
  assert.deepEqual(readdirSync(folder), ['secret']);
  writeFileSync(file, 'short');
  assert.throws(() => readSecretFile(file), /must have 32 bytes and has 5/);
});
