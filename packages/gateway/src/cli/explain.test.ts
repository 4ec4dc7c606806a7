import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type PrincipalValues, readPrincipal } from './asked-principal.ts';
import { readRequest } from './asked-request.ts';
import { UsageFault } from './command.ts';
import { type Explanation, explainRequest } from './explanation.ts';
import { explanationJson, explanationText } from './explanation-text.ts';
import { prepareToLook } from './preparation.ts';
import { ordersConfiguration, ordersEnv, ordersFiles } from './testing/orders.ts';
import { folderWith, portcullis } from './testing/program.ts';

interface Explained {
  readonly explanation: Explanation;
  readonly text: string;
  readonly json: string;
}

async function explained(
  t: TestContext,
  request: string,
  configuration = ordersConfiguration,
): Promise<Explained> {
  const folder = folderWith(t, { ...ordersFiles, 'portcullis.yaml': configuration });
  const { loaded, gateway, close } = await prepareToLook(join(folder, 'portcullis.yaml'), ordersEnv);
  t.after(close);
  const explanation = await explainRequest(
    readRequest(...(request.split(' ') as [string, string])),
    loaded,
    gateway,
  );
  return {
    explanation,
    text: explanationText(explanation, loaded),
    json: JSON.stringify(explanationJson(explanation, loaded)),
  };
}

test('a request that is forwarded: operation, values, policies in order, upstream', async (t) => {
  const { explanation, text } = await explained(t, 'GET https://localhost:8443/v1/orders/a%2Db?x=1');
  assert.deepEqual(explanation.operation, {
    id: 'getOrder',
    method: 'GET',
    template: '/orders/{id}',
    summary: 'One order',
    deprecated: false,
    values: { id: 'a-b' },
  });
  assert.deepEqual(explanation.outcome, {
    kind: 'forwarded',
    targets: ['http://127.0.0.1:3000'],
    target: '/orders/a-b?x=1',
    host: '127.0.0.1:3000',
  });
  const order = explanation.steps.map(({ phase, view }) => `${phase} ${view.name}`);
  const expected = [
    'head rate-limit',
    'head openapi-validation',
    'identity authentication',
    'authorize authorization',
    'body openapi-validation',
    'upstream headers',
    'response headers',
    'record access-log',
  ];
  assert.deepEqual(
    order.filter((each) => expected.includes(each)),
    expected,
  );
  assert.match(text, /read as {4}\/v1\/orders\/a-b\?x=1 at localhost:8443/);
  assert.match(text, /who may {4}a token with scope orders:read$/m);
  assert.match(
    text,
    /rate-limit +enforce {2}policies\.rate-limit {2}\S+portcullis\.yaml:8\n {6}- name: burst\n/,
  );
  assert.match(text, /not met:\n {2}client-address +trustedProxies is empty/);
});

test('secrets of the environment are in neither form', async (t) => {
  const { text, json } = await explained(t, 'GET https://localhost:8443/v1/orders/5');
  for (const shown of [text, json]) {
    assert.ok(!shown.includes('do-not-show-me'));
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the reference is what must be shown
    assert.ok(shown.includes('${GATEWAY_TOKEN}'));
  }
});

test('policies of one operation stand in the place of those of its API', async (t) => {
  const { explanation, text } = await explained(t, 'POST https://localhost:8443/v1/orders');
  const limit = explanation.steps.find(({ view }) => view.name === 'rate-limit');
  assert.equal(limit?.phase, 'rate');
  assert.deepEqual(limit?.view.place, [
    'apis',
    'orders',
    'operations',
    'POST /orders',
    'policies',
    'rate-limit',
  ]);
  assert.match(text, /body {7}held in memory and checked, 1 MiB at most/);
});

