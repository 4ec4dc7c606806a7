// What every command of the clone needs first: packages from the lockfile, and the Node that is one of them.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Installs when node_modules is missing or was made from another lockfile. */
export function installIfNeeded() {
  if (isInstalled()) return;
  process.stderr.write('portcullis: installing packages (npm ci), once\n');
  const done = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (done.status !== 0) {
    process.stderr.write('portcullis: npm ci failed, see above\n');
    process.exit(1);
  }
}

/** npm leaves a lockfile of what it installed; it differs from ours only in what this platform does not need. */
function isInstalled() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  const has = JSON.parse(readFileSync(installed, 'utf8')).packages;
  const wants = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(wants).every(
    ([path, { version, optional }]) =>
      !path.startsWith('node_modules/') || optional || has[path]?.version === version,
  );
}

/** The Node of the lockfile; where there is none for the platform, the one that runs this if it is new enough. */
export function projectNode() {
  const ours = join(root, 'node_modules', '.bin', 'node');
  if (existsSync(ours)) return ours;
  if (Number(process.versions.node.split('.')[0]) >= 26) return process.execPath;
  process.stderr.write(
    `portcullis: there is no Node 26 in the lockfile for ${process.platform} ${process.arch}; run this with Node 26 or later\n`,
  );
  process.exit(1);
}
