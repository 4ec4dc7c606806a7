import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { curl } from '../harness/curl.ts';
import { temporaryFolder } from '../harness/folder.ts';
import { startGateway } from '../harness/gateway.ts';
import { repository, runProgram } from '../harness/program.ts';
import { startUpstream } from '../harness/upstream.ts';

const useLibrary = `
import { readFileSync, globSync } from 'node:fs';
import { coreRules, loadRules } from '@portcullis/seclang';
const files = { read: (path) => readFileSync(path, 'latin1'), list: (pattern) => globSync(pattern) };
const loaded = loadRules(coreRules(), { files });
process.stdout.write(String(loaded.ok));
`;

test('the packages as they are published work by themselves', async (t) => {
  const folder = temporaryFolder(t, { 'use-library.mjs': useLibrary });
  const built = await runProgram(process.execPath, [join(repository, 'scripts', 'build.ts'), folder], {
    timeout: 120_000,
  });
  assert.equal(built.code, 0, built.err);

  // As npm lays them out; what they depend on is the repository's.
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '@portcullis'), { recursive: true });
  for (const name of readdirSync(join(repository, 'node_modules'))) {
    if (name !== 'portcullis' && name !== '@portcullis')
      symlinkSync(join(repository, 'node_modules', name), join(modules, name));
  }
  renameSync(join(folder, 'seclang'), join(modules, '@portcullis', 'seclang'));
  renameSync(join(folder, 'gateway'), join(modules, 'portcullis'));

  const library = await runProgram(process.execPath, ['use-library.mjs'], { cwd: folder });
  assert.deepEqual([library.code, library.out], [0, 'true'], library.err);

  const installed = join(modules, 'portcullis');
  const { bin } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    bin: { portcullis: string };
  };
  const { origin } = await startUpstream(t);
  const gateway = await startGateway(t, {
    program: join(installed, bin.portcullis),
    config: `
listen: { http: { port: 0, plaintext: true } }
threads: 1
policies: { authentication: none, waf: { rules: core, mode: enforce } }
apis: { shop: { upstream: { targets: ['${origin}'] } } }
`,
  });
  assert.equal((await curl(`${gateway.http}/?q=innocent`)).status, 200);
  assert.equal((await curl(`${gateway.http}/?q=%27+or+1%3D1--`)).status, 403);
});
