import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import type { Configuration } from '../config/schema.ts';
import { dn, root } from '../policies/authentication/certificate/testing/authority.ts';
import { nameFrom } from './authenticator-drafts.ts';
import { checkConfiguration } from './check.ts';
import { UsageFault } from './command.ts';
import { readHints } from './definition-hints.ts';
import { draftConfiguration, scalar } from './draft.ts';
import { originOf } from './init.ts';
import { ordersDefinition } from './testing/orders.ts';
import { folderWith, portcullis } from './testing/program.ts';

const now = Date.parse('2026-06-01T00:00:00Z');

interface Drafted {
  readonly text: string;
  readonly configuration: Configuration;
  readonly api: Configuration['apis'][string];
  /** What check says of it. */
  readonly check: string;
}

/** Writes a draft for a definition beside it, and checks it. */
async function drafted(
  t: TestContext,
  definition: unknown,
  upstreams = ['http://10.0.0.1:3000'],
): Promise<Drafted> {
  const text = typeof definition === 'string' ? definition : JSON.stringify(definition);
  const folder = folderWith(t, { 'api.yaml': text });
  return draftIn(folder, join(folder, 'api.yaml'), upstreams);
}

async function draftIn(
  folder: string,
  openapi: string,
  upstreams = ['http://10.0.0.1:3000'],
): Promise<Drafted> {
  const { text, api } = draftConfiguration({ hints: await readHints(openapi), openapi, upstreams });
  const file = join(folder, 'portcullis.yaml');
  writeFileSync(file, text);
  const check = await checkConfiguration(file, {}, now);
  const configuration = parse(text) as Configuration;
  return { text, configuration, api: configuration.apis[api]!, check };
}

function definition(more: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return {
    openapi: '3.1.0',
    info: { title: 'Shop', version: '1' },
    paths: { '/a': { get: { responses: {} } } },
    ...more,
  };
}

