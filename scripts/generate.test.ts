import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { test } from 'node:test';
import { generatedFiles, generatedFolders } from './reference/generated.ts';

const root = join(import.meta.dirname, '..');
const files = generatedFiles(root);

for (const [path, text] of files) {
  test(`${path} is up to date`, () => {
    const file = join(root, path);
    assert.ok(existsSync(file), 'there is no such file: npm run generate');
    assert.equal(readFileSync(file, 'utf8'), text, 'it differs from the source: npm run generate');
  });
}

test('nothing is left over of what was generated before', () => {
  const there = generatedFolders.flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => `${folder}/${name}`),
  );
  assert.deepEqual(
    there.filter((path) => !files.has(path)),
    [],
    'npm run generate removes them',
  );
});

const handwritten = ['.', 'docs', 'docs/decisions', 'bench', 'examples/bookshop'].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name): [string, string] => [
      posix.join(folder, name),
      readFileSync(join(root, folder, name), 'utf8'),
    ]),
);

test('links between the documents lead somewhere', () => {
  const broken: string[] = [];
  for (const [path, text] of [...files, ...handwritten]) {
    if (!path.endsWith('.md')) continue;
    for (const [, link] of text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)) {
      const target = posix.join(dirname(path), link!);
      if (!files.has(target) && !existsSync(join(root, target))) broken.push(`${path}: ${link}`);
    }
  }
  assert.deepEqual(broken, []);
});
