import assert from 'node:assert/strict';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigurationError } from '../config/load.ts';
import { dn, root as makeRoot } from '../policies/authentication/certificate/testing/authority.ts';
import { writeMmdb } from '../policies/region-access/testing/mmdb.ts';
import { checkConfiguration } from './check.ts';
import { validity } from './listen-check.ts';
import { ordersConfiguration, ordersDefinition, ordersEnv, ordersFiles } from './testing/orders.ts';
import { folderWith, portcullis } from './testing/program.ts';

const now = Date.parse('2026-06-01T00:00:00Z');
const listen = 'listen: { https: { port: 8443, selfSigned: true } }';
const upstream = 'upstream: { targets: [http://127.0.0.1:3000] }';
const open = `${upstream}, policies: { authentication: none }`;
const tokens = '{ jwt: { issuer: i, audience: a, jwks: https://id.example.com/keys, algorithms: [ES256] } }';

/** The faults of a configuration without the name of its file: `line:column  path  message`. */
async function faultsOf(folder: string, text = 'portcullis.yaml'): Promise<string[]> {
  const file = join(folder, text);
  try {
    await checkConfiguration(file, ordersEnv, now);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.message.split('\n').map((line) => line.replace(`${file}:`, ''));
  }
  return [];
}

async function warningsOf(folder: string): Promise<string[]> {
  const file = join(folder, 'portcullis.yaml');
  const text = await checkConfiguration(file, ordersEnv, now);
  return text
    .split('\n')
    .flatMap((line) => (line.startsWith(`${file}:`) ? [line.replace(`${file}:`, '')] : []));
}

test('a configuration that can run is summed up', async (t) => {
  const folder = folderWith(t, ordersFiles);
  const text = await checkConfiguration(join(folder, 'portcullis.yaml'), ordersEnv, now);
  assert.match(
    text,
    /^listens {5}https 8443 \(self-signed certificate, for trying out\), http 8080 \(redirects to https\)$/m,
  );
  assert.match(
    text,
    /^api orders\n {2}serves {6}every host, \/v1\n {2}upstream {4}http:\/\/127\.0\.0\.1:3000\n/m,
  );
  assert.match(text, /definition {2}orders\.yaml: 6 operations \(Orders 1\.0\.0, OpenAPI 3\.1\.0\)/);
  assert.match(text, /rate-limit {11}enforce {2}from the top of the file/);
  assert.match(text, /openapi-validation {3}enforce {2}by default/);
  assert.match(text, /rate-limit {11}enforce {2}only POST \/orders/);
  assert.match(text, /\n\nOK, with \d+ warnings$/);
  assert.ok(!text.includes('do-not-show-me'));
});

test('a configuration with nothing to say about ends with OK', async (t) => {
  const folder = folderWith(t, {
    'portcullis.yaml': `${listen}\npolicies: { rate-limit: [{ name: a, by: address, quota: 1, window: 1s }] }\nauthenticators: { k: { apiKey: {} } }\napis: { a: { openapi: a.json, ${upstream}, policies: { authentication: { anyOf: [k] }, authorization: { undeclared: authenticated } } } }`,
    'a.json': JSON.stringify({
      openapi: '3.1.0',
      info: { title: 'A', version: '1' },
      paths: { '/a': { get: {} } },
    }),
  });
  assert.match(await checkConfiguration(join(folder, 'portcullis.yaml'), {}, now), /\n\nOK$/);
});