test('authenticators, base path and authorization come from the definition', async (t) => {
  const { text, configuration, api, check } = await drafted(t, ordersDefinition);
  assert.deepEqual(configuration.authenticators, {
    token: {
      oauth2: {
        issuer: 'https://id.example.com/realms/shop',
        audience: 'orders',
        types: ['at+jwt', 'JWT'],
      },
    },
    key: { apiKey: { header: 'x-partner-key' } },
  });
  assert.equal(api.basePath, '/v1');
  assert.deepEqual(api.policies, {
    authentication: { anyOf: ['token', 'key'] },
    authorization: { undeclared: 'refuse' },
  });
  assert.match(text, /# Client certificates: certificate \(mutualTLS\) of the definition\./);
  assert.match(text, /# 1 operation has none and is refused;/);
  assert.match(text, /# {3}POST \/admin\/reindex: \{ roles: \[admin\] \} {3}# looks internal/);
  assert.match(text, /# hosts: \[api\.example\.com\]/);
  assert.match(check, /still to be changed: the iss claim/);
  assert.match(check, /\n\nOK, with \d+ warnings$/);
});

test('client certificates are written as remarks, which can be taken in once there is a file', async (t) => {
  const { text, configuration } = await drafted(t, ordersDefinition);
  assert.equal(configuration.listen.https?.clientCertificates, undefined);
  assert.match(text, /# CHANGE: once clients-ca\.pem is there, take these lines in/);
  const clients = root(dn('CN=Clients'), { from: now - 1_000, to: now + 400 * 86_400_000 });
  const folder = folderWith(t, { 'clients-ca.pem': clients.pem, 'api.yaml': ordersDefinition });
  const takenIn = text
    .replace(/^( *)# (certificate:| {2}certificate:| {4}ca:| {4}allow:|clientCertificates:)/gm, '$1$2')
    .replace('anyOf: [token, key]', 'anyOf: [token, key, certificate]')
    .replace(/openapi: .*\/api\.yaml/, 'openapi: api.yaml');
  writeFileSync(join(folder, 'portcullis.yaml'), takenIn);
  const { authenticators } = parse(takenIn) as Configuration;
  const allow = [{ dns: '*.partners.example.com' }];
  assert.deepEqual(authenticators?.['certificate'], { certificate: { ca: 'clients-ca.pem', allow } });
  assert.match(await checkConfiguration(join(folder, 'portcullis.yaml'), {}, now), /^OK/m);
});

test('a definition without security gets API keys, and whoever is known may call', async (t) => {
  const { configuration, api, text, check } = await drafted(t, definition({}));
  assert.deepEqual(configuration.authenticators, { keys: { apiKey: { header: 'x-api-key' } } });
  assert.deepEqual(api.policies?.authorization, { undeclared: 'authenticated' });
  assert.match(text, /does not say who may call what/);
  assert.equal(api.basePath, undefined);
  assert.match(check, /\n\nOK, with 1 warning$/);
});

test('Swagger 2.0: host, base path and its own security definitions', async (t) => {
  const { configuration, api, text } = await drafted(t, {
    swagger: '2.0',
    info: { title: 'Pets', version: '1' },
    host: 'pets.example.com',
    basePath: '/v2/',
    schemes: ['https'],
    securityDefinitions: {
      petstore_auth: {
        type: 'oauth2',
        flow: 'implicit',
        authorizationUrl: 'https://id.okta.com/oauth2/default/v1/authorize',
        scopes: {},
      },
      api_key: { type: 'apiKey', in: 'header', name: 'api_key' },
    },
    paths: {
      '/pets': {
        get: { security: [{ api_key: [] }], responses: {} },
        post: { security: [{ petstore_auth: [] }], responses: {} },
      },
    },
  });
  assert.equal(api.basePath, '/v2');
  assert.match(text, /hosts: \[pets\.example\.com\]/);
  assert.match(
    text,
    /names the header api_key, from which no keys are taken; callers have to send x-api-key/,
  );
  assert.deepEqual(Object.keys(configuration.authenticators ?? {}), ['petstore-auth', 'api-key']);
  assert.match(text, /issuer: https:\/\/id\.okta\.com\/oauth2\/default /);
});

const apiKey = (location: string, name: string) => ({ type: 'apiKey', in: location, name });
const schemes: readonly [
  what: string,
  securitySchemes: Record<string, unknown>,
  expected: Record<string, string>,
][] = [
  ['bearer', { bearerAuth: { type: 'http', scheme: 'bearer' } }, { 'bearer-auth': 'oauth2' }],
  ['basic', { basicAuth: { type: 'http', scheme: 'basic' } }, { 'basic-auth': 'basic' }],
  [
    'basic in any case, beside tokens',
    { t: { type: 'http', scheme: 'bearer' }, b: { type: 'http', scheme: 'Basic' } },
    { t: 'oauth2', b: 'basic' },
  ],
  [
    'another scheme of http stands for tokens',
    { digest: { type: 'http', scheme: 'digest' } },
    { digest: 'oauth2' },
  ],
  [
    'two kinds of tokens are read once',
    { a: { type: 'oauth2', flows: {} }, b: { type: 'http', scheme: 'bearer' } },
    { a: 'oauth2' },
  ],
  ['a key in the query', { k: apiKey('query', 'key') }, { keys: 'x-api-key' }],
  [
    'keys in two headers',
    { one: apiKey('header', 'X-One'), two: apiKey('header', 'X-Two') },
    { one: 'x-one', two: 'x-two' },
  ],
  [
    'keys in one header',
    { one: apiKey('header', 'X-Key'), two: apiKey('header', 'x-key') },
    { one: 'x-key' },
  ],
  [
    'a key in Authorization, which has another meaning',
    { k: apiKey('header', 'Authorization') },
    { k: 'x-api-key' },
  ],
  [
    'a key in Authorization beside tokens',
    { t: { type: 'http', scheme: 'bearer' }, k: apiKey('header', 'Authorization') },
    { t: 'oauth2', k: 'x-api-key' },
  ],
  ['only what cannot be checked', { m: { type: 'mutualTLS' } }, { keys: 'x-api-key' }],
];

for (const [what, securitySchemes, expected] of schemes) {
  test(`authenticators: ${what}`, async (t) => {
    const { configuration } = await drafted(t, definition({ components: { securitySchemes } }));
    const made = Object.entries(configuration.authenticators ?? {}).map(([name, each]) => [
      name,
      'apiKey' in each ? each.apiKey.header : Object.keys(each)[0],
    ]);
    assert.deepEqual(Object.fromEntries(made), expected);
  });
}

const servers: readonly [unknown, string | undefined][] = [
  [[{ url: '/api/v3/' }], '/api/v3'],
  [
    [
      {
        url: 'https://{name}.example.com:{port}/{base}',
        variables: { name: { default: 'a' }, port: { default: '443' }, base: { default: 'v2' } },
      },
    ],
    '/v2',
  ],
  [[{ url: 'https://api.example.com' }], undefined],
  [[{ url: '/{unknown}/x' }], undefined],
  [[{ url: '//evil//path' }], undefined],
  [[{ url: 'https://a.example/%2e%2e/\u0024{HOME}' }], undefined],
  ['nonsense', undefined],
];

for (const [list, expected] of servers) {
  test(`base path of ${JSON.stringify(list).slice(0, 60)}`, async (t) => {
    const { api } = await drafted(t, definition({ servers: list }));
    assert.equal(api.basePath, expected);
  });
}

test('ports that the upstream has on this machine are left to it', async (t) => {
  const { configuration } = await drafted(t, definition({}), [
    'http://localhost:8080',
    'http://127.0.0.1:8443',
  ]);
  const { https, http, admin } = configuration.listen;
  assert.deepEqual([https?.port, http?.port, admin?.port], [8444, 8081, 9090]);
});

test('what stands in a definition cannot write a configuration of its own', async (t) => {
  const title = 'A\n    upstream: { targets: [http://evil] }\n# \u0024{HOME} \u202e';
  const hostile = definition({
    info: { title, version: '1' },
    components: {
      securitySchemes: {
        'x\n  y: z': {
          type: 'openIdConnect',
          openIdConnectUrl: 'https://id.example.com/a"b\n\u0024{HOME}/.well-known/openid-configuration',
        },
      },
    },
  });
  const { api, text } = await drafted(t, hostile);
  assert.deepEqual(api.upstream.targets, ['http://10.0.0.1:3000']);
  assert.ok(!text.includes('\u202e'));
});

test('any text is a value of YAML, in braces too, and holds no reference', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom(
          'true',
          'null',
          '~',
          '1',
          '-',
          'a: b',
          'a #b',
          ' a',
          'http://x',
          '{}',
          '\u0024{A}',
          '.5',
        ),
      ),
      (text) => {
        fc.pre(text.isWellFormed());
        const read = (parse(`{ a: ${scalar(text)} }`) as { a: unknown }).a;
        assert.equal(read, text.replaceAll('\u0024{', '\u0024\u0024{'));
      },
    ),
  );
});

test('names are such as the configuration takes', () => {
  const table: readonly [string, string][] = [
    ['Pét Store 2', 'pet-store-2'],
    ['bearerAuth', 'bearer-auth'],
    ['---', 'api'],
    ['3scale', 'scale'],
    ['', 'api'],
    ['Support for cases where multiple alternate types', 'support-for-cases-where-multiple'],
    ['x'.repeat(100), 'x'.repeat(40)],
  ];
  for (const [text, expected] of table) assert.equal(nameFrom(text, 'api'), expected);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) =>
      assert.match(nameFrom(text, 'api'), /^[a-z][a-z0-9-]{0,39}$/),
    ),
  );
});

