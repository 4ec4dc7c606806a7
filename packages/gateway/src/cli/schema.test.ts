import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { folderWith, portcullis } from './testing/program.ts';

const zod = import.meta.resolve('zod');

/** A policy of the user that imports what it needs. */
const files = {
  'portcullis.yaml': `
extensions: [./quiet.ts]
listen: { http: { port: 8080, plaintext: true } }
policies: { authentication: none }
apis:
  shop: { upstream: { targets: ['http://127.0.0.1:3100'] }, policies: { quiet: { hours: 3, word: '$\{WORD}' } } }
`,
  'quiet.ts': `
import { z } from '${zod}';
import { most } from './most.ts';

export const policy = {
  name: 'quiet',
  summary: 'Is quiet.',
  phase: 'head',
  schema: z.strictObject({
    hours: z.int().max(most).describe('How long.'),
    word: z.string().regex(/^[a-z]+$/).optional(),
  }),
  problems: [],
  onFault: 'refuse',
  prepare: () => ({}),
};
`,
  'most.ts': 'export const most = 5;',
};

type Check = (configuration: string) => readonly string[];

/** What an editor would mark: the place of each fault. */
function editorWith(text: string): Check {
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(
    JSON.parse(text) as object,
  );
  return (configuration) => {
    validate(parse(configuration));
    return (validate.errors ?? []).map(({ instancePath, keyword }) => `${instancePath} ${keyword}`);
  };
}

test('an editor knows the options of policies of your own', async (t) => {
  const folder = folderWith(t, files);
  const { code, out, err } = await portcullis(folder, 'schema');
  assert.deepEqual([code, err], [0, '']);
  const check = editorWith(out);
  const good = files['portcullis.yaml'];
  assert.deepEqual(check(good), []);
  const at = '/apis/shop/policies/quiet';
  const bad: readonly (readonly [from: string, to: string, fault: string])[] = [
    ['hours: 3', 'hours: 6', `${at}/hours maximum`],
    ['hours: 3', 'hour: 3', `${at} additionalProperties`],
    ['hours: 3, ', '', `${at} required`],
    [`'$\{WORD}'`, 'Up', `${at}/word pattern`],
    ['quiet: {', 'quite: {', '/apis/shop/policies additionalProperties'],
  ];
  for (const [from, to, fault] of bad) {
    const found = check(good.replace(from, to));
    assert.ok(found.includes(fault), `${to}: ${found.join()}`);
  }
  assert.match(out, /"description": "Is quiet\."/);
  assert.match(out, /"description": "How long\."/);

  const { out: common } = await portcullis(folderWith(t, {}), 'schema');
  assert.deepEqual(editorWith(common)(good), ['/apis/shop/policies additionalProperties']);
});

test('without a configuration it is that of this repository', async (t) => {
  const { code, out } = await portcullis(folderWith(t, {}), 'schema');
  assert.equal(code, 0);
  const kept = new URL('../../../../schemas/portcullis.schema.json', import.meta.url);
  assert.equal(out, readFileSync(kept, 'utf8'));
});

test('faults elsewhere in the configuration do not matter, as it is for whoever is writing one', async (t) => {
  const folder = folderWith(t, {
    ...files,
    'portcullis.yaml': `extensions: [quiet.ts]\nlisten: $\{NOBODY}\napis: 1`,
  });
  const { code, out } = await portcullis(folder, 'schema');
  assert.equal(code, 0);
  assert.match(out, /"quiet": \{/);
});

test('--output writes a file, and leaves the one before where something is wrong', async (t) => {
  const folder = folderWith(t, {
    ...files,
    'bad.yaml': 'extensions: [lost.ts]',
    'worse.yaml': 'extensions: [quiet.ts]\n  }{',
  });
  const schema = (): string => readFileSync(join(folder, 'of.json'), 'utf8');
  const done = await portcullis(folder, 'schema', '--config', 'portcullis.yaml', '--output', 'of.json');
  assert.deepEqual(done, { code: 0, out: '', err: '' });
  const before = schema();
  assert.match(before, /"quiet": \{/);
  const faults: readonly (readonly [args: readonly string[], code: number, says: RegExp])[] = [
    [['bad.yaml'], 1, /^bad\.yaml:1:1 {2}extensions {2}extension lost\.ts cannot be loaded: /],
    [['worse.yaml'], 1, /^worse\.yaml:2:\d+ {2}\S/],
    [['none.yaml'], 1, /^none\.yaml:1:1 {2}cannot be read: there is no such file$/m],
    [['a.yaml', '--config', 'b.yaml'], 2, /two configurations, a\.yaml and b\.yaml/],
    [['a.yaml', 'b.yaml'], 2, /"b\.yaml" is one word too many/],
    [['--outptu', 'x'], 2, /did you mean --output\?/],
  ];
  for (const [args, code, says] of faults) {
    const outcome = await portcullis(folder, 'schema', ...args, '--output', 'of.json');
    assert.equal(outcome.code, code, args.join(' '));
    assert.match(outcome.err, says);
    assert.doesNotMatch(outcome.err, /^\s+at /m);
    assert.equal(outcome.out, '');
    assert.equal(schema(), before);
  }
  const unwritable = await portcullis(folder, 'schema', '--output', 'no/such/folder.json');
  assert.equal(unwritable.code, 1);
  assert.match(unwritable.err, /^portcullis: no\/such\/folder\.json cannot be written: /);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith('.new')),
    [],
  );
});
