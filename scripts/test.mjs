// The entry of `npm test`, in JavaScript that any Node from 20 on understands: it sees to what the tests need, then
// runs the static checks and every test on the Node that the lockfile brings. node:test has the last word.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installIfNeeded, projectNode, root } from './setup.mjs';

/** Programs that tests drive, and the Debian packages that bring them. */
const programs = { curl: 'curl', openssl: 'openssl', chromium: 'chromium', sqlmap: 'sqlmap' };

/** What tests read, and the Debian packages that bring it. */
const files = { '/usr/share/modsecurity-crs/rules': 'modsecurity-crs' };

/** Whole-gateway tests start processes of several threads; more at once than this starve each other on two cores. */
const concurrency = 2;

installIfNeeded();
ensurePrograms();
const node = projectNode();
const env = {
  ...corporaThere(),
  ...process.env,
  NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'portcullis'),
};
const named = process.argv.slice(2);
// Somebody who names files is at work on them: the checks are for the whole.
const checks = named.length > 0 ? 0 : run([join(root, 'scripts', 'check.ts')]);
const tests = named.length > 0 ? named : ['packages', 'examples', 'scripts', 'test'].flatMap(testsBelow);
if (checks !== 0) process.stderr.write('portcullis: the static checks failed; the tests run all the same\n');
const reporter = pathToFileURL(join(root, 'scripts', 'test-reporter.mjs')).href;
const outcome = run(['--test', `--test-concurrency=${concurrency}`, `--test-reporter=${reporter}`, ...tests]);
process.exitCode = checks === 0 ? outcome : 1;

function run(args) {
  return spawnSync(node, args, { cwd: root, stdio: 'inherit', env }).status ?? 1;
}

/** Whatever is called *.test.ts, in the order of its path. */
function testsBelow(folder) {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .filter((file) => !/(^|[/\\])(node_modules|dist|\.portcullis)[/\\]/.test(file))
    .sort();
}

/** Vectors and documents of others, which some tests go through: too large to be kept here. */
function corporaThere() {
  if (process.env.PORTCULLIS_CORPORA !== undefined) return {};
  const folder = join(dirname(root), 'shared', 'corpora');
  if (existsSync(folder)) return { PORTCULLIS_CORPORA: folder };
  process.stderr.write(
    `portcullis: left out, as there is no ${folder} and PORTCULLIS_CORPORA names no other folder: conformance suites\n`,
  );
  return {};
}

/** Installs what is missing where that is possible, and says what to install where it is not. */
function ensurePrograms() {
  const missing = [
    ...Object.keys(programs).filter((program) => !isOnPath(program)),
    ...Object.keys(files).filter((file) => !existsSync(file)),
  ];
  if (missing.length === 0) return;
  const packages = missing.map((each) => programs[each] ?? files[each]);
  if (process.getuid?.() !== 0 || !isOnPath('apt-get')) {
    process.stderr.write(
      `portcullis: the tests need ${missing.join(' and ')}; install ${packages.join(' ')}\n`,
    );
    process.exit(1);
  }
  process.stderr.write(`portcullis: installing ${packages.join(' ')} (apt-get), once\n`);
  apt('update');
  apt('install', '--yes', '--no-install-recommends', ...packages);
}

function apt(...args) {
  const done = spawnSync('apt-get', ['--quiet=2', ...args], {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (done.status === 0) return;
  process.stderr.write(`portcullis: apt-get ${args[0]} failed, see above\n`);
  process.exit(1);
}

function isOnPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}
