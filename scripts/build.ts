import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * `npm run build`: the package as it is published, in packages/gateway/dist. Node takes no TypeScript from
 * node_modules, so that it holds JavaScript and declarations; `npm publish packages/gateway/dist` is all that is left.
 */

const root = join(import.meta.dirname, '..');
const gateway = join(root, 'packages', 'gateway');
const dist = join(gateway, 'dist');

rmSync(dist, { recursive: true, force: true });
const compiled = spawnSync(
  process.execPath,
  [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', join(gateway, 'tsconfig.build.json')],
  { stdio: 'inherit' },
);
if (compiled.status !== 0) process.exit(1);

const {
  private: _,
  scripts: __,
  ...source
} = JSON.parse(readFileSync(join(gateway, 'package.json'), 'utf8')) as Manifest;
const manifest: Manifest = {
  ...source,
  bin: Object.fromEntries(Object.entries(source.bin).map(([name, file]) => [name, published(file).slice(2)])),
  exports: {
    ...Object.fromEntries(Object.entries(source.exports).map(([name, file]) => [name, published(file)])),
    './portcullis.schema.json': './portcullis.schema.json',
  },
};
writeFileSync(join(dist, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
for (const name of ['README.md', 'LICENSE', 'NOTICE', 'CHANGELOG.md']) {
  copyFileSync(join(root, name), join(dist, name));
}
cpSync(join(root, 'schemas'), dist, { recursive: true });
process.stdout.write(`built ${manifest.name} ${manifest.version} in packages/gateway/dist\n`);

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly scripts?: unknown;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string>>;
}

/** Where the compiler puts a file of src. Declarations lie beside it, where TypeScript finds them by itself. */
function published(file: string): string {
  return file.replace(/^(?:\.\/)?src\//, './').replace(/\.ts$/, '.js');
}
