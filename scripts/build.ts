import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

/**
 * `npm run build [-- FOLDER]`: the packages as they are published, in packages/seclang/dist and packages/gateway/dist, or in
 * folders of their names in FOLDER. Node takes no TypeScript from node_modules, so that they hold JavaScript and
 * declarations; `npm publish` of both is all that is left.
 */
const [elsewhere] = process.argv.slice(2);

const root = join(import.meta.dirname, '..');

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly scripts?: unknown;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

interface Published {
  /** Its name in `packages`. */
  readonly package: string;
  /** Folder of what is compiled, in `dist`. */
  readonly compiled: string;
  /** What else is exported, by file. */
  readonly exports: Readonly<Record<string, string>>;
  /** Copies what is not compiled into `dist`. */
  copy(dist: string): void;
}

const packages = join(root, 'packages');

const seclang: Published = {
  package: 'seclang',
  // Beside the rules, as in the repository.
  compiled: 'src',
  exports: {},
  copy(dist) {
    const source = join(packages, this.package);
    for (const each of [join('rules', 'core'), 'examples'])
      cpSync(join(source, each), join(dist, each), {
        recursive: true,
        filter: (file) => !/testing|\.test\.ts$|\.examples\.txt$/.test(relative(source, file)),
      });
    copyFileSync(join(source, 'README.md'), join(dist, 'README.md'));
    for (const name of ['LICENSE', 'NOTICE']) copyFileSync(join(root, name), join(dist, name));
  },
};

const gateway: Published = {
  package: 'gateway',
  compiled: '.',
  exports: { './portcullis.schema.json': './portcullis.schema.json' },
  copy(dist) {
    for (const name of ['README.md', 'LICENSE', 'NOTICE', 'CHANGELOG.md'])
      copyFileSync(join(root, name), join(dist, name));
    cpSync(join(root, 'schemas'), dist, { recursive: true });
  },
};

const versions = new Map<string, string>();
for (const published of [seclang, gateway]) build(published);

function build(published: Published): void {
  const { compiled, exports } = published;
  const folder = join(packages, published.package);
  const dist = elsewhere === undefined ? join(folder, 'dist') : resolve(elsewhere, published.package);
  rmSync(dist, { recursive: true, force: true });
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [compiler, '-p', join(folder, 'tsconfig.build.json'), '--outDir', join(dist, compiled)];
  if (spawnSync(process.execPath, args, { stdio: 'inherit' }).status !== 0) process.exit(1);
  const {
    private: _,
    scripts: __,
    ...source
  } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  const file = (written: string): string =>
    written
      .replace(/^(?:\.\/)?src\//, `./${compiled}/`)
      .replace('/./', '/')
      .replace(/\.ts$/, '.js');
  const manifest: Manifest = {
    ...source,
    ...(source.bin !== undefined && {
      bin: Object.fromEntries(Object.entries(source.bin).map(([name, each]) => [name, file(each).slice(2)])),
    }),
    exports: {
      ...Object.fromEntries(Object.entries(source.exports).map(([name, each]) => [name, file(each)])),
      ...exports,
    },
    ...(source.dependencies !== undefined && {
      // In the repository any version is right: the one that is there.
      dependencies: Object.fromEntries(
        Object.entries(source.dependencies).map(([name, range]) => [name, versions.get(name) ?? range]),
      ),
    }),
  };
  versions.set(manifest.name, `^${manifest.version}`);
  writeFileSync(join(dist, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  published.copy(dist);
  process.stdout.write(
    `built ${manifest.name} ${manifest.version} in ${elsewhere === undefined ? relative(root, dist) : dist}\n`,
  );
}
