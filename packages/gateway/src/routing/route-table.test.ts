import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plan } from '../plan.ts';
import { type Mount, RouteTable } from './route-table.ts';

const path = '/.well-known/oauth-protected-resource';

function mount(
  name: string,
  basePath: string,
  hosts = ['*'],
  answers = true,
): Mount & { readonly name: string } {
  const wellKnown = new Map(answers ? [['oauth-protected-resource', 'authentication']] : []);
  const plan = { api: { name }, wellKnown } as unknown as Plan;
  return { name, hosts, basePath, stripBasePath: false, operations: undefined, plan };
}

const table = new RouteTable([
  mount('root', ''),
  mount('orders', '/orders'),
  mount('old', '/orders/old'),
  mount('silent', '/silent', ['*'], false),
  mount('other', '/orders', ['other.example']),
]);
const found = (host: string, asked: string): string | undefined =>
  table.find(host, asked, 'GET')?.plan.api?.name;

const vectors: readonly (readonly [host: string, asked: string, name: string])[] = [
  ['a.example', path, 'root'],
  ['a.example', `${path}/orders`, 'orders'],
  ['a.example', `${path}/orders/old`, 'old'],
  ['other.example', `${path}/orders`, 'other'],
  // Whoever does not answer is not asked: the request is for whoever has the path itself.
  ['a.example', `${path}/silent`, 'root'],
  ['a.example', `${path}/orders/7`, 'root'],
  ['a.example', `${path}/`, 'root'],
  ['a.example', `${path}s/orders`, 'root'],
  ['a.example', '/.well-known/other/orders', 'root'],
  ['a.example', '/.well-known/', 'root'],
  ['a.example', `/orders${path}`, 'orders'],
];
for (const [host, asked, name] of vectors) {
  test(`${host}${asked} is for ${name}`, () => assert.equal(found(host, asked), name));
}

test('where no API is at the root', () => {
  const one = new RouteTable([mount('orders', '/orders')]);
  assert.equal(one.find('a.example', `${path}/orders`, 'GET')?.plan.api?.name, 'orders');
  assert.equal(one.find('a.example', path, 'GET'), undefined);
});