const faulty: readonly {
  readonly what: string;
  readonly text: string;
  readonly faults: readonly (string | RegExp)[];
}[] = [
  {
    what: 'a trusted proxy that is no address, once for all APIs',
    text: `${listen}\ntrustedProxies: [10.0.0.0/8, 300.1.1.1]\napis: { a: { ${open} }, b: { basePath: /b, ${open} } }`,
    faults: [/^2:1 {2}trustedProxies {2}"300\.1\.1\.1" is not a network/],
  },
  {
    what: 'a variable that is not set, and a key that is misspelt',
    text: `${listen}\napis: { a: { ${open.replace('127.0.0.1', `$\{NOBODY}`)}, openap: x } }`,
    faults: [
      /^2:43 {2}apis\.a\.upstream\.targets\[0\] {2}the environment variable NOBODY is not set$/,
      /^2:\d+ {2}apis\.a\.openap {2}unknown key; did you mean "openapi"\?$/,
    ],
  },
  {
    what: 'an API that does not say who may call, beside files that are not there',
    text: `listen:\n  https: { port: 1, certificates: [{ cert: no.crt, key: no.key }] }\napis:\n  a: { ${upstream} }\n  b: { basePath: /b, upstream: { targets: [https://x.example], tls: { ca: no.pem } }, policies: { authentication: none } }`,
    faults: [
      '2:36  listen.https.certificates[0]  no.crt cannot be read: there is no such file',
      /^4:3 {2}apis\.a {2}says nothing about who may call: /,
      /^5:22 {2}apis\.b\.upstream {2}.*no\.pem cannot be read: there is no such file$/,
    ],
  },
  {
    what: 'what APIs take over is told once, where it is written',
    text: `${listen}\npolicies:\n  headers: { request: { set: { host: x } } }\napis:\n  a: { ${open} }\n  b: { basePath: /b, ${open} }`,
    faults: [/^3:3 {2}policies\.headers {2}host .*cannot be changed$/],
  },
  {
    what: 'what does not fit one of the APIs that take it over',
    text: `${listen}\nauthenticators: { k: { apiKey: {} } }\napis:\n  a:\n    openapi: orders.yaml\n    ${upstream}\n    policies: { authentication: { anyOf: [k] }, authorization: { operations: { GET /nope: { roles: [admin] } } } }\n    operations: { GET /no: { policies: {} }, GET /orders: { policies: { headers: off } } }`,
    faults: [
      '7:80  apis.a.policies.authorization.operations["GET /nope"]  the definition has no operation GET /nope',
      '8:19  apis.a.operations["GET /no"]  the definition has no operation GET /no',
    ],
  },
  {
    what: 'authenticators that cannot be, where they are written, and names that mean none',
    text: `${listen}\nauthenticators:\n  mine: ${tokens.replace('https://id', 'http://id')}\napis:\n  a: { ${upstream}, policies: { authentication: { anyOf: [mine, mien, other] } } }`,
    faults: [
      /^3:3 {2}authenticators\.mine {2}jwks .* must be an https URL/,
      /^5:\d+ {2}apis\.a\.policies\.authentication\.anyOf\[1\] {2}there is no authenticator "mien"; did you mean "mine"\?$/,
      /^5:\d+ {2}apis\.a\.policies\.authentication\.anyOf\[2\] {2}there is no authenticator "other"; there are: mine$/,
    ],
  },
  {
    what: 'two APIs in one place',
    text: `${listen}\napis:\n  a: { ${open} }\n  b: { ${open} }`,
    faults: [/^2:1 {2}apis {2}two APIs are served at host \* and basePath \/; one is b$/],
  },
  {
    what: 'counters without room',
    text: `${listen}\ncounters: { memory: 10B }\napis: { a: { ${open} } }`,
    faults: ['2:21  counters.memory  expected 1MiB to 4GiB'],
  },
  {
    what: 'state that is a file',
    text: `${listen}\nstate: orders.yaml\napis: { a: { ${open} } }`,
    faults: [/^2:1 {2}state {2}.*is a file/],
  },
  {
    what: 'http that has nothing to redirect to',
    text: `listen: { http: { port: 80 } }\napis: { a: { ${open} } }`,
    faults: [/^1:11 {2}listen\.http {2}there is no https to redirect to/],
  },
  {
    what: 'nothing that listens',
    text: `listen: {}\napis: { a: { ${open} } }`,
    faults: [/^1:1 {2}listen {2}none of http, https and internal/],
  },
  {
    what: 'two listeners on one port',
    text: `listen: { http: { port: 8443 }, https: { port: 8443, host: 127.0.0.1, selfSigned: true }, admin: { port: 8443 } }\napis: { a: { ${open} } }`,
    faults: [
      '1:42  listen.https.port  listen.http has the port 8443 already',
      /^1:\d+ {2}listen\.admin\.port {2}listen\.http has the port 8443 already$/,
    ],
  },
];

