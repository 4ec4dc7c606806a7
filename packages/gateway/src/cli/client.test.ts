import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { oauthSecrets } from '../oauth-server/secrets.ts';
import { OauthClientStore } from '../stores/oauth-clients.ts';
import { openOauthDatabase } from '../stores/oauth-database.ts';
import { folderWith, portcullis } from './testing/program.ts';

const configuration = `listen: {}
state: \${STATE_FOLDER:-state}
oauthServer:
  issuer: \${NOT_SET_HERE}
  resources: { 'https://api.example': { scopes: { a: A, b: B } } }
`;
const web = ['--name', 'Shelf Reader', '--redirect', 'https://app.example/cb'];

test('a client is made, its secret shown once; listed, given another secret, and revoked', async (t) => {
  const folder = folderWith(t, { 'portcullis.yaml': configuration });
  const made = await portcullis(folder, 'client', 'create', ...web, '--scopes', 'a,b', '--scopes', 'c');
  assert.equal(made.code, 0, made.err);
  const [, id = '', secret = ''] =
    /^client_id {6}(cl_\w+)\nclient_secret {2}(pcs_[\w-]+)\n$/.exec(made.out) ?? [];
  assert.match(made.err, /No resource of the configuration has c:/);
  assert.match(made.err, /not shown again/);

  const database = openOauthDatabase(join(folder, 'state'));
  t.after(() => database.close());
  const store = new OauthClientStore(database, oauthSecrets(join(folder, 'state'), database).clientSecrets);
  const matches = (given: string): boolean => store.secretMatches(store.get(id)!, given);
  assert.ok(matches(secret));

  const listed = await portcullis(folder, 'client', 'list', '--json');
  const [view] = JSON.parse(listed.out) as Record<string, unknown>[];
  assert.deepEqual(
    [view?.id, view?.state, view?.kind, view?.scopes, view?.redirectUris],
    [id, 'valid', 'web', ['a', 'b', 'c'], ['https://app.example/cb']],
  );
  assert.ok(!listed.out.includes(secret) && !listed.out.includes('secret'));
  assert.match((await portcullis(folder, 'client', 'list')).out, /Shelf Reader/);

  const rotated = await portcullis(folder, 'client', 'rotate-secret', id, '--overlap', '1h');
  const second = /^client_secret {2}(pcs_[\w-]+)\n$/.exec(rotated.out)?.[1] ?? '';
  assert.deepEqual([matches(secret), matches(second)], [true, true]);
  await portcullis(folder, 'client', 'rotate-secret', id);
  assert.deepEqual([matches(secret), matches(second)], [false, false]);

  assert.match((await portcullis(folder, 'client', 'revoke', id)).out, /is revoked \(Shelf Reader\)/);
  assert.match(
    (await portcullis(folder, 'client', 'revoke', id, '--state', 'state')).out,
    /was revoked before/,
  );
  assert.equal(store.find(id), undefined);
});

test('a public client has no secret to show', async (t) => {
  const folder = folderWith(t, { 'portcullis.yaml': configuration });
  const { out, err } = await portcullis(
    folder,
    'client',
    'create',
    ...web,
    '--kind',
    'spa',
    '--id',
    'my-page',
  );
  assert.equal(out, 'client_id      my-page\n');
  assert.match(err, /It has no secret/);
});

const refused: readonly [args: readonly string[], code: number, expected: RegExp][] = [
  [[], 2, /say what to do/],
  [['list'], 1, /there are neither clients nor users in .* yet/],
  [['mak'], 2, /"mak" is none of create, list, rotate-secret, revoke/],
  [['create'], 2, /give the client a name/],
  [['create', '--name', 'x'], 2, /needs a redirect URI/],
  [['create', '--name', 'x', '--redirect', 'http://app.example/cb'], 2, /must be https/],
  [['create', '--name', 'x', '--kind', 'robot'], 2, /expected one of web, spa, native, service, resource/],
  [
    ['create', '--name', 'x', '--kind', 'service', '--redirect', 'https://app.example/cb'],
    2,
    /signs nobody in/,
  ],
  [['create', '--name', 'x', '--overlap', '1h'], 2, /client create has no option --overlap/],
  [['list', '--name', 'x'], 2, /client list has no option --name/],
  [['revoke'], 2, /name the id of the client/],
  [['revoke', 'pcs_x'], 2, /this is a secret/],
  [['rotate-secret', 'cl_x', '--overlap', 'soon'], 2, /expected a length of time/],
  [['list', '--state', 'a', '--config', 'b'], 2, /give one of them/],
  [['list', '--state', 'nowhere'], 1, /there is no folder/],
];

test('mistakes are told apart: wrong use, and what cannot be done', async (t) => {
  const folder = folderWith(t, { 'portcullis.yaml': configuration });
  for (const [args, code, expected] of refused) {
    const finished = await portcullis(folder, 'client', ...args);
    assert.deepEqual([finished.code, finished.out], [code, ''], `${args.join(' ')}: ${finished.err}`);
    assert.match(finished.err, expected);
  }
  await portcullis(folder, 'client', 'create', ...web);
  for (const action of ['revoke', 'rotate-secret'])
    assert.match(
      (await portcullis(folder, 'client', action, 'cl_none')).err,
      /there is no client cl_none in/,
    );
});
