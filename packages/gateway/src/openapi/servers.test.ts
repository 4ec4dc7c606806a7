import assert from 'node:assert/strict';
import { test } from 'node:test';
import { basePathOf, commonBasePath, serverUrls } from './servers.ts';

test('variables take their default, then every other value', () => {
  const variables = {
    stage: { default: 'live', enum: ['test', 'live'] },
    version: { default: 'v1' },
    port: { enum: ['8443', '443'] },
  };
  const servers = [
    { url: 'https://{stage}.example:{port}/{version}/{other}', variables },
    { url: '/v1' },
    7,
    {},
  ];
  assert.deepEqual(serverUrls(servers), [
    'https://live.example:8443/v1/{other}',
    'https://test.example:8443/v1/{other}',
    'https://live.example:443/v1/{other}',
    'https://test.example:443/v1/{other}',
    '/v1',
  ]);
  assert.deepEqual(serverUrls(undefined), []);
});

test('many values do not come to millions', () => {
  const values = Array.from({ length: 100 }, (_, i) => String(i));
  const variables = Object.fromEntries(
    ['a', 'b', 'c', 'd'].map((name) => [name, { default: '0', enum: values }]),
  );
  assert.equal(serverUrls([{ url: '/{a}/{b}/{c}/{d}', variables }]).length, 200);
});

test('the path of a server', () => {
  assert.equal(basePathOf('https://api.example/v1/'), '/v1');
  assert.equal(basePathOf('https://api.example'), '');
  assert.equal(basePathOf('/v1?x#y'), '/v1');
  for (const none of ['https://api.example/{version}', '/a b', '/a;b', 'v1'])
    assert.equal(basePathOf(none), undefined, none);
});

test('the path that all have', () => {
  assert.equal(commonBasePath(['https://a.example/v1', 'https://b.example/v1/']), '/v1');
  assert.equal(commonBasePath([]), '/');
  assert.throws(() => commonBasePath(['/v1', '/v2', '/']), /several paths, \/v1, \/v2, \//);
  assert.throws(() => commonBasePath(['/{version}']), /the server \/\{version\} cannot be a basePath/);
});
