import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isUrl } from '../policies/authentication/jwt/key-reading.ts';
import { keyServer } from '../policies/authentication/jwt/testing/issuer.ts';
import { fetchJson } from './fetch-json.ts';
import { assertSafe, withoutQuery } from './location.ts';

test('keys come by https, or from this very machine', () => {
  for (const good of [
    'https://id.example.com/keys',
    'http://localhost:8080/k',
    'http://127.0.0.1/k',
    'http://[::1]/k',
  ]) {
    assert.ok(isUrl(good));
    assert.doesNotThrow(() => assertSafe(good, 'jwks'), good);
  }
});

const unsafe: readonly [string, RegExp][] = [
  ['http://id.example.com/keys', /https/],
  ['HTTP://id.example.com/keys', /https/],
  ['http://127.0.0.1.evil.example/k', /https/],
  ['http://localhost.evil.example/k', /https/],
  ['http://[::2]/k', /https/],
  ['https://user:secret@id.example.com/keys', /user name or password/],
  ['http://127.0.0.1@evil.example/k', /user name or password/],
  ['https://', /not a valid URL/],
];

test('other places are refused, and no password is repeated', () => {
  for (const [location, message] of unsafe) {
    assert.throws(
      () => assertSafe(location, 'jwks'),
      (error: Error) => message.test(error.message) && !error.message.includes('secret'),
      location,
    );
  }
});

test('a query is not logged', () =>
  assert.equal(withoutQuery('https://id.example.com/k?key=s3cret'), 'https://id.example.com/k'));

test('only a whole reply with status 200 counts', async (t) => {
  const server = await keyServer(t, `{"x":"${'x'.repeat(1_048_576 - 8)}"}`);
  assert.equal((await fetchJson(server.url)).text.length, 1_048_576);
  server.text += ' ';
  await assert.rejects(fetchJson(server.url), /larger than/);
  server.text = '{}';
  for (const status of [204, 301, 302, 307, 404, 500]) {
    server.status = status;
    await assert.rejects(fetchJson(server.url), new RegExp(`status ${status}`));
  }
});

test('a page is no document, whatever its status says', async (t) => {
  const server = await keyServer(t, '<html>not found</html>');
  await assert.rejects(fetchJson(server.url), /not valid JSON/);
  for (const text of ['[]', '"x"', 'null', '1']) {
    server.text = text;
    await assert.rejects(fetchJson(server.url), /no JSON object/, text);
  }
});

test('a redirect is not followed', async (t) => {
  const elsewhere = await keyServer(t, '{}');
  const server = await keyServer(t, '{}');
  server.status = 302;
  server.fields = { location: elsewhere.url };
  await assert.rejects(fetchJson(server.url), /status 302/);
  assert.equal(elsewhere.asked, 0);
});

const ages: readonly (readonly [fields: Record<string, string>, maxAge: number | undefined])[] = [
  [{}, undefined],
  [{ 'cache-control': 'public' }, undefined],
  [{ 'cache-control': 'public, max-age=300' }, 300_000],
  [{ 'cache-control': 'MAX-AGE="60"' }, 60_000],
  [{ 'cache-control': 'max-age=300', age: '100' }, 200_000],
  [{ 'cache-control': 'max-age=300', age: '500' }, 0],
  [{ 'cache-control': 'max-age=300', age: '-1' }, 300_000],
  [{ 'cache-control': 's-maxage=300' }, undefined],
  [{ 'cache-control': 'max-age=300, no-store' }, 0],
  [{ 'cache-control': 'no-cache' }, 0],
  [{ 'cache-control': 'max-age=-5' }, undefined],
  [{ 'cache-control': 'max-age=999999999999' }, 31_536_000_000],
  [{ 'cache-control': 'max-age=9999999999999' }, undefined],
];

test('how long a document may be kept', async (t) => {
  const server = await keyServer(t, '{}');
  for (const [fields, maxAge] of ages) {
    server.fields = fields;
    assert.equal((await fetchJson(server.url)).maxAge, maxAge, JSON.stringify(fields));
  }
});
