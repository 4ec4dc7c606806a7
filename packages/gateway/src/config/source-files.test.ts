import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { markOf, SourceFiles } from './source-files.ts';

test('a file keeps the state that it had when it was added, also that of not being there', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sources-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [there, missing] = [join(folder, 'there'), join(folder, 'missing')];
  writeFileSync(there, '1');
  const sources = new SourceFiles();
  const before = markOf(there);
  sources.add(there);
  sources.add(missing);
  writeFileSync(there, 'changed');
  writeFileSync(missing, 'made');
  sources.add(there);
  sources.add(missing);
  assert.deepEqual(
    [...sources.marks],
    [
      [there, before],
      [missing, undefined],
    ],
  );
  assert.notEqual(markOf(there), before);
  assert.notEqual(markOf(missing), undefined);
});

test('there is a most, and it is told when it was not enough', () => {
  const sources = new SourceFiles(2);
  for (const file of ['/no/a', '/no/b', '/no/a']) sources.add(file);
  assert.ok(sources.isComplete);
  sources.add('/no/c');
  assert.equal(sources.isComplete, false);
  assert.deepEqual([...sources.marks.keys()], ['/no/a', '/no/b']);
});

test('what the gateway wrote itself is no change', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sources-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'keys.json');
  const sources = new SourceFiles();
  sources.add(file);
  assert.equal(sources.marks.get(file), undefined);
  writeFileSync(file, '{}');
  sources.renew(file);
  assert.equal(sources.marks.get(file), markOf(file));
  assert.notEqual(markOf(file), undefined);
  sources.renew(join(folder, 'other.json'));
  assert.deepEqual([...sources.marks.keys()], [file]);
});
