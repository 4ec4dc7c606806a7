import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertSafe, fetchText, withoutQuery } from './key-location.ts';
import { isUrl } from './key-source.ts';
import { keyServer } from './testing/issuer.ts';

test('keys come by https, or from this very machine', () => {
  for (const good of [
    'https://id.example.com/keys',
    'http://localhost:8080/k',
    'http://127.0.0.1/k',
    'http://[::1]/k',
  ]) {
    assert.ok(isUrl(good));
    assert.doesNotThrow(() => assertSafe(good), good);
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
      () => assertSafe(location),
      (error: Error) => message.test(error.message) && !error.message.includes('secret'),
      location,
    );
  }
});

test('a query is not logged', () =>
  assert.equal(withoutQuery('https://id.example.com/k?key=s3cret'), 'https://id.example.com/k'));

test('only a whole reply with status 200 counts', async (t) => {
  const server = await keyServer(t, 'x'.repeat(1_048_576));
  assert.equal((await fetchText(server.url)).length, 1_048_576);
  server.text += 'x';
  await assert.rejects(fetchText(server.url), /larger than/);
  server.text = 'moved';
  for (const status of [204, 302, 404, 500]) {
    server.status = status;
    await assert.rejects(fetchText(server.url), new RegExp(`status ${status}`));
  }
});