for (const { what, text, faults } of faulty) {
  test(`faults: ${what}`, async (t) => {
    const found = await faultsOf(folderWith(t, { 'portcullis.yaml': text, 'orders.yaml': ordersDefinition }));
    assert.equal(found.length, faults.length, found.join('\n'));
    for (const [index, expected] of faults.entries()) {
      if (typeof expected === 'string') assert.equal(found[index], expected);
      else assert.match(found[index]!, expected);
    }
  });
}

test('a state folder that others can write to is a fault, and one that is not there is none', async (t) => {
  const folder = folderWith(t, { 'portcullis.yaml': `${listen}\nstate: keys\napis: { a: { ${open} } }` });
  assert.deepEqual(await faultsOf(folder), []);
  mkdirSync(join(folder, 'keys'));
  chmodSync(join(folder, 'keys'), 0o777);
  assert.match((await faultsOf(folder)).join('\n'), /^2:1 {2}state {2}.*can be written by others/);
});

test('warnings: what the definition says about who may call', async (t) => {
  const found = (await warningsOf(folderWith(t, ordersFiles))).join('\n');
  assert.match(found, /anybody may call an operation without a credential: GET \/orders$/m);
  assert.match(
    found,
    /nobody may call an operation, as neither the definition .* is refuse: PUT \/orders\/\{id\}$/m,
  );
  assert.match(
    found,
    /nobody may call an operation, as the definition asks for a client certificate; .*: DELETE \/orders\/\{id\}$/m,
  );
  assert.match(
    found,
    /looks internal, and is there for everybody .* without a role: POST \/admin\/reindex$/m,
  );
  assert.equal(found.split('\n').length, 4, found);
});

test('a role settles what looks internal, and what nobody may call', async (t) => {
  const settled = ordersConfiguration.replace(
    'anyOf: [customers, partners] }',
    'anyOf: [customers, partners] }\n      authorization: { operations: { POST /admin/reindex: { roles: [admin] }, PUT /orders/{id}: { roles: [clerk] } } }',
  );
  const quoted = settled.replace('PUT /orders/{id}', '"PUT /orders/{id}"');
  const found = (await warningsOf(folderWith(t, { ...ordersFiles, 'portcullis.yaml': quoted }))).join('\n');
  assert.doesNotMatch(found, /internal|PUT/);
});

