import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { looksLikeKey } from '../stores/api-key-format.ts';
import { ApiKeyStore } from '../stores/api-keys.ts';
import { keyTable, keyViews } from './key-table.ts';
import { StartFault } from './start-fault.ts';
import { existingFolder, locateState } from './state-location.ts';
import { folderWith, portcullis } from './testing/program.ts';

const configuration = `listen: {}
state: \${STATE_FOLDER:-keys}
authenticators:
  partners: { apiKey: { header: x-partner-key } }
  customers: { jwt: { issuer: \${NOT_SET_HERE} } }
`;

test('a key is made, shown once, listed and revoked', async (t) => {
  const folder = folderWith(t, { 'portcullis.yaml': configuration });
  const made = await portcullis(
    folder,
    'key',
    'create',
    '--name',
    "Ann's app",
    '--scopes',
    'a,b',
    '--scopes',
    'c',
    '--roles',
    'clerk',
    '--expires',
    '90d',
  );
  assert.equal(made.code, 0, made.err);
  const [, id = '', key = ''] = /^id {3}(k_\w+)\nkey {2}(pck_\w+)\n$/.exec(made.out) ?? [];
  assert.ok(looksLikeKey(key));
  assert.match(made.err, /not shown again.*in the header x-partner-key\./);

  const store = new ApiKeyStore(join(folder, 'keys'), { readOnly: true });
  t.after(() => store.close());
  const record = store.find(key, Date.now());
  assert.deepEqual([record?.name, record?.scopes, record?.roles], ["Ann's app", ['a', 'b', 'c'], ['clerk']]);
  assert.equal(Math.round((record!.expiresAt! - record!.createdAt) / 86_400_000), 90);

  const listed = await portcullis(folder, 'key', 'list', '--json');
  assert.deepEqual(
    (JSON.parse(listed.out) as { id: string; state: string }[]).map((each) => [each.id, each.state]),
    [[id, 'valid']],
  );
  assert.ok(!listed.out.includes(key) && !listed.out.includes('hash'));

  const revoked = await portcullis(folder, 'key', 'revoke', id);
  assert.match(revoked.out, /is revoked \(Ann's app\); a gateway that runs refuses it within 5 seconds/);
  assert.equal(store.find(key, Date.now()), undefined);
  const again = await portcullis(folder, 'key', 'revoke', id, '--state', 'keys');
  assert.deepEqual([again.code, /was revoked before/.test(again.out)], [0, true]);
});

const refused: readonly [args: readonly string[], code: number, expected: RegExp][] = [
  [[], 2, /say what to do/],
  [['lst'], 2, /"lst" is none of create, list, revoke/],
  [['create'], 2, /give the key a name/],
  [['create', '--name', 'x', '--expires', 'soon'], 2, /expected a length of time such as 12h or 90d/],
  [['create', '--name', 'x', '--scopes', 'a"b'], 2, /no usable scope/],
  [['create', '--name', 'x', '--json'], 2, /key create has no option --json/],
  [['list', '--state', 'a', '--config', 'b'], 1, /there is no folder/],
  [['revoke'], 2, /name the id of the key/],
  [['revoke', 'pck_x'], 2, /this is a key; revoke takes its id/],
  [['revoke', 'k_none'], 1, /there is no key k_none in /],
];

test('mistakes are told apart: wrong use, and what cannot be done', async (t) => {
  const folder = folderWith(t, { 'portcullis.yaml': configuration });
  for (const [args, code, expected] of refused) {
    const finished = await portcullis(folder, 'key', ...args);
    assert.deepEqual([finished.code, finished.out], [code, ''], args.join(' '));
    assert.match(finished.err, expected);
  }
});

test('the state folder is found without the rest of the configuration', (t) => {
  const folder = folderWith(t, {
    'a.yaml': configuration,
    'b.yaml': 'listen: { http: { port: \u0024{PORT} } }\n',
    'c.yaml': 'state: [x]\n',
    'd.yaml': 'state: \u0024{GONE}\n',
    'e.yaml': 'a: [\n',
  });
  const at = (name: string) => join(folder, name);
  assert.deepEqual(locateState(at('a.yaml'), {}), { folder: at('keys'), keyFields: ['x-partner-key'] });
  assert.equal(locateState(at('a.yaml'), { STATE_FOLDER: '/elsewhere' }).folder, '/elsewhere');
  assert.deepEqual(locateState(at('b.yaml'), {}), { folder: at('.portcullis'), keyFields: [] });
  const faults: readonly [string, RegExp][] = [
    ['c.yaml', /state is not the name of a folder/],
    ['d.yaml', /state: the environment variable GONE is not set/],
    ['e.yaml', /is not valid YAML; portcullis check .*e\.yaml shows where/],
    [
      'none.yaml',
      /there is no such file; name the configuration with --config, or its state folder with --state/,
    ],
  ];
  for (const [name, expected] of faults) {
    assert.throws(
      () => locateState(at(name), {}),
      (error) => error instanceof StartFault && expected.test(error.message),
    );
  }
  assert.throws(() => existingFolder(at('a.yaml')), /is a file/);
});

test('keys in a table and as JSON', () => {
  const record = {
    id: 'k_1',
    name: 'One',
    subject: 'k_1',
    scopes: ['a', 'b'],
    roles: [],
    createdAt: 0,
    expiresAt: undefined,
    revokedAt: undefined,
  };
  const records = [
    record,
    { ...record, id: 'k_2', subject: 'ann', expiresAt: 1000 },
    { ...record, id: 'k_3', expiresAt: 1000, revokedAt: 500 },
  ];
  assert.deepEqual(
    keyViews(records, 1000).map(({ state }) => state),
    ['valid', 'expired', 'revoked'],
  );
  assert.deepEqual(
    keyViews(records, 999).map(({ state }) => state),
    ['valid', 'valid', 'revoked'],
  );
  assert.equal(
    keyTable(records, 1000),
    `ID   STATE    NAME  SUBJECT  SCOPES  ROLES  CREATED     EXPIRES
k_1  valid    One   -        a,b     -      1970-01-01  never
k_2  expired  One   ann      a,b     -      1970-01-01  1970-01-01
k_3  revoked  One   k_1      a,b     -      1970-01-01  1970-01-01`,
  );
});
