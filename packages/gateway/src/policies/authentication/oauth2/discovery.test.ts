import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { DocumentReader } from '../../../documents/documents.ts';
import { fetchJson } from '../../../documents/fetch-json.ts';
import { jwk, keySet, p256 } from '../jwt/testing/issuer.ts';
import { assertIssuer, Discovery, metadataLocations, readMetadata } from './discovery.ts';
import { type IssuerServer, issuerServer, wellKnown } from './testing/issuer-server.ts';

const locations: readonly (readonly [issuer: string, first: string, second: string])[] = [
  [
    'https://id.example.com',
    'https://id.example.com/.well-known/oauth-authorization-server',
    'https://id.example.com/.well-known/openid-configuration',
  ],
  [
    'https://id.example.com/',
    'https://id.example.com/.well-known/oauth-authorization-server',
    'https://id.example.com/.well-known/openid-configuration',
  ],
  [
    'https://id.example.com:8443/realms/shop',
    'https://id.example.com:8443/.well-known/oauth-authorization-server/realms/shop',
    'https://id.example.com:8443/realms/shop/.well-known/openid-configuration',
  ],
  [
    'https://id.example.com/tenant/',
    'https://id.example.com/.well-known/oauth-authorization-server/tenant',
    'https://id.example.com/tenant/.well-known/openid-configuration',
  ],
];
for (const [issuer, first, second] of locations) {
  test(`the metadata of ${issuer}`, () => assert.deepEqual(metadataLocations(issuer), [first, second]));
}

const unfit: readonly (readonly [issuer: string, message: RegExp])[] = [
  ['http://id.example.com', /must be an https URL/],
  ['ftp://id.example.com', /must be an https URL/],
  ['https://user:secret@id.example.com', /no user name or password/],
  ['https://id.example.com?x', /no query/],
  ['https://id.example.com?', /no query/],
  ['https://id.example.com/#a', /no fragment/],
  ['id.example.com', /not a valid URL/],
];
for (const [issuer, message] of unfit) {
  test(`${issuer} is no issuer`, () =>
    assert.throws(
      () => assertIssuer(issuer),
      (error: Error) => message.test(error.message) && !error.message.includes('secret'),
    ));
}

const issuer = 'https://id.example.com';
const good = { issuer, jwks_uri: 'https://keys.example.net/jwks', introspection_endpoint: `${issuer}/i` };

test('what is used of the metadata', () => {
  assert.deepEqual(readMetadata(JSON.stringify(good), issuer), {
    jwksUri: 'https://keys.example.net/jwks',
    introspectionEndpoint: 'https://id.example.com/i',
  });
  assert.deepEqual(readMetadata(JSON.stringify({ issuer }), issuer), {
    jwksUri: undefined,
    introspectionEndpoint: undefined,
  });
});

const bad: readonly (readonly [what: string, document: unknown, message: RegExp])[] = [
  ['another issuer', { ...good, issuer: 'https://evil.example' }, /metadata of "https:\/\/evil\.example"/],
  ['a slash more', { ...good, issuer: 'https://id.example.com/' }, /the metadata of/],
  ['other capitals', { ...good, issuer: 'https://ID.example.com' }, /the metadata of/],
  ['no issuer', { jwks_uri: good.jwks_uri }, /metadata of nobody/],
  ['an issuer that is a list', { ...good, issuer: [issuer] }, /the metadata of/],
  ['keys in the clear', { ...good, jwks_uri: 'http://id.example.com/jwks' }, /its jwks_uri .* https/],
  ['keys on this machine', { ...good, jwks_uri: 'http://127.0.0.1:9090/' }, /on this machine/],
  ['keys on this machine by https', { ...good, jwks_uri: 'https://localhost/' }, /on this machine/],
  ['keys in a file', { ...good, jwks_uri: 'file:///etc/passwd' }, /https/],
  ['keys that are no text', { ...good, jwks_uri: 7 }, /jwks_uri is no URL/],
  ['an endpoint in the clear', { ...good, introspection_endpoint: 'http://id.example.com/i' }, /https/],
];
for (const [what, document, message] of bad) {
  test(`metadata with ${what} is refused`, () =>
    assert.throws(() => readMetadata(JSON.stringify(document), issuer), message));
}

