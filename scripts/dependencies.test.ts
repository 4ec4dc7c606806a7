import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/decisions/dependencies.md'), 'utf8');

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

function namesIn(file: string): string[] {
  const manifest = JSON.parse(readFileSync(join(root, file), 'utf8')) as Manifest;
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  return Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
}

/** Names in the first column of the tables. */
const explained = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .flatMap((line) => [...line.split('|')[1]!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!));

test('each dependency says why it is there, and nothing else does', () => {
  const manifests = ['package.json', ...globSync('{packages,examples}/*/package.json', { cwd: root })];
  const used = new Set(manifests.flatMap(namesIn));
  assert.deepEqual([...new Set(explained)].sort(), [...used].sort());
});
