import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OauthArtifactStore, StoreFull } from './oauth-artifacts.ts';
import { key, temporaryDatabase } from './testing/oauth.ts';

test('what is put is found by its id, which is kept nowhere', (t) => {
  const database = temporaryDatabase(t);
  const store = new OauthArtifactStore(database, key);
  store.put(
    'RefreshToken',
    'the-token',
    { jti: 'the-token', grantId: 'g1', accountId: 'u1', scope: 'a' },
    60,
  );
  assert.deepEqual(store.get('RefreshToken', 'the-token'), {
    jti: 'the-token',
    grantId: 'g1',
    accountId: 'u1',
    scope: 'a',
  });
  assert.equal(store.get('AccessToken', 'the-token'), undefined, 'another model');
  assert.equal(store.get('RefreshToken', 'the-toke'), undefined);
  const session = { jti: 'the-session', uid: 'the-uid', accountId: 'u1' };
  store.put('Session', 'the-session', session, 60);
  const { jti: _, ...rest } = session;
  assert.deepEqual(store.sessionByUid('the-uid'), rest);
  store.put(
    'Interaction',
    'the-uid-2',
    { jti: 'the-uid-2', session: { accountId: 'u1', cookie: 'the-session' } },
    60,
  );
  const kept = JSON.stringify(database.prepare('SELECT * FROM artifacts').all(), (_, value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
  );
  for (const secret of ['the-token', 'the-session', 'the-uid-2']) assert.ok(!kept.includes(secret), secret);
});

test('something is used up once', (t) => {
  const store = new OauthArtifactStore(temporaryDatabase(t), key, () => 5_000);
  store.put('AuthorizationCode', 'c', { grantId: 'g' }, 60);
  assert.equal(store.consume('AuthorizationCode', 'c'), true);
  assert.equal(store.consume('AuthorizationCode', 'c'), false);
  assert.equal(store.consume('AuthorizationCode', 'unknown'), false);
  assert.equal(store.get('AuthorizationCode', 'c')?.consumed, 5);
});

test('a proof that was seen counts until it ends', (t) => {
  let now = 0;
  const store = new OauthArtifactStore(temporaryDatabase(t), key, () => now);
  assert.equal(store.putNew('ReplayDetection', 'p', {}, 60), true);
  assert.equal(store.putNew('ReplayDetection', 'p', {}, 60), false);
  now = 60_000;
  assert.equal(store.putNew('ReplayDetection', 'p', {}, 60), true);
});

test('what belongs together ends together', (t) => {
  const store = new OauthArtifactStore(temporaryDatabase(t), key);
  const there = (): string =>
    ['Grant g1', 'RefreshToken r1', 'RefreshToken r2', 'RefreshToken r3', 'Session s1', 'Interaction i1']
      .filter((each) => store.get(...(each.split(' ') as [string, string])) !== undefined)
      .join();
  const fill = (): void => {
    store.put('Grant', 'g1', { accountId: 'u1', clientId: 'c1' }, 60);
    store.put('RefreshToken', 'r1', { grantId: 'g1', accountId: 'u1', clientId: 'c1' }, 60);
    store.put('RefreshToken', 'r2', { grantId: 'g2', accountId: 'u1', clientId: 'c2' }, 60);
    store.put('RefreshToken', 'r3', { grantId: 'g3', accountId: 'u2', clientId: 'c1' }, 60);
    store.put('Session', 's1', { uid: 'x', accountId: 'u1' }, 60);
    store.put(
      'Interaction',
      'i1',
      { params: { client_id: 'c1' }, session: { accountId: 'u1' }, grantId: 'g1' },
      60,
    );
  };
  const cases: readonly (readonly [string, () => unknown, string])[] = [
    [
      'tokens of a grant',
      () => store.endTokensOf('g1'),
      'Grant g1,RefreshToken r2,RefreshToken r3,Session s1,Interaction i1',
    ],
    ['a grant', () => store.endGrant('g1'), 'RefreshToken r2,RefreshToken r3,Session s1,Interaction i1'],
    ['a user', () => store.endAccount('u1'), 'RefreshToken r3'],
    ['a client', () => store.endClient('c1'), 'RefreshToken r2,Session s1'],
    ['access', () => store.endAccess('u1', 'c1'), 'RefreshToken r2,RefreshToken r3,Session s1'],
    [
      'one',
      () => store.delete('Session', 's1'),
      'Grant g1,RefreshToken r1,RefreshToken r2,RefreshToken r3,Interaction i1',
    ],
  ];
  for (const [what, end, left] of cases) {
    fill();
    end();
    assert.equal(there(), left, what);
  }
});

test('of used refresh tokens the last ones are kept', (t) => {
  let now = 0;
  const database = temporaryDatabase(t);
  const store = new OauthArtifactStore(database, key, () => ++now);
  for (let i = 0; i < 80; i++) {
    store.put('RefreshToken', `r${i}`, { grantId: 'g' }, 3600);
    store.consume('RefreshToken', `r${i}`);
  }
  store.put('RefreshToken', 'now', { grantId: 'g' }, 3600);
  assert.equal(Number(database.prepare('SELECT count(*) AS n FROM artifacts').get()?.n), 51);
  assert.equal(store.get('RefreshToken', 'r29'), undefined);
  assert.notEqual(store.get('RefreshToken', 'r30')?.consumed, undefined);
  assert.notEqual(store.get('RefreshToken', 'now'), undefined);
});

test('what has ended is swept, a step at a time', (t) => {
  let now = 0;
  const database = temporaryDatabase(t);
  const store = new OauthArtifactStore(database, key, () => now);
  database.exec('BEGIN');
  for (let i = 0; i < 1200; i++) store.put('Interaction', `i${i}`, {}, 10);
  store.put('Session', 's', { uid: 'u' }, 100);
  database.exec('COMMIT');
  now = 39_000;
  assert.equal([...store.sweep(30)].length, 0, 'not before the slack is over');
  now = 40_000;
  assert.equal([...store.sweep(30)].length, 2);
  assert.equal(Number(database.prepare('SELECT count(*) AS n FROM artifacts').get()?.n), 1);
});

test('what anybody can make us keep has a bound, and makes room again', (t) => {
  let now = 0;
  const database = temporaryDatabase(t);
  const store = new OauthArtifactStore(database, key, () => now, { Interaction: 3 });
  for (const id of ['a', 'b', 'c', 'a']) store.put('Interaction', id, {}, 10);
  assert.throws(() => store.put('Interaction', 'd', {}, 10), StoreFull);
  store.put('RefreshToken', 'r', { grantId: 'g' }, 10);
  store.delete('Interaction', 'a');
  store.put('Interaction', 'd', {}, 10);
  now = 60_000;
  for (const _ of store.sweep(0));
  for (const id of ['e', 'f', 'g']) store.put('Interaction', id, {}, 10);
  assert.throws(() => store.put('Interaction', 'h', {}, 10), StoreFull);
});
