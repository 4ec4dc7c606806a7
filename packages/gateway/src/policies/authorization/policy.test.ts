import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Refuse } from '../../exchange.ts';
import type { SecurityAlternative } from '../../openapi/definition.ts';
import {
  api,
  type ExchangeParts,
  environment,
  exchange,
  operation,
  type PrincipalParts,
  preparePolicy,
  principal,
} from '../../testing/exchange.ts';
import { authorization } from './policy.ts';

const oauth = (...scopes: readonly string[]): SecurityAlternative => [
  { scheme: 'oauth', type: 'oauth2', scopes },
];
const apiKey: SecurityAlternative = [{ scheme: 'key', type: 'apiKey', scopes: ['read'] }];

const operations = {
  silent: operation('GET /silent'),
  open: operation('GET /open', { security: [] }),
  optional: operation('GET /optional', { security: [oauth('read'), []] }),
  read: operation('GET /orders', { security: [oauth('read')] }),
  either: operation('GET /either', { security: [oauth('read', 'write'), apiKey] }),
  keys: operation('GET /keys', { security: [apiKey] }),
  remove: operation('DELETE /orders', { security: [oauth('write')] }),
  strange: operation('GET /strange', { security: [oauth('a"b', 'x')] }),
};
const orders = api('orders', Object.values(operations));
const within = environment({ api: orders, authenticators: { partners: { apiKey: {} } } });

type Name = keyof typeof operations;

async function decide(
  name: Name | undefined,
  who: PrincipalParts | undefined,
  config: unknown = {},
): Promise<Refuse | undefined> {
  const prepared = await preparePolicy(authorization, config, within);
  const parts: ExchangeParts = {
    operation: name === undefined ? undefined : operations[name],
    principal: who === undefined ? undefined : principal(who),
  };
  return prepared.authorize!(exchange('GET /', parts));
}

const roles = {
  operations: {
    'DELETE /orders': { roles: ['admin', 'owner'] },
    'GET /silent': { roles: ['auditor'] },
    'GET /open': { roles: ['guest'] },
    'GET /optional': { roles: ['guest'] },
  },
};

const vectors: readonly [
  name: Name | undefined,
  who: PrincipalParts | undefined,
  config: unknown,
  problem: string | undefined,
][] = [
  ['open', undefined, {}, undefined],
  ['open', {}, {}, undefined],
  ['optional', undefined, {}, undefined],
  ['optional', {}, {}, undefined],
  ['read', undefined, {}, 'credential-missing'],
  ['read', {}, {}, 'scope-insufficient'],
  ['read', { scopes: ['read'] }, {}, undefined],
  ['read', { scopes: ['read'], kind: 'api-key' }, {}, 'scope-insufficient'],
  ['either', { scopes: ['read'] }, {}, 'scope-insufficient'],
  ['either', { scopes: ['read', 'write'] }, {}, undefined],
  ['either', { scopes: ['read'], kind: 'api-key' }, {}, undefined],
  ['silent', undefined, {}, 'credential-missing'],
  ['silent', { scopes: ['read'] }, {}, 'not-decided'],
  ['silent', {}, { undeclared: 'authenticated' }, undefined],
  ['silent', undefined, { undeclared: 'authenticated' }, 'credential-missing'],
  ['silent', {}, roles, 'role-insufficient'],
  ['silent', { roles: ['auditor'] }, roles, undefined],
  ['silent', {}, { ...roles, undeclared: 'authenticated' }, 'role-insufficient'],
  ['remove', { scopes: ['write'] }, roles, 'role-insufficient'],
  ['remove', { scopes: ['write'], roles: ['user', 'Admin'] }, roles, 'role-insufficient'],
  ['remove', { roles: ['admin'] }, roles, 'scope-insufficient'],
  ['remove', { scopes: ['write'], roles: ['owner'] }, roles, undefined],
  ['open', undefined, roles, 'credential-missing'],
  ['open', {}, roles, 'role-insufficient'],
  ['open', { roles: ['guest'] }, roles, undefined],
  ['optional', { roles: ['guest'] }, roles, undefined],
  [undefined, {}, {}, 'not-decided'],
  [undefined, undefined, {}, 'credential-missing'],
  [undefined, {}, { undeclared: 'authenticated' }, undefined],
];

for (const [name, who, config, problem] of vectors) {
  test(`${name} by ${JSON.stringify(who)} with ${JSON.stringify(config)}: ${problem ?? 'allowed'}`, async () => {
    const verdict = await decide(name, who, config);
    assert.equal(verdict?.problem, problem);
    if (verdict !== undefined) assert.ok(authorization.problems.includes(verdict.problem as never));
  });
}

test('challenges', async () => {
  assert.deepEqual((await decide('read', undefined))?.fields, [
    'www-authenticate',
    'ApiKey realm="orders", header="x-api-key"',
  ]);
  const bearer = (more: string): string[] => [
    'www-authenticate',
    `Bearer realm="orders", error="insufficient_scope"${more}`,
  ];
  assert.deepEqual((await decide('read', {}))?.fields, bearer(', scope="read"'));
  assert.deepEqual((await decide('either', {}))?.fields, bearer(', scope="read write"'));
  assert.deepEqual((await decide('keys', {}))?.fields, bearer(''));
  assert.deepEqual((await decide('strange', {}))?.fields, bearer(''), 'a scope cannot end the quotes');
  const key = (await decide('keys', { kind: 'api-key' }))?.fields;
  assert.deepEqual(key, [
    'www-authenticate',
    'ApiKey realm="orders", error="insufficient_scope", scope="read"',
  ]);
  assert.deepEqual((await decide('read', { claims: { cnf: { jkt: 'thumbprint' } } }))?.fields, [
    'www-authenticate',
    'DPoP realm="orders", error="insufficient_scope", scope="read"',
  ]);
  assert.deepEqual((await decide('keys', { kind: 'password' }))?.fields, [
    'www-authenticate',
    'Basic realm="orders", error="insufficient_scope"',
  ]);
  assert.deepEqual((await decide('keys', { kind: 'certificate' }))?.fields, [
    'www-authenticate',
    'Certificate realm="orders", error="insufficient_scope"',
  ]);
});

test('without authenticators the challenge is Bearer', async () => {
  const prepared = await preparePolicy(authorization, {}, environment({ api: orders }));
  const verdict = await prepared.authorize!(exchange('GET /', { operation: operations.read }));
  assert.deepEqual(verdict?.fields, ['www-authenticate', 'Bearer realm="orders"']);
});

test('an operation of another API is not decided by the rules of this one', async () => {
  const prepared = await preparePolicy(authorization, {}, within);
  const stranger = operation('GET /orders', { security: [] });
  assert.equal(
    (await prepared.authorize!(exchange('GET /', { operation: stranger, principal: principal() })))?.problem,
    'not-decided',
  );
});

test('roles must be for operations that there are', async () => {
  for (const written of [
    'GET /nowhere',
    'get /orders',
    'POST /orders',
    '/orders',
    'constructor',
    'GET /orders/',
  ]) {
    await assert.rejects(
      preparePolicy(authorization, { operations: { [written]: { roles: ['a'] } } }, within),
      (fault) =>
        fault instanceof AggregateError && /the definition has no operation/.test(fault.errors[0].message),
      written,
    );
  }
});

test('runs unasked where there is a definition', () => {
  assert.deepEqual(authorization.byDefault?.({ hasDefinition: true } as never), {});
  assert.equal(authorization.byDefault?.({ hasDefinition: false } as never), undefined);
  assert.equal(authorization.onFault, 'refuse');
});
