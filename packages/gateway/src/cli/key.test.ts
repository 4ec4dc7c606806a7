import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ApiKeyStore } from '../stores/api-keys.ts';
import { looksLikeKey } from '../stores/key-text.ts';
import { keyTable, keyViews } from './key-table.ts';
import { StartFault } from './start-fault.ts';
import { locateState, stateOf } from './state-location.ts';
import { folderWith, portcullis, portcullisWith } from './testing/program.ts';

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
  const record = store.find(key, Date.now())?.record;
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
  assert.equal(store.find(key, Date.now())?.fault, 'revoked');
  const again = await portcullis(folder, 'key', 'revoke', id, '--state', 'keys');
  assert.deepEqual([again.code, /was revoked before/.test(again.out)], [0, true]);
});

async function make(folder: string, ...more: readonly string[]): Promise<{ id: string; key: string }> {
  const { out, err } = await portcullis(folder, 'key', 'create', '--name', 'A', ...more);
  const [, id, key] = /^id {3}(k_\w+)\nkey {2}(pck_\w+)\n$/.exec(out) ?? [];
  assert.ok(id !== undefined && key !== undefined, err);
  return { id, key };
}

test('a key is rotated, and both secrets are told about', async (t) => {
  const folder = folderWith(t, { 'portcullis.yaml': configuration });
  const { id, key } = await make(folder, '--from', '10.0.0.0/8,::1', '--limit', '5/1s', '--limit', '100/1h');
  const store = new ApiKeyStore(join(folder, 'keys'), { readOnly: true });
  t.after(() => store.close());
  const rotated = await portcullis(folder, 'key', 'rotate', id);
  assert.equal(rotated.code, 0, rotated.err);
  const second = /^key {2}(pck_\w+)$/m.exec(rotated.out)![1]!;
  assert.match(rotated.err, /new key of A is not shown again.*counts until \d{4}-/);
  const now = Date.now();
  assert.deepEqual(
    [store.find(key, now)?.fault, store.find(second, now)?.fault, store.find(key, now + 86_400_001)?.fault],
    [undefined, undefined, 'superseded'],
  );
  const [view] = JSON.parse((await portcullis(folder, 'key', 'list', '--json')).out) as [
    { limits: string[]; from: string[]; rotated: string; former: { until: string; used: null } },
  ];
  assert.deepEqual(
    [view.limits, view.from],
    [
      ['5/1s', '100/1h'],
      ['10.0.0.0/8', '::1'],
    ],
  );
  assert.ok(Date.parse(view.former.until) - now > 23 * 3_600_000 && view.former.used === null);
  assert.match((await portcullis(folder, 'key', 'list')).out, /OLD SECRET UNTIL/);

  const again = await portcullis(folder, 'key', 'rotate', id, '--overlap', '0', '--expires', '1d');
  assert.match(
    again.err,
    /The secret before has ended.*An older one, from the rotation before, has ended now.*The key expires on \d{4}-/,
  );
  const later = Date.now();
  assert.deepEqual(
    [key, second].map((each) => store.find(each, later)?.fault),
    ['superseded', 'superseded'],
  );
  assert.ok(store.get(id)!.expiresAt! > later);
});