const ends: readonly [request: string, outcome: Partial<Explanation['outcome']>, text: RegExp][] = [
  [
    'GET https://localhost:8443/v1/orders/../x',
    { kind: 'refused', problem: 'malformed-target', status: 400 },
    /before any policy\n.*\(dot-segment\)/,
  ],
  [
    'GET https://localhost:8443/v1/orders/5#x',
    { kind: 'refused', problem: 'malformed-target' },
    /\(fragment\)/,
  ],
  [
    `GET https://localhost:8443/${'a'.repeat(9000)}`,
    { kind: 'refused', problem: 'target-too-long', status: 414 },
    /Shorten/,
  ],
  [
    'GET https://me@localhost:8443/v1/orders',
    { kind: 'refused', problem: 'malformed-request' },
    /Send a Host that is a name/,
  ],
  [
    'TRACE https://localhost:8443/v1/orders',
    { kind: 'refused', problem: 'method-unknown', by: 'http' },
    /TRACE is never taken/,
  ],
  [
    'GET https://localhost:8443/other',
    { kind: 'refused', problem: 'api-unknown', by: 'routing' },
    /There is orders at every host, \/v1\./,
  ],
  [
    'GET https://localhost:8443/v1/nope',
    { kind: 'refused', problem: 'path-unknown', by: 'openapi-validation' },
    /no path that \/v1\/nope fits/,
  ],
  [
    'PATCH https://localhost:8443/v1/orders',
    {
      kind: 'refused',
      problem: 'method-unknown',
      status: 405,
      by: 'openapi-validation',
      allow: ['GET', 'HEAD', 'POST'],
    },
    /allow: GET, HEAD, POST/,
  ],
  [
    'OPTIONS https://localhost:8443/v1/orders',
    { kind: 'refused', problem: 'method-unknown' },
    /it is a preflight, which cors answers itself/,
  ],
  [
    'PUT https://localhost:8443/v1/orders/5',
    { kind: 'refused', problem: 'not-decided', status: 403, by: 'authorization' },
    /Nobody may: neither the definition/,
  ],
  [
    'GET http://localhost:8080/v1/orders?a=b',
    { kind: 'redirected', status: 308, location: 'https://localhost:8443/v1/orders?a=b' },
    /308 to/,
  ],
  [
    'HEAD https://localhost:8443/v1/orders',
    { kind: 'forwarded', target: '/orders' },
    /anybody: the definition makes it public/,
  ],
  [
    'GET https://localhost/v1/orders',
    { kind: 'forwarded' },
    /port 443 is not the gateway's own, https listens on 8443/,
  ],
];

for (const [request, outcome, expected] of ends) {
  test(`explain ${request.slice(0, 60)}`, async (t) => {
    const { explanation, text } = await explained(t, request);
    assert.deepEqual({ ...explanation.outcome, ...outcome }, explanation.outcome);
    assert.match(text, expected);
  });
}

test('a refusal ends the list of what is met', async (t) => {
  const { explanation } = await explained(t, 'GET https://localhost:8443/v1/nope');
  assert.deepEqual([...new Set(explanation.steps.map(({ phase }) => phase))], ['head', 'response', 'record']);
  assert.equal(
    explanation.steps.filter(({ phase }) => phase === 'head').at(-1)?.view.name,
    'openapi-validation',
  );
  assert.match(
    explanation.idle.find(({ view }) => view.name === 'authentication')?.because ?? '',
    /ends the request before/,
  );
});

test('http that serves APIs, and https that ends in front of the gateway', async (t) => {
  const plain = ordersConfiguration
    .replace('  https: { port: 8443, selfSigned: true }\n', '')
    .replace('port: 8080', 'port: 8080, plaintext: true');
  const direct = await explained(t, 'GET http://localhost:8080/v1/orders', plain);
  assert.equal(direct.explanation.outcome.kind, 'forwarded');
  const behind = await explained(t, 'GET https://api.example.com/v1/orders', plain);
  assert.match(behind.text, /TLS must end in front of the gateway/);
  const tls = ordersConfiguration.replace('  http: { port: 8080 }\n', '');
  assert.deepEqual(
    (await explained(t, 'GET http://localhost/v1/orders', tls)).explanation.outcome.kind,
    'unheard',
  );
});

const misused: readonly [readonly [string?, string?], RegExp][] = [
  [[], /say which request/],
  [['GET'], /say which request/],
  [['https://localhost/', 'get'], /write the method first: portcullis explain GET https:\/\/localhost\/$/],
  [['GET', '/orders'], /needs a scheme and a host, such as https:\/\/localhost:8443\/orders$/],
  [['GET', 'wss://localhost/'], /not wss; a WebSocket begins as GET/],
  [['GTE', 'https://localhost/'], /did you mean GET\?/],
  [['G T', 'https://localhost/'], /is no method of HTTP/],
];

for (const [words, expected] of misused) {
  test(`explain ${words.join(' ')} is wrong use`, () => {
    assert.throws(
      () => readRequest(...words),
      (error) => error instanceof UsageFault && expected.test(error.message),
    );
  });
}

