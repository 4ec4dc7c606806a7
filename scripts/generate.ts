import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generatedFiles, generatedFolders } from './reference/generated.ts';

/** `npm run generate`: writes what is made from the source, and says what has changed. */

const root = join(import.meta.dirname, '..');
const files = generatedFiles(root);

for (const [path, text] of files) {
  const file = join(root, path);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  process.stdout.write(`wrote ${path}\n`);
}
for (const folder of generatedFolders) {
  for (const name of readdirSync(join(root, folder))) {
    if (files.has(`${folder}/${name}`)) continue;
    rmSync(join(root, folder, name));
    process.stdout.write(`removed ${folder}/${name}\n`);
  }
}