test('keys are found where they leaked, and never shown', async (t) => {
  const folder = folderWith(t, { 'portcullis.yaml': configuration });
  const [live, gone] = [await make(folder), await make(folder)];
  await portcullis(folder, 'key', 'revoke', gone.id);
  const elsewhere = await make(folder, '--state', 'other');
  const files: Readonly<Record<string, string | Buffer>> = {
    'a.txt': `nothing\nkey: ${live.key}\n`,
    'deep/er/b.bin': Buffer.concat([
      Buffer.from([0, 255, 10]),
      Buffer.from(`x${gone.key}y`),
      Buffer.alloc(9),
    ]),
    'deep/c.txt': Buffer.from(`\ufeff\r\n${elsewhere.key}`, 'utf16le'),
    'deep/not.txt': `${live.key.slice(0, -1)} pck_`,
  };
  const tree = folderWith(t, files);
  symlinkSync(join(tree, 'a.txt'), join(tree, 'deep', 'link'));
  symlinkSync('..', join(tree, 'deep', 'loop'));
  const scanned = await portcullis(folder, 'key', 'scan', tree);
  assert.equal(scanned.code, 1, scanned.err);
  assert.deepEqual(
    scanned.out
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(`${tree}/`, '')),
    [
      `a.txt:2  ${live.key.slice(0, 6)}…  live  ${live.id} (A)`,
      `deep/c.txt:2  ${elsewhere.key.slice(0, 6)}…  unknown  of no key in this store`,
      `deep/er/b.bin:2  ${gone.key.slice(0, 6)}…  revoked  ${gone.id} (A)`,
    ],
  );
  assert.match(scanned.err, /^1 is live/);
  for (const { key } of [live, gone, elsewhere])
    assert.equal((scanned.out + scanned.err).includes(key.slice(0, 8)), false);

  const calm = await portcullis(folder, 'key', 'scan', '--json', join(tree, 'deep'));
  assert.equal(calm.code, 0, calm.err);
  assert.deepEqual(
    (JSON.parse(calm.out) as { line: number; state: string }[]).map(({ line, state }) => [line, state]),
    [
      [2, 'unknown'],
      [2, 'revoked'],
    ],
  );
  const none = await portcullis(folder, 'key', 'scan', '--json', join(tree, 'deep', 'not.txt'));
  assert.deepEqual([none.code, none.out], [0, '[]\n']);
  for (const path of ['nowhere', join(tree, 'deep', 'link')]) {
    const unread = await portcullis(folder, 'key', 'scan', path);
    assert.equal(unread.code, 1);
    assert.match(unread.err, /was not looked into: (it is not there|a link)/);
  }
});

test('keys are found in what comes in', async (t) => {
  const folder = folderWith(t, { 'portcullis.yaml': configuration });
  const { key, id } = await make(folder);
  const piped = await portcullisWith(`${'x'.repeat(300_000)}\n${key}`, folder, 'key', 'scan', '-');
  assert.deepEqual([piped.code, piped.out], [1, `-:2  ${key.slice(0, 6)}…  live  ${id} (A)\n`]);
});