test('a URL without a path asks for /, and methods may be typed small', () => {
  assert.deepEqual(readRequest('delete', 'HTTPS://api.example.com?x'), {
    method: 'DELETE',
    url: 'HTTPS://api.example.com?x',
    scheme: 'https',
    authority: 'api.example.com',
    target: '/?x',
  });
});

test('the command prints JSON that says the same', async (t) => {
  const folder = folderWith(t, {
    ...ordersFiles,
    'portcullis.yaml': ordersConfiguration.replace(/.*GATEWAY_TOKEN.*\n/, ''),
  });
  const { code, out } = await portcullis(
    folder,
    'explain',
    'GET',
    'https://localhost:8443/v1/orders/5',
    '--json',
  );
  assert.equal(code, 0);
  const { outcome, steps } = JSON.parse(out) as {
    outcome: unknown;
    steps: { phase: string; policy: string; written: unknown }[];
  };
  assert.deepEqual(outcome, {
    kind: 'forwarded',
    targets: ['http://127.0.0.1:3000'],
    target: '/orders/5',
    host: '127.0.0.1:3000',
  });
  assert.deepEqual(steps[0]?.policy, 'rate-limit');
  assert.deepEqual(steps[0]?.written, { path: 'policies.rate-limit', at: 'portcullis.yaml:8' });
});

const judged = ordersConfiguration
  .replace(
    '      headers: {',
    `      authorization:
        deny: [{ roles: [suspended] }]
        operations: { 'PUT /orders/{id}': { roles: [clerk], when: 'hourIn(time, "Europe/Berlin") >= 8' } }
        bind: { '/orders/{id}': { to: claims.sub, except: [admin] }, 'POST /orders#/owner': claims.sub }
        fields: { '/orders#/total': { read: [admin], write: [admin] } }
      headers: {`,
  )
  .replace(
    'policies:\n  rate',
    'roles: { clerk: {}, admin: { includes: [clerk] }, suspended: {} }\npolicies:\n  rate',
  );

const decisions: readonly [
  request: string,
  by: PrincipalValues,
  problem: string | undefined,
  steps: readonly string[],
][] = [
  [
    'GET https://localhost:8443/v1/orders/5',
    { scope: ['orders:read'], claim: ['sub=5'] },
    undefined,
    ['met credential', 'met security', 'met binding'],
  ],
  [
    'GET https://localhost:8443/v1/orders/6',
    { scope: ['orders:read'], claim: ['sub=5'] },
    'object-refused',
    ['met credential', 'met security', 'refused binding'],
  ],
  [
    'GET https://localhost:8443/v1/orders/6',
    { scope: ['orders:read'], 'as-role': ['admin'] },
    undefined,
    ['met credential', 'met security', 'met binding'],
  ],
  [
    'GET https://localhost:8443/v1/orders/5',
    { claim: ['sub=5'] },
    'scope-insufficient',
    ['met credential', 'refused security'],
  ],
  [
    'GET https://localhost:8443/v1/orders/5',
    { 'as-role': ['suspended'], scope: ['orders:read'] },
    'denied',
    ['refused deny'],
  ],
  [
    'PUT https://localhost:8443/v1/orders/5',
    { 'as-role': ['admin'], at: '2026-11-24T08:00:00Z' },
    undefined,
    ['met credential', 'met roles', 'met condition', 'met binding'],
  ],
  [
    'PUT https://localhost:8443/v1/orders/5',
    { 'as-role': ['admin'], at: '2026-11-24T06:00:00Z' },
    'condition-unmet',
    ['met credential', 'met roles', 'refused condition'],
  ],
  [
    'PUT https://localhost:8443/v1/orders/5',
    { claim: ['sub=5'] },
    'role-insufficient',
    ['met credential', 'refused roles'],
  ],
  [
    'POST https://localhost:8443/v1/orders',
    { scope: ['orders:write'] },
    undefined,
    ['met credential', 'met security'],
  ],
  ['POST https://localhost:8443/v1/orders', { kind: ['key'] }, undefined, ['met credential', 'met security']],
];

