import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { boundaryFaults } from './boundaries.ts';

/** `npm run check`: everything that can be said of the code without running it. All of it runs, whatever fails first. */

const root = join(import.meta.dirname, '..');
const installed = (path: string): string => join(root, 'node_modules', path);

const tools: readonly (readonly [name: string, script: string, ...args: string[]])[] = [
  ['types (tsc)', 'typescript/bin/tsc', '-p', '.'],
  ['lint and format (biome)', '@biomejs/biome/bin/biome', 'ci', '--error-on-warnings', '--colors=off'],
  ['unused code and dependencies (knip)', 'knip/bin/knip.js'],
];

function runTool([name, script, ...args]: (typeof tools)[number]): boolean {
  const { status, stdout, stderr } = spawnSync(process.execPath, [installed(script), ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1_048_576,
    // They cost more to look through than they help, in a log that machines read too.
    env: { ...process.env, NO_COLOR: '1' },
  });
  return tell(name, status === 0, `${stdout}${stderr}`);
}

function checkBoundaries(): boolean {
  const faults = boundaryFaults(root);
  const text = faults.map(({ file, line, message }) => `${file}:${line}  ${message}`).join('\n');
  return tell('import boundaries', faults.length === 0, text);
}

function tell(name: string, passed: boolean, output: string): boolean {
  process.stdout.write(`${passed ? '✔' : '✖'} ${name}\n`);
  if (!passed) process.stdout.write(`${output.trim()}\n\n`);
  return passed;
}

const outcomes = [checkBoundaries(), ...tools.map(runTool)];
process.exitCode = outcomes.every((passed) => passed) ? 0 : 1;
