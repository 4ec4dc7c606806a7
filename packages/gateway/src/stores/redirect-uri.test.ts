import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { redirectUriFault } from './redirect-uri.ts';

const good: readonly (readonly ['web' | 'native', string])[] = [
  ['web', 'https://app.example/cb'],
  ['web', 'https://app.example/'],
  ['web', 'https://app.example:8443/cb?tenant=1'],
  ['web', 'http://localhost:3000/cb'],
  ['web', 'http://127.0.0.1:3000/cb'],
  ['web', 'http://[::1]:3000/cb'],
  ['native', 'https://app.example/cb'],
  ['native', 'http://127.0.0.1/cb'],
  ['native', 'com.example.app:/cb'],
  ['native', 'com.example.app://cb'],
];

const bad: readonly (readonly ['web' | 'native', string, RegExp])[] = [
  ['web', '', /ASCII|absolute/],
  ['web', 'app.example/cb', /absolute/],
  ['web', '//app.example/cb', /absolute/],
  ['web', '/cb', /absolute/],
  ['web', 'http://app.example/cb', /must be https/],
  ['web', 'http://localhost.example/cb', /must be https/],
  ['web', 'https://app.example', /must be written https:\/\/app\.example\//],
  ['web', 'https://app.example/a/../cb', /must be written/],
  ['web', 'https://app.example/./cb', /must be written/],
  ['web', 'https://APP.example/cb', /must be written/],
  ['web', 'HTTPS://app.example/cb', /must be written/],
  ['web', 'https://app.example:443/cb', /must be written/],
  ['web', 'https:app.example/cb', /must be written/],
  ['web', 'https:///app.example/cb', /must be written/],
  ['web', 'https://app.example/cb#', /fragment/],
  ['web', 'https://app.example/cb#x', /fragment/],
  ['web', 'https://user@app.example/cb', /user/],
  ['web', 'https://:x@app.example/cb', /user/],
  ['web', 'https://*.app.example/cb', /wildcards|absolute/],
  ['web', 'https://app.example/*', /wildcards/],
  ['web', 'https://app.example\\@evil.example/', /backslashes/],
  ['web', 'https://app.example/c b', /spaces/],
  ['web', 'https://app.example/cb\n', /spaces/],
  ['web', 'https://ex\u00e4mple.example/cb', /ASCII/],
  ['web', 'com.example.app:/cb', /must be https/],
  ['web', 'javascript:alert(1)', /must be https/],
  ['web', `https://app.example/${'x'.repeat(2000)}`, /longer/],
  ['native', 'javascript:alert(1)', /must not use/],
  ['native', 'JAVASCRIPT:alert(1)', /must not use/],
  ['native', 'data:text/html,x', /must not use/],
  ['native', 'file:///etc/passwd', /must not use/],
  ['native', 'myapp:/cb', /scheme like com\.example\.app/],
  ['native', 'http://192.0.2.1/cb', /must be https/],
  ['native', 'urn:ietf:wg:oauth:2.0:oob', /scheme like/],
];

for (const [kind, uri] of good)
  test(`good for ${kind}: ${uri}`, () => assert.equal(redirectUriFault(uri, kind), undefined));

for (const [kind, uri, why] of bad) {
  test(`bad for ${kind}: ${JSON.stringify(uri.slice(0, 60))}`, () =>
    assert.match(redirectUriFault(uri, kind) ?? 'good', why));
}

test('what is good leads to one host only, however a reader takes it apart', () => {
  const part = fc.constantFrom(
    'https://',
    'http://',
    'a.example',
    '@',
    '/',
    '\\',
    '//',
    ':',
    '443',
    '#',
    '?',
    '..',
    '%2f',
    '*',
    '[::1]',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const uri = parts.join('');
      if (redirectUriFault(uri, 'web') !== undefined) return;
      const url = new URL(uri);
      assert.equal(url.href, uri);
      assert.equal(uri.slice(url.protocol.length + 2).split(/[/?]/)[0], url.host);
    }),
    { numRuns: 3000 },
  );
});
