import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { stateFolder } from './state-folder.ts';

test('the state folder', (t) => {
  const base = mkdtempSync(join(tmpdir(), 'state-'));
  t.after(() => rmSync(base, { recursive: true }));
  const at = (...names: string[]): string => join(base, ...names);
  const mode = (path: string): number => statSync(path).mode & 0o777;

  assert.equal(stateFolder(at('a', 'b')), at('a', 'b'));
  assert.equal(mode(at('a')), 0o700);
  assert.equal(mode(at('a', 'b')), 0o700);
  assert.equal(stateFolder(at('a', 'b')), at('a', 'b'), 'a second time');

  const umask = process.umask(0o777);
  try {
    stateFolder(at('umask'));
  } finally {
    process.umask(umask);
  }
  assert.equal(mode(at('umask')), 0o700);

  writeFileSync(at('file'), '');
  assert.throws(() => stateFolder(at('file')), /the state folder ".*file" is a file; name a folder instead/);
  assert.throws(
    () => stateFolder(at('file', 'below')),
    /the state folder ".*below" cannot be made: .*ENOTDIR/,
  );

  const vectors: [mode: number, ok: boolean][] = [
    [0o700, true],
    [0o755, true],
    [0o750, true],
    [0o770, false],
    [0o702, false],
    [0o777, false],
  ];
  for (const [bits, ok] of vectors) {
    const folder = at(`mode-${bits.toString(8)}`);
    mkdirSync(folder);
    chmodSync(folder, bits);
    if (ok) assert.equal(stateFolder(folder), folder);
    else
      assert.throws(
        () => stateFolder(folder),
        new RegExp(`can be written by others \\(mode 0${bits.toString(8)}\\); run: chmod go-w`),
      );
    assert.equal(mode(folder), bits, 'is left as it is');
  }

  symlinkSync(at('mode-700'), at('good-link'));
  symlinkSync(at('mode-777'), at('bad-link'));
  assert.equal(stateFolder(at('good-link')), at('good-link'));
  assert.throws(() => stateFolder(at('bad-link')), /can be written by others/);
});
