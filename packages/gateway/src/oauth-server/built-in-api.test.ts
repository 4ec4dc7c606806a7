import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInApis } from './built-in-api.ts';
import { oauthServer } from './schema.ts';

function apisOf(issuer: string, shared: Record<string, unknown> = {}, more: object = {}) {
  const config = oauthServer.parse({ issuer, resources: { 'https://api.example': { scopes: {} } }, ...more });
  return builtInApis(config, '/run/x.sock', shared);
}

test('it is served at the host and path of the issuer, and its metadata where RFC 8414 puts it', () => {
  const apis = apisOf('https://id.example.com:8443/a/b');
  assert.deepEqual(
    Object.entries(apis).map(([name, { config }]) => [
      name,
      config.hosts,
      config.basePath,
      config.upstream.targets,
    ]),
    [
      ['oauth-server', ['id.example.com'], '/a/b', ['unix:/run/x.sock']],
      [
        'oauth-server-metadata',
        ['id.example.com'],
        '/.well-known/oauth-authorization-server/a/b',
        ['unix:/run/x.sock'],
      ],
    ],
  );
  const root = apisOf('https://id.example.com');
  assert.deepEqual(Object.keys(root), ['oauth-server']);
  assert.equal(root['oauth-server']?.config.basePath, '/');
});

test('whatever the top of the file says, it asks for no credential itself, and keeps no query', () => {
  const shared = {
    authentication: { anyOf: ['x'] },
    authorization: { undeclared: 'refuse' },
    cors: { origins: ['*'] },
    'access-log': { to: { file: 'x.log' }, query: 'redacted', userAgent: false },
    headers: { hsts: false, response: { set: { 'content-security-policy': '*' } } },
    'rate-limit': 'off',
  };
  const policies = apisOf('https://id.example.com/o', shared)['oauth-server']!.config.policies as Record<
    string,
    unknown
  >;
  assert.deepEqual(
    [policies['authentication'], policies['authorization'], policies['cors'], policies['headers']],
    ['none', 'off', 'off', { hsts: false }],
  );
  assert.deepEqual(policies['access-log'], { to: { file: 'x.log' }, userAgent: false, query: 'names' });
  assert.notEqual(policies['rate-limit'], 'off');
});

test('a log that is off, or keeps no queries, stays so', () => {
  const logOf = (log: unknown): unknown =>
    (
      apisOf('https://id.example.com/o', { 'access-log': log })['oauth-server']!.config.policies as Record<
        string,
        unknown
      >
    )['access-log'];
  assert.equal(logOf('off'), 'off');
  assert.deepEqual(logOf({ query: 'none' }), { query: 'none' });
});

test('limits are those of the configuration, and name operations that there are', () => {
  const { config, definition } = apisOf('https://id.example.com/o', {}, { limits: { signIn: 3, token: 7 } })[
    'oauth-server'
  ]!;
  const limits = (
    config.policies as Record<string, { name: string; quota: number; operations?: string[] }[]>
  )['rate-limit']!;
  assert.deepEqual(
    limits.map(({ name, quota }) => `${name} ${quota}`),
    ['oauth-burst 50', 'oauth-page 120', 'oauth-sign-in 3', 'oauth-token 7'],
  );
  const known = definition.operations.map(({ method, path }) => `${method} ${path}`);
  for (const { operations = [] } of limits)
    for (const each of operations) assert.ok(known.includes(each), each);
});
