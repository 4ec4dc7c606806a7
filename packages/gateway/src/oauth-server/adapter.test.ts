import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { OauthArtifactStore } from '../stores/oauth-artifacts.ts';
import { OauthClientStore } from '../stores/oauth-clients.ts';
import { key, temporaryDatabase } from '../stores/testing/oauth.ts';
import { adapters } from './adapter.ts';
import { permittedScopes } from './permitted.ts';

function subject(t: TestContext, registration?: { initialAccessToken: string; scopes: string[] }) {
  const database = temporaryDatabase(t);
  const artifacts = new OauthArtifactStore(database, key, Date.now, { Interaction: 1 });
  const clients = new OauthClientStore(database, key);
  const reused: string[] = [];
  const adapter = adapters({
    artifacts,
    clients,
    settings: { registration },
    onReuse: (model, client) => reused.push(`${model} ${client}`),
  });
  return { artifacts, clients, adapter, reused };
}

test('what two requests use up at once is refused to the second, and ends its grant', async (t) => {
  const { adapter, artifacts, reused } = subject(t);
  for (const model of ['AuthorizationCode', 'RefreshToken']) {
    await adapter('Grant').upsert('g', { accountId: 'u', clientId: 'c' }, 60);
    await adapter(model).upsert('x', { grantId: 'g', clientId: 'c' }, 60);
    await adapter(model).consume('x');
    await assert.rejects(adapter(model).consume('x'), { error: 'invalid_grant' });
    assert.equal(artifacts.get('Grant', 'g'), undefined);
    assert.equal(artifacts.get(model, 'x'), undefined);
  }
  assert.deepEqual(reused, ['AuthorizationCode c', 'RefreshToken c']);
  await adapter('PushedAuthorizationRequest').upsert('p', {}, 60);
  await adapter('PushedAuthorizationRequest').consume('p');
  await assert.rejects(adapter('PushedAuthorizationRequest').consume('p'), { error: 'invalid_request_uri' });
});

test('a proof is taken once, and too many of a kind are refused for the time being', async (t) => {
  const { adapter } = subject(t);
  await adapter('ReplayDetection').upsert('p', {}, 60);
  await assert.rejects(adapter('ReplayDetection').upsert('p', {}, 60), { error: 'invalid_grant' });
  await adapter('Interaction').upsert('a', {}, 60);
  await assert.rejects(adapter('Interaction').upsert('b', {}, 60), { error: 'temporarily_unavailable' });
});

test('oidc-provider gets no secret of a client, nor one that could be guessed', async (t) => {
  const { adapter, clients } = subject(t);
  const { client, secret } = clients.create({
    kind: 'web',
    name: 'App',
    redirectUris: ['https://app.example/cb'],
    logoutUris: [],
    scopes: [],
    roles: [],
    firstParty: false,
  });
  const metadata = (await adapter('Client').find(client.id)) ?? {};
  assert.notEqual(metadata.client_secret, secret);
  assert.notEqual(
    metadata.client_secret,
    (await subject(t).adapter('Client').find(client.id))?.client_secret,
  );
  assert.deepEqual(
    [metadata.response_types, metadata.response_modes, metadata.grant_types],
    [['code'], ['query'], ['authorization_code', 'refresh_token']],
  );
  clients.revoke(client.id);
  assert.equal(await adapter('Client').find(client.id), undefined);
});

test('nobody registers where registration is off', async (t) => {
  const { adapter } = subject(t);
  await assert.rejects(
    adapter('Client').upsert(
      'cl_x',
      { client_name: 'x', redirect_uris: ['https://app.example/cb'], response_types: ['code'] },
      0,
    ),
    { error: 'invalid_client_metadata' },
  );
});

test('scopes are those of the client that the user may grant', () => {
  const scopes = new Map([
    ['read', { words: 'x', roles: undefined }],
    ['write', { words: 'x', roles: undefined }],
    ['all', { words: 'x', roles: ['admin', 'auditor'] }],
  ]);
  const client = { scopes: ['all', 'read', 'unknown'] };
  assert.deepEqual(permittedScopes({ scopes }, client, { roles: [] }), ['read']);
  assert.deepEqual(permittedScopes({ scopes }, client, { roles: ['auditor'] }), ['read', 'all']);
  assert.deepEqual(permittedScopes({ scopes }, client, undefined), ['read', 'all']);
  assert.deepEqual(permittedScopes({ scopes }, { scopes: [] }, { roles: ['admin'] }), []);
});
