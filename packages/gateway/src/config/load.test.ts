import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { after, test } from 'node:test';
import { ConfigurationError, loadConfiguration } from './load.ts';
import { SourceFiles } from './source-files.ts';

const scratch = mkdtempSync(join(tmpdir(), 'configuration-'));
after(() => rmSync(scratch, { recursive: true }));
let count = 0;

/** What a configuration is made of, by names in its folder, and its fault if it has one. */
async function sourcesOf(
  files: Readonly<Record<string, string>>,
): Promise<{ names: string[]; fault: string }> {
  const folder = join(scratch, String(count++));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const sources = new SourceFiles();
  let fault = '';
  await loadConfiguration(join(folder, 'portcullis.yaml'), {}, sources).catch((error: unknown) => {
    if (!(error instanceof ConfigurationError)) throw error;
    fault = error.message;
  });
  return { names: [...sources.marks.keys()].map((file) => relative(folder, file)).sort(), fault };
}

const configuration = `
listen: { https: { port: 8443, certificates: [{ cert: tls/a.crt, key: tls/a.key }] } }
extensions: [own.ts]
authenticators:
  here: { jwt: { issuer: i, audience: a, jwks: keys.json, algorithms: [ES256] } }
  there: { jwt: { issuer: i, audience: a, jwks: 'https://id.example/keys', algorithms: [ES256] } }
policies: { authentication: none }
apis:
  shop:
    openapi: api/shop.yaml
    upstream: { targets: ['https://shop.internal'], tls: { ca: tls/ca.crt, cert: tls/up.crt, key: tls/up.key } }
`;
const all = {
  'portcullis.yaml': configuration,
  'own.ts': `import { z } from '${import.meta.resolve('zod')}';
import { name } from './name.ts';
export const policy = { name, summary: '', phase: 'head', schema: z.object({}), problems: [], onFault: 'refuse', prepare: () => ({}) };`,
  'name.ts': `export const name = 'own';`,
  'api/shop.yaml': `{ openapi: 3.1.0, info: { title: t, version: '1' }, paths: { /x: { $ref: 'paths/x.yaml' } } }`,
  'api/paths/x.yaml': `get: { responses: {} }\npost: { requestBody: { content: { application/json: { schema: { $ref: '../schemas.json#/Order' } } } } }`,
  'api/schemas.json': `{ "Order": { "type": "object" } }`,
  'api/unused.yaml': '{}',
};
const names = [
  'api/paths/x.yaml',
  'api/schemas.json',
  'api/shop.yaml',
  'keys.json',
  'name.ts',
  'own.ts',
  'portcullis.yaml',
  'tls/a.crt',
  'tls/a.key',
  'tls/ca.crt',
  'tls/up.crt',
  'tls/up.key',
];

test('a configuration is made of every file that takes part, those that are read later included', async () => {
  assert.deepEqual(await sourcesOf(all), { names, fault: '' });
});

const broken: readonly (readonly [what: string, change: object, mendedBy: string])[] = [
  ['a definition', { 'api/shop.yaml': '{' }, 'api/shop.yaml'],
  ['a file that a definition refers to', { 'api/paths/x.yaml': '{' }, 'api/paths/x.yaml'],
  ['a reference to no file', { 'api/paths/x.yaml': `$ref: ./lost.yaml` }, 'api/paths/lost.yaml'],
  ['an extension', { 'own.ts': 'export {' }, 'own.ts'],
  ['a module of an extension', { 'name.ts': 'export {' }, 'name.ts'],
  [
    'a definition that is not there',
    { 'portcullis.yaml': configuration.replace('shop.y', 'lost.y') },
    'api/lost.yaml',
  ],
  [
    'an extension that is not there',
    { 'portcullis.yaml': configuration.replace('own.ts', 'lost.ts') },
    'lost.ts',
  ],
];

test('where a file lacks what is referred to, the rest is served, and the file is watched', async () => {
  const { names: found, fault } = await sourcesOf({ ...all, 'api/schemas.json': '{ "Other": {} }' });
  assert.equal(fault, '');
  assert.ok(found.includes('api/schemas.json'), found.join());
});

for (const [what, change, mendedBy] of broken) {
  test(`${what} that is broken is among the files of the configuration that fails over it`, async () => {
    const { names: found, fault } = await sourcesOf({ ...all, ...change });
    assert.notEqual(fault, '');
    assert.ok(found.includes(mendedBy), found.join());
    assert.ok(found.includes('portcullis.yaml'));
  });
}
