import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePathTemplate } from '../routing/path-template.ts';
import { compileEndpoints, endpointsOf } from './endpoints.ts';

test('what is on the list is served, to the letter', () => {
  const serves = compileEndpoints(endpointsOf({ registration: false }));
  const vectors: readonly (readonly [request: string, served: boolean])[] = [
    ['GET /auth', true],
    ['HEAD /auth', true],
    ['POST /auth', false],
    ['GET /auth/abc', true],
    ['GET /auth/', false],
    ['GET /auth/a/b', false],
    ['GET /auth/%61', false],
    ['POST /token', true],
    ['POST /token/', false],
    ['POST /TOKEN', false],
    ['GET /token', false],
    ['OPTIONS /token', true],
    ['OPTIONS /auth', false],
    ['POST /interaction/abc/login', true],
    ['POST /interaction//login', false],
    ['POST /interaction/abc/LOGIN', false],
    [`POST /interaction/${'x'.repeat(65)}/login`, false],
    ['POST /register', false],
    ['GET /me', false],
    ['GET /', false],
    ['GET ', false],
  ];
  for (const [request, served] of vectors) {
    const [method, path] = request.split(' ') as [string, string];
    assert.equal(serves(method, path), served, request);
  }
  assert.equal(compileEndpoints(endpointsOf({ registration: true }))('POST', '/register'), true);
});

test('every endpoint can be routed, has an id of its own and a limit; those that guess at secrets a strict one', () => {
  const all = endpointsOf({ registration: true });
  assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
  for (const { path } of all) parsePathTemplate(path);
  const limited = (limit: string): string[] =>
    all.filter((each) => each.limit === limit).map(({ path }) => path);
  assert.deepEqual(limited('sign-in'), ['/interaction/{ticket}/login', '/apps/login']);
  assert.deepEqual(limited('token').sort(), ['/par', '/register', '/revoke', '/token']);
});