const warned: readonly { readonly what: string; readonly text: string; readonly expected: RegExp }[] = [
  {
    what: 'open',
    text: `${listen}\napis: { a: { ${open} } }`,
    expected: /apis\.a\.policies\.authentication {2}open to anybody/,
  },
  {
    what: 'no definition',
    text: `${listen}\napis: { a: { ${open} } }`,
    expected: /apis\.a {2}there is no definition: every method/,
  },
  { what: 'no limit', text: `${listen}\napis: { a: { ${open} } }`, expected: /apis\.a {2}no rate-limit/ },
  {
    what: 'plaintext',
    text: `listen: { http: { port: 80, plaintext: true } }\napis: { a: { ${open} } }`,
    expected: /^1:\d+ {2}listen\.http\.plaintext {2}APIs are served without TLS/m,
  },
  {
    what: 'admin for others',
    text: `listen: { https: { port: 1, selfSigned: true }, admin: { host: 0.0.0.0, port: 9 } }\napis: { a: { ${open} } }`,
    expected: /listen\.admin\.host {2}metrics and health are open to whoever reaches 0\.0\.0\.0:9;/,
  },
  {
    what: 'nobody known in monitor',
    text: `${listen}\nauthenticators: { k: { apiKey: {} } }\napis: { a: { ${upstream}, policies: { authentication: { mode: monitor, anyOf: [k] } } } }`,
    expected: /policies\.authentication {2}in mode monitor nobody is known/,
  },
  {
    what: 'an identity that nobody has',
    text: `${listen}\npolicies: { upstream-identity: { fields: { x-user: subject } } }\napis: { a: { ${open} } }`,
    expected: /policies\.upstream-identity {2}hands nothing on for a: authentication there lets everybody in/,
  },
  {
    what: 'an identity that nobody has in monitor',
    text: `${listen}\nauthenticators: { k: { apiKey: {} } }\napis: { a: { ${upstream}, policies: { authentication: { mode: monitor, anyOf: [k] }, upstream-identity: { jwt: {} } } } }`,
    expected: /apis\.a\.policies\.upstream-identity {2}hands nothing on for a/,
  },
  {
    what: 'an authenticator that nobody uses',
    text: `${listen}\nauthenticators: { k: { apiKey: {} } }\napis: { a: { ${open} } }`,
    expected: /authenticators\.k {2}no API accepts it/,
  },
  {
    what: 'tokens in the query',
    text: `${listen}\nauthenticators: { s: { oauth2: { issuer: 'https://id.example.com', audience: a, token: { query: access_token } } } }\napis: { a: { ${upstream}, policies: { authentication: { anyOf: [s] } } } }`,
    expected: /authenticators\.s\.oauth2\.token\.query {2}TOKENS IN URLS ARE GIVEN AWAY/,
  },
  {
    what: 'keys in the query',
    text: `${listen}\nauthenticators: { k: { apiKey: { query: api_key } } }\napis: { a: { ${upstream}, policies: { authentication: { anyOf: [k] } } } }`,
    expected: /authenticators\.k\.apiKey\.query {2}KEYS IN URLS ARE GIVEN AWAY.*use a field, with header/,
  },
  {
    what: 'no limit but those of keys',
    text: `${listen}\nauthenticators: { k: { apiKey: {} } }\napis: { a: { ${upstream}, policies: { authentication: { anyOf: [k] } } } }`,
    expected: /apis\.a {2}no rate-limit/,
  },
  {
    what: 'passwords without TLS',
    text: `listen: { http: { port: 80, plaintext: true } }\nauthenticators: { s: { basic: {} } }\napis: { a: { ${upstream}, policies: { authentication: { anyOf: [s] } } } }`,
    expected: /authenticators\.s\.basic {2}PASSWORDS SENT WITHOUT TLS ARE GIVEN AWAY.*trustedProxies/,
  },
  {
    what: 'passwords without TLS beside https',
    text: `listen: { http: { port: 80, plaintext: true }, https: { port: 443, selfSigned: true } }\nauthenticators: { s: { basic: {} } }\napis: { a: { ${upstream}, policies: { authentication: { anyOf: [s] } } } }`,
    expected: /authenticators\.s\.basic {2}PASSWORDS SENT WITHOUT TLS ARE GIVEN AWAY.*let clients use https/,
  },
  {
    what: 'tokens in a cookie',
    text: `${listen}\nauthenticators: { s: { oauth2: { issuer: 'https://id.example.com', audience: a, token: { cookie: session } } } }\napis: { a: { ${upstream}, policies: { authentication: { anyOf: [s] } } } }`,
    expected: /authenticators\.s\.oauth2\.token\.cookie {2}browsers send a cookie whoever made the page/,
  },
  {
    what: 'tokens bound to certificates that nobody is asked for',
    text: `${listen}\nauthenticators: { s: { oauth2: { issuer: 'https://id.example.com', audience: a, binding: mtls } } }\napis: { a: { ${upstream}, policies: { authentication: { anyOf: [s] } } } }`,
    expected: /authenticators\.s\.oauth2\.binding {2}nobody can satisfy it.*clientCertificates: request/,
  },
  {
    what: 'a key file that is not there',
    text: `${listen}\nauthenticators: { s: ${tokens.replace('https://id.example.com/keys', 'keys.json')} }\napis: { a: { ${upstream}, policies: { authentication: { anyOf: [s] } } } }`,
    expected: /jwt\.jwks {2}.*keys\.json cannot be read: there is no such file; until it can be used/,
  },
  {
    what: 'a log that cannot be written',
    text: `${listen}\npolicies: { access-log: { to: { file: logs/a.log } } }\napis: { a: { ${open} } }`,
    expected: /policies\.access-log {2}the log .*a\.log cannot be written: there is no folder/,
  },
  {
    what: 'authorization that asks where nobody is known',
    text: `${listen}\napis: { a: { openapi: orders.yaml, ${upstream}, policies: { authentication: none, authorization: {} } } }`,
    expected:
      /nobody may call 5 operations, as authorization asks who calls, but authentication is none: POST \/orders, /,
  },
  {
    what: 'an internal API, and nothing said about proxies',
    text: `${listen}\napis: { a: { visibility: internal, ${open} } }`,
    expected:
      /apis\.a\.visibility {2}trustedProxies is not there: a proxy in front .* write \[\] if there is none/,
  },
  {
    what: 'regions by data of another year',
    text: `${listen}\npolicies: { region-access: { deny: [KP], database: old.mmdb } }\napis: { a: { ${open} }, b: { basePath: /b, ${open} } }`,
    expected: /^2:13 {2}policies\.region-access {2}.*old\.mmdb is 151 days old: networks have moved since/m,
  },
  {
    what: 'what init could not know',
    text: `${listen} # CHANGE: the names\napis: { a: { ${open} } }`,
    expected: /^1:53 {2}still to be changed: the names$/m,
  },
];

