import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OauthConsentStore } from './oauth-consents.ts';
import { temporaryDatabase } from './testing/oauth.ts';

test('consent is remembered for a user and a client, grows, ends and is taken back', (t) => {
  let now = 1000;
  const consents = new OauthConsentStore(temporaryDatabase(t), () => now);
  assert.equal(consents.find('u', 'c'), undefined);
  consents.remember('u', 'c', { openid: ['openid'], resources: { r: ['a'] } }, 500);
  now = 1200;
  consents.remember('u', 'c', { openid: [], resources: { r: ['b', 'a'], s: ['x'] } }, 500);
  assert.deepEqual(consents.find('u', 'c'), {
    accountId: 'u',
    clientId: 'c',
    openid: ['openid'],
    resources: { r: ['a', 'b'], s: ['x'] },
    since: 1000,
    until: 1700,
  });
  assert.equal(consents.find('u', 'd'), undefined);
  assert.equal(consents.find('v', 'c'), undefined);
  now = 1700;
  assert.equal(consents.find('u', 'c'), undefined);
  // What has ended is not added to.
  consents.remember('u', 'c', { openid: [], resources: { r: ['z'] } }, 500);
  assert.deepEqual(consents.find('u', 'c')?.resources, { r: ['z'] });
  consents.remember('u', 'd', { openid: [], resources: {} }, 500);
  consents.remember('v', 'd', { openid: [], resources: {} }, 100);
  assert.deepEqual(
    consents.of('u').map(({ clientId }) => clientId),
    ['c', 'd'],
  );
  assert.equal(consents.forget('u', 'c'), true);
  assert.equal(consents.forget('u', 'c'), false);
  consents.forgetClient('d');
  assert.deepEqual([consents.of('u'), consents.of('v')], [[], []]);
});

test('those that have ended are swept', (t) => {
  let now = 0;
  const database = temporaryDatabase(t);
  const consents = new OauthConsentStore(database, () => now);
  consents.remember('u', 'c', { openid: [], resources: {} }, 10);
  consents.remember('u', 'd', { openid: [], resources: {} }, 20);
  now = 10;
  consents.sweep();
  assert.equal(Number(database.prepare('SELECT count(*) AS n FROM consents').get()?.n), 1);
});