test('an upstream is an origin', () => {
  assert.equal(originOf('HTTP://Localhost:3000/', ''), 'http://localhost:3000');
  assert.equal(originOf('http://localhost:3000/v1/', '/v1'), 'http://localhost:3000');
  const wrong: readonly [string, RegExp][] = [
    ['localhost:3000', /write http:\/\/localhost:3000$/],
    ['ftp://x', /is not a URL of http or https/],
    ['http://me:secret@x', /cannot carry a user name/],
    ['http://x/api', /leave out the path and write http:\/\/x\./],
    ['http://x/?a', /leave out the query/],
  ];
  for (const [url, expected] of wrong) {
    assert.throws(
      () => originOf(url, '/v1'),
      (error) => error instanceof UsageFault && expected.test(error.message),
    );
  }
});

test('the command writes, checks, says what is next, and replaces nothing unasked', async (t) => {
  const folder = folderWith(t, { 'defs/orders.yaml': ordersDefinition, 'conf/keep': '' });
  const args = [
    'init',
    '--openapi',
    'defs/orders.yaml',
    '--upstream',
    'http://127.0.0.1:3000',
    '--out',
    'conf/gate.yaml',
  ];
  const first = await portcullis(folder, ...args);
  assert.equal(first.code, 0, first.err);
  assert.match(first.out, /^conf\/gate\.yaml is written\.\n\nlistens /);
  assert.match(first.out, /\nOK, with \d+ warnings\n\nNext:\n {2}1\. change what is marked/);
  assert.match(
    first.out,
    /portcullis explain GET https:\/\/localhost:8443\/v1\/orders --config conf\/gate\.yaml/,
  );
  const text = readFileSync(join(folder, 'conf/gate.yaml'), 'utf8');
  assert.match(text, /openapi: \.\.\/defs\/orders\.yaml /);
  writeFileSync(join(folder, 'conf/gate.yaml'), 'mine');
  const second = await portcullis(folder, ...args);
  assert.deepEqual([second.code, readFileSync(join(folder, 'conf/gate.yaml'), 'utf8')], [1, 'mine']);
  assert.match(second.err, /is there already; --force replaces it/);
  assert.equal((await portcullis(folder, ...args, '--force')).code, 0);
  assert.equal(readFileSync(join(folder, 'conf/gate.yaml'), 'utf8'), text);
});

test('the command names the fault of a definition, and wrong use', async (t) => {
  const folder = folderWith(t, { 'no.yaml': 'title: x' });
  const to = ['--upstream', 'http://127.0.0.1:3000'];
  const none = await portcullis(folder, 'init', '--openapi', 'no.yaml', ...to);
  assert.equal(none.code, 1);
  assert.match(none.err, /^portcullis: no\.yaml: This is no OpenAPI document/);
  const missing = await portcullis(folder, 'init', ...to);
  assert.deepEqual([missing.code, missing.out], [2, '']);
});

const corpora = process.env.PORTCULLIS_CORPORA;
const corpus = corpora === undefined ? undefined : join(corpora, 'openapi');

test('every definition of a corpus gets a configuration that can run', {
  skip: corpus === undefined ? 'PORTCULLIS_CORPORA names no folder with openapi' : false,
}, async (t) => {
  const files = readdirSync(corpus!, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.(json|ya?ml)$/.test(file),
  );
  assert.ok(files.length > 0, `${corpus} holds no definition`);
  const folder = folderWith(t, {});
  for (const file of files) {
    await t.test(file, async () =>
      assert.match((await draftIn(folder, join(corpus!, file))).check, /\n\nOK/),
    );
  }
});