const oldRegions = writeMmdb({
  networks: { '192.0.2.0/24': { country_code: 'DE' } },
  builtAt: now - 151 * 86_400_000,
});

for (const { what, text, expected } of warned) {
  test(`warnings: ${what}`, async (t) => {
    const found = await warningsOf(
      folderWith(t, { 'portcullis.yaml': text, 'orders.yaml': ordersDefinition, 'old.mmdb': oldRegions }),
    );
    assert.match(found.join('\n'), expected);
  });
}

test('what several APIs take over is warned of once, and what is written out not at all', async (t) => {
  const region = '2:13  policies.region-access';
  const both = `${listen}\npolicies: { region-access: { deny: [KP], database: old.mmdb } }\ntrustedProxies: []\napis: { a: { visibility: internal, ${open} }, b: { basePath: /b, ${open} } }`;
  const found = await warningsOf(folderWith(t, { 'portcullis.yaml': both, 'old.mmdb': oldRegions }));
  assert.equal(found.filter((line) => line.includes(region.slice(6))).length, 1);
  assert.ok(found.every((line) => !line.includes('trustedProxies')));
});

test('an internal API is no warning for what looks internal, nor are networks of one operation', async (t) => {
  const text = ordersConfiguration.replace(
    '    basePath: /v1',
    '    visibility: internal\n    basePath: /v1',
  );
  const hidden = (await warningsOf(folderWith(t, { ...ordersFiles, 'portcullis.yaml': text }))).join('\n');
  assert.doesNotMatch(hidden, /looks internal/);
  const narrow = ordersConfiguration.replace(
    '      POST /orders:',
    '      POST /admin/reindex: { policies: { ip-access: { allow: [10.0.0.0/8] } } }\n      POST /orders:',
  );
  const found = (await warningsOf(folderWith(t, { ...ordersFiles, 'portcullis.yaml': narrow }))).join('\n');
  assert.doesNotMatch(found, /looks internal/);
});

