import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { Extensions } from './extensions.ts';
import { readExtensions } from './extensions.ts';
import { SourceFiles } from './source-files.ts';

const scratch = mkdtempSync(join(tmpdir(), 'extensions-'));
after(() => rmSync(scratch, { recursive: true }));
let count = 0;

interface Folder {
  readonly path: string;
  /** In one step and with another inode, so that it is another file whatever the clock says. */
  write(name: string, text: string): void;
  read(...files: string[]): Promise<Extensions & { readonly sources: SourceFiles }>;
}

function folderWith(files: Readonly<Record<string, string>>): Folder {
  const path = join(scratch, String(count++));
  const write = (name: string, text: string): void => {
    const file = join(path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
  return {
    path,
    write,
    async read(...names) {
      const sources = new SourceFiles();
      return { ...(await readExtensions(names, path, sources)), sources };
    },
  };
}

/** A policy whose summary is an expression over what the module imports. */
function policy(name: string, summary: string, imports = ''): string {
  return `${imports}
export const policy = {
  name: '${name}', summary: ${summary}, phase: 'head', schema: { _zod: {} }, problems: [], onFault: 'refuse', prepare: () => ({}),
};`;
}

const summaries = ({ policies }: Extensions): string[] => policies.map(({ summary }) => summary);

const importing = policy(
  'importing',
  'deep + text.word',
  `import { deep } from './lib/middle.ts';\nimport text from './text.json' with { type: 'json' };`,
);
const files = {
  'a.ts': importing,
  'lib/middle.ts': `export { deep } from './deep.ts';`,
  'lib/deep.ts': `export const deep: string = 'first';`,
  'text.json': `{ "word": " one" }`,
};

test('a change of any module that an extension imports loads it anew', async () => {
  const folder = folderWith(files);
  assert.deepEqual(summaries(await folder.read('a.ts')), ['first one']);
  folder.write('lib/deep.ts', `export const deep: string = 'second';`);
  assert.deepEqual(summaries(await folder.read('a.ts')), ['second one']);
  folder.write('text.json', `{ "word": " two" }`);
  assert.deepEqual(summaries(await folder.read('a.ts')), ['second two']);
  folder.write('lib/middle.ts', `export const deep = 'third';`);
  assert.deepEqual(summaries(await folder.read('a.ts')), ['third two']);
  // What it does not import any more is none of its files.
  const { sources } = await folder.read('a.ts');
  assert.deepEqual(
    [...sources.marks.keys()].map((file) => file.slice(folder.path.length + 1)),
    ['a.ts', 'lib/middle.ts', 'text.json'],
  );
});

test('what has not changed is not loaded again, as a module that was loaded stays in memory', async () => {
  const folder = folderWith(files);
  const [before, again] = [await folder.read('a.ts'), await folder.read('a.ts')];
  assert.equal(again.policies[0], before.policies[0]);
  assert.deepEqual([...again.sources.marks], [...before.sources.marks]);
  folder.write('a.ts', importing);
  assert.notEqual((await folder.read('a.ts')).policies[0], before.policies[0]);
});

test('extensions share the modules that both import, and the packages with the gateway', async () => {
  const zod = import.meta.resolve('zod');
  const gateway = new URL('../policy.ts', import.meta.url).href;
  const imports = `import { state } from './state.ts';\nimport { z } from '${zod}';\nimport { phases } from '${gateway}';\nstate.push(z, phases);`;
  const folder = folderWith({
    'a.ts': policy('a', `''`, imports),
    'b.ts': policy('b', `String(state[0] === state[2])`, imports),
    'state.ts': `export const state: unknown[] = [];\n(globalThis as { sharedState?: unknown[] }).sharedState = state;`,
  });
  const { sources } = await folder.read('a.ts', 'b.ts');
  const { sharedState } = globalThis as unknown as { sharedState: unknown[] };
  const { z } = await import('zod');
  const { phases } = await import('../policy.ts');
  assert.deepEqual(
    sharedState.map((each) => each === z || each === phases),
    [true, true, true, true],
  );
  assert.deepEqual([...sources.marks.keys()].map((file) => file.slice(folder.path.length + 1)).sort(), [
    'a.ts',
    'b.ts',
    'state.ts',
  ]);
  // One change, and both have the same new one.
  folder.write('state.ts', `export const state: unknown[] = ['new', 0, 'new'];`);
  const { policies } = await folder.read('a.ts', 'b.ts');
  assert.equal(policies[1]!.summary, 'true');
});

test('a data thread runs what was read, whatever has become of the files', async () => {
  const folder = folderWith(files);
  const { modules } = await folder.read('a.ts');
  folder.write('a.ts', 'this is no module');
  folder.write('lib/deep.ts', `export const deep = 'changed';`);
  rmSync(join(folder.path, 'lib/middle.ts'));
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(${JSON.stringify(new URL('./extensions.ts', import.meta.url).href)})
      .then(({ importExtensions }) => importExtensions(workerData))
      .then((policies) => parentPort.postMessage(policies.map(({ summary }) => summary)));`;
  const summary = await new Promise((resolve, reject) => {
    new Worker(code, { eval: true, workerData: modules }).once('message', resolve).once('error', reject);
  });
  assert.deepEqual(summary, ['first one']);
});

const broken: readonly (readonly [what: string, file: string, text: string, says: RegExp])[] = [
  ['no module', 'a.ts', 'export const policy = ;', /^extension a\.ts cannot be loaded: \/.*\/a\.ts:1: /],
  [
    'a module that throws',
    'a.ts',
    `throw new Error('at once');`,
    /^extension a\.ts cannot be loaded: at once$/,
  ],
  [
    'an import that is no module',
    'lib/deep.ts',
    'export {',
    /^extension a\.ts cannot be loaded: \/.*\/lib\/deep\.ts:1: /,
  ],
  [
    'an import without the name',
    'lib/deep.ts',
    'export const x = 1;',
    /^extension a\.ts cannot be loaded: .*\/lib\/middle\.ts:1: .*deep/,
  ],
  [
    'an import that is missing',
    'lib/middle.ts',
    `export { deep } from './lost.ts';`,
    /^extension a\.ts cannot be loaded: .*lost\.ts/,
  ],
  ['JSON that is none', 'text.json', '{', /^extension a\.ts cannot be loaded: .*text\.json/],
  ['no policy', 'a.ts', 'export const other = 1;', /^extension a\.ts: exports no `policy`$/],
  [
    'a schema of something else',
    'a.ts',
    policy('a', `''`).replace('{ _zod: {} }', '{ parse() {} }'),
    /^extension a\.ts: schema is none of zod 4$/,
  ],
  [
    'a name that is taken',
    'a.ts',
    policy('cors', `''`),
    /^extension a\.ts: there is a policy named "cors" already$/,
  ],
];

for (const [what, file, text, says] of broken) {
  test(`${what} is a fault that says where, and is mended by its file`, async () => {
    const folder = folderWith(files);
    await folder.read('a.ts');
    folder.write(file, text);
    const sources = new SourceFiles();
    await assert.rejects(readExtensions(['a.ts'], folder.path, sources), ({ message }: Error) => {
      assert.match(message, says);
      assert.doesNotMatch(message, /portcullis-reading/);
      return true;
    });
    assert.ok(sources.marks.has(join(folder.path, file)), [...sources.marks.keys()].join());
    folder.write(file, files[file as keyof typeof files]);
    assert.deepEqual(summaries(await folder.read('a.ts')), ['first one']);
  });
}

test('a missing import is watched for, and a link as it is named', async () => {
  const folder = folderWith({ 'a.ts': policy('a', 'text', `import { text } from './lost.ts';`) });
  const sources = new SourceFiles();
  await assert.rejects(readExtensions(['a.ts'], folder.path, sources));
  assert.ok(sources.marks.has(join(folder.path, 'lost.ts')));
  folder.write('v1.ts', `export const text = 'one';`);
  folder.write('v2.ts', `export const text = 'two';`);
  symlinkSync('v1.ts', join(folder.path, 'lost.ts'));
  const read = await folder.read('a.ts');
  assert.deepEqual(summaries(read), ['one']);
  assert.ok(read.sources.marks.has(join(folder.path, 'lost.ts')));
  symlinkSync('v2.ts', join(folder.path, 'next'));
  renameSync(join(folder.path, 'next'), join(folder.path, 'lost.ts'));
  assert.deepEqual(summaries(await folder.read('a.ts')), ['two']);
});

test('an extension that lies among the packages is one all the same, what it imports there is not', async () => {
  const entry = 'node_modules/acme/policy.js';
  const folder = folderWith({
    [entry]: policy('a', 'text', `import { text } from './text.js';`),
    'node_modules/acme/package.json': '{ "type": "module" }',
    'node_modules/acme/text.js': `export const text = 'one';`,
  });
  const { sources } = await folder.read(entry);
  assert.deepEqual([...sources.marks.keys()], [join(folder.path, entry)]);
  folder.write(entry, policy('a', `'two'`));
  assert.deepEqual(summaries(await folder.read(entry)), ['two']);
});

test('no extensions are no modules', async () => {
  const { policies, modules } = await folderWith({}).read();
  assert.deepEqual(policies, []);
  assert.deepEqual(modules.entries, []);
});