test('whoever is described has a token, or what is said, or several together', () => {
  const kinds = (...kind: readonly string[]): unknown[] => {
    const { principal } = readPrincipal({ kind, claim: ['a=1'] }, 0);
    return [principal?.kind, ...(principal?.also ?? []).map((each) => each.kind)];
  };
  assert.deepEqual(kinds(), ['jwt']);
  assert.deepEqual(kinds('key'), ['api-key']);
  assert.deepEqual(kinds('password'), ['password']);
  assert.deepEqual(kinds('token', 'certificate', 'key'), ['jwt', 'certificate', 'api-key']);
  assert.throws(() => kinds('basic'), /--kind basic: expected one of token, key, certificate, password/);
});

test('a credential in the query is shown neither as it was asked nor as the upstream sees it', async (t) => {
  const text = `
listen: { https: { port: 8443, selfSigned: true } }
authenticators: { keys: { apiKey: { query: api_key } } }
apis: { a: { upstream: { targets: ['http://127.0.0.1:9'] }, policies: { authentication: { anyOf: [keys] } } } }
`;
  const folder = folderWith(t, { 'portcullis.yaml': text });
  const { loaded, gateway, close } = await prepareToLook(join(folder, 'portcullis.yaml'), {});
  t.after(close);
  const asked = readRequest('GET', 'https://localhost:8443/x?a=1&api_key=pck_secret&b=2');
  const shown = explanationText(await explainRequest(asked, loaded, gateway), loaded);
  assert.doesNotMatch(shown, /pck_secret/);
  assert.match(shown, /^GET https:\/\/localhost:8443\/x\?a=1&api_key=…&b=2/);
  assert.match(shown, /sees \/x\?a=1&b=2 /);
});