test('networks are for internal APIs, and have to be some', async (t) => {
  const faults = async (api: string) => {
    const folder = folderWith(t, { 'portcullis.yaml': `${listen}\napis: { a: { ${api}, ${open} } }` });
    return faultsOf(folder);
  };
  assert.match(
    (await faults('networks: [10.0.0.0/8]')).join(),
    /apis\.a\.networks {2}networks are for visibility: internal/,
  );
  assert.match(
    (await faults('visibility: internal, networks: [10.0.0.1/8]')).join(),
    /apis\.a\.networks {2}.*has address bits/,
  );
});

test('conditions, roles and bindings are wrong at their own lines', async (t) => {
  const text = `${listen}
authenticators: { k: { apiKey: {} } }
roles:
  a: { includes: [b] }
  b: { permissions: [x] }
apis:
  o:
    openapi: orders.yaml
    ${upstream}
    policies:
      authentication: { anyOf: [k] }
      authorization:
        when: request.mehtod == "GET"
        deny:
          - roles: [a]
          - when: claims.x >
        operations:
          POST /orders:
            permissions: [x, y]
            roles: [c]
        bind:
          '{nope}': claims.sub
          '{id}': { to: claims.sub, except: [d] }
    operations:
      GET /orders: { policies: { authorization: { when: '1' } } }
`;
  const found = await faultsOf(folderWith(t, { 'portcullis.yaml': text, 'orders.yaml': ordersDefinition }));
  const at = (line: number, path: string, message: RegExp) =>
    assert.ok(
      found.some((each) => each.startsWith(`${line}:`) && each.includes(`  ${path}  `) && message.test(each)),
      `${line} ${path} in ${found.join('\n')}`,
    );
  const own = 'apis.o.policies.authorization';
  at(13, `${own}.when`, /No such key: mehtod \(at character 9\)/);
  at(16, `${own}.deny[1].when`, /not a condition/);
  at(19, `${own}.operations["POST /orders"].permissions[1]`, /there is no permission "y"/);
  at(20, `${own}.operations["POST /orders"].roles`, /there is no role "c"/);
  at(22, `${own}.bind["{nope}"]`, /no operation that it is about/);
  at(23, `${own}.bind["{id}"].except`, /there is no role "d"/);
  at(25, 'apis.o.operations["GET /orders"].policies.authorization.when', /is of type int/);
});

test('the time of a certificate', () => {
  const from = '2026-01-01T00:00:00Z';
  const told: readonly [string, string, RegExp | undefined][] = [
    [from, '2026-07-02T00:00:00Z', undefined],
    [from, '2026-06-30T23:00:00Z', /^expires on 2026-06-30, in 29 days: renew it$/],
    [from, '2026-06-02T12:00:00Z', /in 1 day:/],
    [from, '2026-06-01T00:00:00Z', /^has expired on 2026-06-01/],
    ['2026-06-02T00:00:00Z', '2027-01-01T00:00:00Z', /^is valid from 2026-06-02 on/],
  ];
  for (const [validFrom, validTo, expected] of told) {
    const text = validity({ validFrom, validTo }, now);
    if (expected === undefined) assert.equal(text, undefined);
    else assert.match(text ?? '', expected);
  }
});

test('certificates are read, and one that ends soon is a warning', async (t) => {
  const { generate } = await import('selfsigned');
  const made = await generate([{ name: 'commonName', value: 'api.example.com' }], {
    keyType: 'ec',
    notBeforeDate: new Date(now - 86_400_000),
    notAfterDate: new Date(now + 5 * 86_400_000),
  });
  const folder = folderWith(t, {
    'api.crt': made.cert,
    'api.key': made.private,
    'portcullis.yaml': `listen: { https: { port: 8443, certificates: [{ cert: api.crt, key: api.key }] } }\napis: { a: { ${open} } }`,
  });
  assert.match(
    (await warningsOf(folder)).join('\n'),
    /listen\.https\.certificates\[0\] {2}api\.crt expires on 2026-06-06, in 5 days/,
  );
});