interface Opened {
  readonly server: IssuerServer;
  readonly discovery: Discovery;
  readonly advance: (milliseconds: number) => void;
}

async function opened(t: TestContext, path = ''): Promise<Opened> {
  const server = await issuerServer(t, keySet(jwk(p256, { kid: 'k' })), path);
  let now = 1_700_000_000_000;
  const documents = new DocumentReader(fetchJson, () => now);
  return {
    server,
    discovery: new Discovery(server.issuer, documents, () => now),
    advance: (milliseconds) => {
      now += milliseconds;
    },
  };
}

test('keys are found from the issuer alone', async (t) => {
  const { server, discovery } = await opened(t, '/realms/shop');
  const { document, failure } = await discovery.keys(0);
  assert.equal(failure, undefined);
  assert.equal(document?.text, server.documents.get('/jwks'));
  assert.deepEqual(server.asked, [`${wellKnown.oauth}/realms/shop`, '/jwks']);
});

test('an issuer that only has the older place is asked there, and from then on first', async (t) => {
  const { server, discovery, advance } = await opened(t, '/realms/shop');
  const metadata = server.documents.get(`${wellKnown.oauth}/realms/shop`);
  server.documents.delete(`${wellKnown.oauth}/realms/shop`);
  server.documents.set(`/realms/shop${wellKnown.openid}`, metadata);
  await discovery.keys(0);
  assert.deepEqual(server.asked, [
    `${wellKnown.oauth}/realms/shop`,
    `/realms/shop${wellKnown.openid}`,
    '/jwks',
  ]);
  advance(86_400_000);
  await discovery.keys(0);
  assert.deepEqual(server.asked.slice(3), [`/realms/shop${wellKnown.openid}`, '/jwks']);
});

test('metadata of somebody else is no metadata, wherever it lies', async (t) => {
  const { server, discovery } = await opened(t);
  const metadata = server.documents.get(wellKnown.oauth) as Record<string, unknown>;
  server.documents.set(wellKnown.oauth, { ...metadata, issuer: 'https://evil.example' });
  server.documents.set(wellKnown.openid, { ...metadata, issuer: `${server.issuer}/` });
  const { document, failure } = await discovery.keys(0);
  assert.equal(document, undefined);
  assert.match(failure!, /oauth-authorization-server: it is the metadata of "https:\/\/evil\.example"/);
  assert.match(failure!, /openid-configuration: it is the metadata of/);
  assert.equal(server.count('/jwks'), 0);
});

test('metadata is kept for an hour', async (t) => {
  const { server, discovery, advance } = await opened(t);
  for (let minute = 0; minute < 120; minute++) {
    await discovery.keys(0);
    advance(60_000);
  }
  assert.equal(server.count(wellKnown.oauth), 2);
  assert.equal(server.count('/jwks'), 120);
});

test('keys that moved are found at once', async (t) => {
  const { server, discovery, advance } = await opened(t);
  await discovery.keys(0);
  const metadata = server.documents.get(wellKnown.oauth) as Record<string, string>;
  server.documents.set('/new', keySet());
  server.documents.delete('/jwks');
  server.documents.set(wellKnown.oauth, { ...metadata, jwks_uri: `${server.issuer}/new` });
  advance(60_000);
  const { document, failure } = await discovery.keys(0);
  assert.equal(failure, undefined);
  assert.equal(document?.text, keySet());
});

test('without the issuer there are no keys, and the reading says so', async (t) => {
  const { server, discovery } = await opened(t);
  server.status = 503;
  const { document, failure } = await discovery.keys(0);
  assert.equal(document, undefined);
  assert.match(failure!, /oauth-authorization-server: status 503; .*openid-configuration: status 404/);
});

test('an issuer without keys', async (t) => {
  const { server, discovery } = await opened(t);
  server.documents.set(wellKnown.oauth, { issuer: server.issuer });
  assert.match((await discovery.keys(0)).failure!, /no jwks_uri/);
});