const refused: readonly [args: readonly string[], code: number, expected: RegExp][] = [
  [[], 2, /say what to do/],
  [['lst'], 2, /"lst" is none of create, list, rotate, revoke, scan/],
  [['create'], 2, /give the key a name/],
  [['create', '--name', 'x', '--expires', 'soon'], 2, /expected a length of time such as 12h or 90d/],
  [['create', '--name', 'x', '--expires', '0d'], 2, /the key would be over at once/],
  [['create', '--name', 'x', '--scopes', 'a"b'], 2, /no usable scope/],
  [['create', '--name', 'x', '--json'], 2, /key create has no option --json/],
  [['list', '--state', 'a', '--config', 'b'], 2, /give one of them/],
  [['list', '--state', 'nowhere'], 1, /there is no folder/],
  [['revoke'], 2, /name the id of the key/],
  [['revoke', 'pck_x'], 2, /this is a key; revoke takes its id/],
  [['revoke', 'k_none'], 1, /there is no key k_none in /],
  [['rotate'], 2, /name the id of the key: portcullis key rotate/],
  [['rotate', 'pck_x'], 2, /this is a key; rotate takes its id/],
  [['rotate', 'k_none'], 1, /there is no key k_none in /],
  [['rotate', 'k_none', '--overlap', 'soon'], 2, /--overlap soon: expected a length of time/],
  [['rotate', 'k_none', '--from', '::1'], 2, /key rotate has no option --from/],
  [['create', '--name', 'x', '--from', '10.0.0.1/8'], 2, /the network is "10\.0\.0\.0\/8"/],
  [['create', '--name', 'x', '--limit', '100'], 2, /expected requests and a time, such as 100\/1m/],
  [['create', '--name', 'x', '--limit', '0/1m'], 2, /expected requests and a time/],
  [['create', '--name', 'x', '--limit', '1/0s'], 2, /expected requests and a time/],
  [['create', '--name', 'x', '--limit', '9999999/1s'], 2, /at most 1,000,000 a second/],
  [['create', '--name', 'x', '--limit', '1/60s', '--limit', '2/1m'], 2, /one limit for a window/],
  [
    ['create', '--name', 'x', ...['1', '2', '3', '4', '5'].flatMap((n) => ['--limit', `1/${n}m`])],
    2,
    /4 limits/,
  ],
  [['scan'], 2, /say where to look/],
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
    'q.yaml': 'authenticators: { a: { apiKey: {} }, b: { apiKey: { query: api_key } } }\n',
    'b.yaml': 'listen: { http: { port: \u0024{PORT} } }\n',
    'c.yaml': 'state: [x]\n',
    'd.yaml': 'state: \u0024{GONE}\n',
    'e.yaml': 'a: [\n',
  });
  const at = (name: string) => join(folder, name);
  assert.deepEqual(locateState(at('a.yaml'), {}), {
    folder: at('keys'),
    keyPlaces: ['header x-partner-key'],
  });
  assert.equal(locateState(at('a.yaml'), { STATE_FOLDER: '/elsewhere' }).folder, '/elsewhere');
  assert.deepEqual(locateState(at('b.yaml'), {}), { folder: at('.portcullis'), keyPlaces: [] });
  assert.deepEqual(locateState(at('q.yaml'), {}).keyPlaces, ['header x-api-key', 'query parameter api_key']);
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
  assert.throws(() => stateOf({ state: at('a.yaml') }, {}), /is a file/);
});

test('keys in a table and as JSON', () => {
  const record = {
    id: 'k_1',
    name: 'One',
    subject: 'k_1',
    scopes: ['a', 'b'],
    roles: [],
    addresses: [],
    limits: [],
    createdAt: 0,
    expiresAt: undefined,
    revokedAt: undefined,
    rotatedAt: undefined,
    usedAt: undefined,
    former: undefined,
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
    `ID   STATE    NAME  SUBJECT  SCOPES  ROLES  CREATED     EXPIRES     USED
k_1  valid    One   -        a,b     -      1970-01-01  never       -
k_2  expired  One   ann      a,b     -      1970-01-01  1970-01-01  -
k_3  revoked  One   k_1      a,b     -      1970-01-01  1970-01-01  -`,
  );
  const fuller = [
    { ...record, addresses: ['10.0.0.0/8'], limits: [{ quota: 5, window: 60_000 }], usedAt: 60_000 },
    { ...record, id: 'k_2', rotatedAt: 900, former: { until: 120_000, usedAt: undefined } },
    { ...record, id: 'k_3', rotatedAt: 900, revokedAt: 950, former: { until: 120_000, usedAt: 5 } },
  ];
  assert.equal(
    keyTable(fuller, 1000),
    `ID   STATE    NAME  SUBJECT  SCOPES  ROLES  FROM        LIMITS  CREATED     EXPIRES  USED              OLD SECRET UNTIL  OLD SECRET USED
k_1  valid    One   -        a,b     -      10.0.0.0/8  5/1m    1970-01-01  never    1970-01-01 00:01  -                 -
k_2  valid    One   k_1      a,b     -      -           -       1970-01-01  never    -                 1970-01-01 00:02  never
k_3  revoked  One   k_1      a,b     -      -           -       1970-01-01  never    -                 -                 -`,
  );
  assert.deepEqual(
    keyViews(fuller, 120_000).map(({ former }) => former),
    [null, null, null],
  );
});