test('the files of client certificates are read, and what is wrong with them is told where they are named', async (t) => {
  const good = makeRoot(dn('CN=Good'), { from: now - 1_000, to: now + 400 * 86_400_000 });
  const old = makeRoot(dn('CN=Old'), { from: now - 9_000_000, to: now - 86_400_000 });
  const times = { from: now - 1_000, to: now + 86_400_000 };
  const files = {
    'good.pem': good.pem,
    'old.pem': old.pem,
    'good.crl': good.list([], times),
    'late.crl': good.list([], { from: now - 9 * 86_400_000, to: now - 86_400_000 }),
    'other.crl': makeRoot(dn('CN=Other')).list([], times),
    'forged.crl': makeRoot(dn('CN=Good')).list([], times),
  };
  const checked = (certificate: string, https = ', clientCertificates: request') =>
    warningsOf(
      folderWith(t, {
        ...files,
        'portcullis.yaml': `listen: { https: { port: 8443, selfSigned: true${https} } }\nauthenticators: { c: { certificate: ${certificate} } }\napis: { a: { ${upstream}, policies: { authentication: { anyOf: [c] } } } }`,
      }),
    );
  assert.doesNotMatch((await checked('{ ca: good.pem, crl: good.crl }')).join('\n'), /certificate/);
  const told: readonly (readonly [string, RegExp])[] = [
    [
      '{ ca: [good.pem, old.pem] }',
      /2:\d+ {2}authenticators\.c\.certificate\.ca\[1\] {2}CN=Old in old\.pem has expired on 2026-05-31/,
    ],
    ['{ ca: good.pem, crl: late.crl }', /certificate\.crl {2}late\.crl has expired on 2026-05-31: .* 503/],
    [
      '{ ca: good.pem, crl: [good.crl, other.crl] }',
      /crl\[1\] {2}other\.crl is of CN=Other, which is not in the bundle/,
    ],
    ['{ ca: good.pem, crl: [good.crl, forged.crl] }', /crl\[1\] {2}forged\.crl is not signed by CN=Good/],
    ['{ ca: [good.pem, old.pem], crl: good.crl }', /certificate\.crl {2}none is of CN=Old/],
    ['{ ca: good.pem, from: proxy }', /certificate\.from {2}no proxy is believed/],
  ];
  for (const [certificate, expected] of told) assert.match((await checked(certificate)).join('\n'), expected);
  assert.match(
    (await checked('{ ca: good.pem }', '')).join('\n'),
    /c\.certificate {2}nobody can satisfy it.*clientCertificates: request/,
  );
  await assert.rejects(
    checked('{ ca: no.pem }'),
    /2:\d+ {2}authenticators\.c\.certificate\.ca {2}no\.pem cannot be read: there is no such file/,
  );
  await assert.rejects(checked('{ ca: good.crl }'), /good\.crl holds no certificate in PEM/);
});

test('the command: exit codes, streams and wrong use', async (t) => {
  const folder = folderWith(t, { ...ordersFiles, 'bad.yaml': 'listen: {}\napis: []\n' });
  const bad = await portcullis(folder, 'check', 'bad.yaml');
  assert.deepEqual([bad.code, bad.out], [1, '']);
  assert.match(bad.err, /^bad\.yaml:2:7 {2}apis {2}expected a mapping, found a list$/m);
  const missing = await portcullis(folder, 'check');
  assert.equal(missing.code, 1);
  assert.match(
    missing.err,
    /portcullis\.yaml:\d+:\d+ {2}.*the environment variable GATEWAY_TOKEN is not set/,
  );
  const wrong = await portcullis(folder, 'check', '--confg', 'x');
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /there is no option --confg \(did you mean --config\?\)/);
});