for (const [request, values, problem, steps] of decisions) {
  test(`explain ${request} by ${JSON.stringify(values)}: ${problem ?? 'allowed'}`, async (t) => {
    const folder = folderWith(t, { ...ordersFiles, 'portcullis.yaml': judged });
    const { loaded, gateway, close } = await prepareToLook(join(folder, 'portcullis.yaml'), ordersEnv);
    t.after(close);
    const asked = readRequest(...(request.split(' ') as [string, string]));
    const explanation = await explainRequest(asked, loaded, gateway, readPrincipal(values, 0));
    const { decision, outcome } = explanation;
    assert.deepEqual([decision?.allowed, decision?.problem], [problem === undefined, problem]);
    const asks = (decision?.steps ?? []).filter(({ kind, met }) => kind !== 'deny' || !met);
    assert.deepEqual(
      asks.map(({ kind, met }) => `${met ? 'met' : 'refused'} ${kind}`),
      steps,
    );
    assert.equal(outcome.kind === 'refused' ? outcome.problem : undefined, problem);
    const text = explanationText(explanation, loaded);
    assert.match(text, problem === undefined ? /decision {3}allowed/ : new RegExp(`decision {3}${problem}`));
    if (problem !== undefined)
      assert.match(text, new RegExp(`refused {4}403 .*\\(${problem}\\), by authorization`));
    if (request.startsWith('POST')) {
      assert.match(text, /later {4}in the body, POST \/orders#\/owner is claims\.sub/);
      assert.match(text, /later {4}may not send \/orders#\/total\n +later {4}does not see \/orders#\/total/);
    }
    const json = JSON.parse(JSON.stringify(explanationJson(explanation, loaded))) as { decision: unknown };
    assert.notEqual(json.decision, null);
  });
}

test('an API that is internal is explained from where it is asked for', async (t) => {
  const text = ordersConfiguration.replace(
    '    basePath: /v1\n',
    '    basePath: /v1\n    visibility: internal\n    networks: [10.0.0.0/8]\n',
  );
  const folder = folderWith(t, { ...ordersFiles, 'portcullis.yaml': text });
  const { loaded, gateway, close } = await prepareToLook(join(folder, 'portcullis.yaml'), ordersEnv);
  t.after(close);
  const from = async (address: string | undefined, listener?: string) => {
    const asked = readRequest('GET', 'https://localhost:8443/v1/orders');
    const { outcome, notes } = await explainRequest(
      asked,
      loaded,
      gateway,
      readPrincipal({ from: address, listener }, 0),
    );
    if (outcome.kind === 'unheard') return [outcome.detail, notes.at(-1)];
    return [outcome.kind === 'refused' ? outcome.problem : outcome.kind, notes.at(-1)];
  };
  assert.deepEqual(await from(undefined), [
    'forwarded',
    'orders is internal: it is there only for requests from 10.0.0.0/8 (--from ADDRESS)',
  ]);
  assert.deepEqual(await from('10.1.2.3'), [
    'forwarded',
    'orders is internal, and there for a request from 10.1.2.3',
  ]);
  assert.deepEqual(await from('203.0.113.1'), [
    'api-unknown',
    'orders is internal, and not there for a request from 203.0.113.1: it has to come from 10.0.0.0/8 (--from ADDRESS)',
  ]);
  assert.deepEqual(await from(undefined, 'ops'), ['listen.internal.ops is not there', undefined]);
});

test('an API that is bound to a listener is explained by which one it is asked for', async (t) => {
  const text = ordersConfiguration
    .replace('    basePath: /v1\n', '    basePath: /v1\n    visibility: internal\n')
    .replace('listen:', 'listen:\n  internal: { ops: { port: 9000, plaintext: true } }');
  const folder = folderWith(t, { ...ordersFiles, 'portcullis.yaml': text });
  const { loaded, gateway, close } = await prepareToLook(join(folder, 'portcullis.yaml'), ordersEnv);
  t.after(close);
  const by = async (listener: string | undefined, from?: string) => {
    const asked = readRequest('GET', 'http://localhost:9000/v1/orders');
    const values = { from: from ?? '203.0.113.1', listener };
    const { outcome, notes } = await explainRequest(asked, loaded, gateway, readPrincipal(values, 0));
    return [outcome.kind, notes.at(-1)];
  };
  const needs = 'it has to come by the listener ops (--listener NAME)';
  assert.deepEqual(await by('ops'), [
    'forwarded',
    'orders is internal, and there for a request from 203.0.113.1 by the listener ops',
  ]);
  const [, note] = await by('none');
  assert.equal(note, undefined);
  const asked = readRequest('GET', 'https://localhost:8443/v1/orders');
  const { notes } = await explainRequest(asked, loaded, gateway, readPrincipal({ from: '10.0.0.1' }, 0));
  assert.equal(
    notes.at(-1),
    `orders is internal, and not there for a request from 10.0.0.1 by a public listener: ${needs}`,
  );
});

test('somebody is described', () => {
  const { principal, address, time } = readPrincipal(
    {
      'as-role': ['a', 'b,c'],
      scope: ['x y'],
      claim: ['sub=42', 'level=3', 'groups=["g"]', 'name=Ann=x', 'ok=true'],
      from: '::ffff:10.0.0.1',
      at: '2026-11-24T16:00:00Z',
    },
    0,
  );
  assert.deepEqual([...principal!.roles], ['a', 'b', 'c']);
  assert.deepEqual([...principal!.scopes], ['x', 'y']);
  assert.deepEqual(principal!.claims, { sub: '42', level: 3, groups: ['g'], name: 'Ann=x', ok: true });
  assert.deepEqual(
    [principal!.subject, principal!.kind, address, time],
    ['42', 'jwt', '10.0.0.1', Date.parse('2026-11-24T16:00:00Z')],
  );
  assert.equal(readPrincipal({}, 0).principal, undefined);
  assert.equal(readPrincipal({ kind: ['key'] }, 0).principal?.kind, 'api-key');
  for (const values of [{ claim: ['sub'] }, { claim: ['=x'] }, { from: 'here' }, { at: 'noon' }])
    assert.throws(() => readPrincipal(values, 0), UsageFault, JSON.stringify(values));
});

test('a request about the API itself is answered by the gateway', async (t) => {
  const configuration = `
listen: { https: { port: 8443, selfSigned: true } }
authenticators: { s: { oauth2: { issuer: 'https://id.example.com', audience: orders } } }
apis:
  orders:
    openapi: orders.yaml
    basePath: /v1
    upstream: { targets: ['http://127.0.0.1:3000'] }
    policies: { authentication: { anyOf: [s] } }
`;
  const path = '/.well-known/oauth-protected-resource/v1';
  const { explanation, text } = await explained(t, `GET https://localhost:8443${path}`, configuration);
  assert.equal(explanation.api, 'orders');
  assert.equal(explanation.outcome.kind, 'answered');
  assert.match(text, /answered {3}by authentication: the gateway answers it itself/);
  const other = await explained(t, `GET https://localhost:8443${path}/x`, configuration);
  assert.equal(other.explanation.outcome.kind, 'refused');
});
