import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchOrigins } from './origins.ts';

const allows = matchOrigins([
  'https://shop.example.com',
  'https://*.example.org',
  'http://*.example.net:8080',
  '*',
]);

const vectors: readonly [origin: string, allowed: boolean][] = [
  ['https://shop.example.com', true],
  ['https://shop.example.com:443', false],
  ['https://shop.example.com:8443', false],
  ['http://shop.example.com', false],
  ['https://SHOP.example.com', false],
  ['https://shop.example.com.', false],
  ['https://shop.example.com/', false],
  ['https://shop.example.com.evil.example', false],
  ['https://evilshop.example.com', false],
  ['https://shopXexample.com', false],
  [' https://shop.example.com', false],
  ['https://shop.example.com https://evil.example', false],
  ['null', false],
  ['', false],
  ['*', false],
  ['https://a.example.org', true],
  ['https://a.b.example.org', true],
  ['https://a-1.example.org', true],
  ['https://example.org', false],
  ['https://.example.org', false],
  ['https://a..example.org', false],
  ['https://*.example.org', false],
  ['https://evilexample.org', false],
  ['https://evil.example/.example.org', false],
  ['https://evil.example#.example.org', false],
  ['https://evil.example?.example.org', false],
  ['https://evil.example\\.example.org', false],
  ['https://evil.example:80.example.org', false],
  ['https://user@a.example.org', false],
  ['https://a_b.example.org', false],
  ['https://a\u0000.example.org', false],
  ['https://a.example.org:8443', false],
  ['http://a.example.org', false],
  ['http://a.example.net:8080', true],
  ['http://a.example.net', false],
  ['http://a.example.net:80808080', false],
  [`https://${'a.'.repeat(200)}example.org`, false],
];

for (const [origin, allowed] of vectors) {
  test(`${JSON.stringify(origin).slice(0, 60)}: ${allowed}`, () => assert.equal(allows(origin), allowed));
}

test('whatever a star takes, the URL has the host of the pattern and its scheme', () => {
  const text = fc.stringMatching(/^[a-z0-9.\-/@:#?\\%_]{0,12}$/);
  fc.assert(
    fc.property(text, (start) => {
      const origin = `https://${start}.example.org`;
      if (!allows(origin)) return;
      const url = new URL(origin);
      assert.equal(url.origin, origin);
      assert.ok(url.hostname.endsWith('.example.org'));
    }),
    { numRuns: 2000 },
  );
});
