import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createCounterMemory } from '../counters/counter-memory.ts';
import { SharedCounters } from '../counters/shared-counters.ts';
import { key, temporaryDatabase } from '../stores/testing/oauth.ts';
import { oauthServer } from './schema.ts';
import { settingsOf } from './settings.ts';

/** What oidc-provider says to developers: of defaults that are meant for trying out, of experimental features. */
function hints(t: TestContext): string[] {
  const said: string[] = [];
  for (const name of ['warn', 'info'] as const)
    t.mock.method(console, name, (text: string) => said.push(text));
  return said;
}

test('oidc-provider is left nothing to fill in by itself', async (t) => {
  const said = hints(t);
  const { OauthServer } = await import('./server.ts');
  const { maintainOauthKeys } = await import('./key-files.ts');
  const { mkdtempSync, rmSync } = await import('node:fs');
  const { tmpdir } = await import('node:os');
  const { join } = await import('node:path');
  const folder = mkdtempSync(join(tmpdir(), 'provider-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const settings = settingsOf(
    oauthServer.parse({
      issuer: 'https://id.example.com/oauth',
      resources: { 'https://api.example': { scopes: { read: 'Read' } } },
      registration: { initialAccessToken: 'x'.repeat(32) },
    }),
    undefined,
  );
  const keys = maintainOauthKeys(folder, Date.now(), {
    algorithm: 'ES256',
    rotateEvery: 1e9,
    publishAhead: 1,
    keepFor: 1,
  });
  const secrets = { artifacts: key, clientSecrets: key, forms: key, cookies: 'x'.repeat(43) };
  const counters = new SharedCounters(createCounterMemory(1_048_576));
  new OauthServer({ settings, database: temporaryDatabase(t), secrets, counters, notice: () => {} }, keys);
  // The Node of the clone is newer than those that it knows.
  assert.deepEqual(
    said.filter((each) => !each.includes('Unsupported runtime')),
    [],
  );
});
