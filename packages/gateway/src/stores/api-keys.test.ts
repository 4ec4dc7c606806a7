import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { looksLikeKey } from './api-key-format.ts';
import { ApiKeyStore } from './api-keys.ts';
import { openDatabase } from './database.ts';

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'api-keys-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function opened(
  t: TestContext,
  folder: string,
  options: { readOnly?: boolean; now?: () => number } = {},
): ApiKeyStore {
  const store = new ApiKeyStore(folder, options);
  t.after(() => store.close());
  return store;
}

const plain = { name: 'Orders', scopes: ['orders:read'], roles: ['partner'] };

test('a key is made, found, listed and revoked', (t) => {
  let now = 1000;
  const store = opened(t, temporary(t), { now: () => now });
  const { id, key } = store.create({ ...plain, scopes: ['a', 'b', 'a'] });
  assert.match(id, /^k_[0-9A-Za-z]{12}$/);
  assert.match(key, /^pck_[0-9A-Za-z]{28}$/);
  const record = {
    id,
    name: 'Orders',
    subject: id,
    scopes: ['a', 'b'],
    roles: ['partner'],
    createdAt: 1000,
    expiresAt: undefined,
    revokedAt: undefined,
  };
  assert.deepEqual(store.find(key, now), record);
  assert.deepEqual(store.list(), [record]);

  now = 2000;
  const other = store.create({ ...plain, subject: 'ann' });
  assert.equal(store.find(other.key, now)?.subject, 'ann');
  assert.equal(store.revoke('k_nobody'), false);
  assert.equal(store.revoke(id), true);
  assert.equal(store.revoke(id), false);
  assert.equal(store.find(key, now), undefined);
  assert.equal(store.find(other.key, now)?.id, other.id);
  assert.deepEqual(
    store.list().map((each) => [each.id, each.revokedAt]),
    [
      [id, 2000],
      [other.id, undefined],
    ],
  );
});

test('a key expires at its time', (t) => {
  const store = opened(t, temporary(t), { now: () => 1000 });
  const { key } = store.create({ ...plain, expiresAt: 2000 });
  assert.equal(store.find(key, 1999)?.expiresAt, 2000);
  assert.equal(store.find(key, 2000), undefined);
  assert.equal(store.find(key, 3000), undefined);
});

test('unusable properties', (t) => {
  const store = opened(t, temporary(t), { now: () => 1000 });
  const vectors: [change: object, message: RegExp][] = [
    [{ name: '' }, /a name must have/],
    [{ name: 'x'.repeat(201) }, /a name must have/],
    [{ name: 'a\nb' }, /a name must have/],
    [{ subject: '' }, /a subject must have/],
    [{ scopes: ['a b'] }, /"a b" is no usable scope/],
    [{ scopes: ['a"'] }, /no usable scope/],
    [{ scopes: [''] }, /a scope must have/],
    [{ scopes: Array(101).fill('a') }, /100 scopes at most/],
    [{ roles: ['\u202ea'] }, /a role must have/],
    [{ expiresAt: 1000 }, /must expire in the future/],
    [{ expiresAt: Number.NaN }, /must expire in the future/],
    [{ expiresAt: 2000.5 }, /must expire in the future/],
  ];
  for (const [change, message] of vectors)
    assert.throws(() => store.create({ ...plain, ...change }), message);
  assert.deepEqual(store.list(), []);
});

test('the form of a key', (t) => {
  const store = opened(t, temporary(t));
  const { key } = store.create(plain);
  assert.ok(looksLikeKey(key));
  assert.equal(decode(key.slice(-6)), crc32(key.slice(0, -6)));
  const wrong = [
    '',
    'pck_',
    key.slice(0, -1),
    `${key}0`,
    ` ${key.slice(1)}`,
    key.replace('pck_', 'pck-'),
    key.toLowerCase().replace('pck_', 'PCK_'),
    `pck_${'ä'.repeat(28)}`,
    'x'.repeat(100_000),
  ];
  for (const text of wrong) {
    assert.equal(looksLikeKey(text), false, text.slice(0, 40));
    assert.equal(store.find(text, Date.now()), undefined);
  }
  // CRC-32 finds every error of one character, and every two neighbours swapped.
  const digit = fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz');
  fc.assert(
    fc.property(fc.integer({ min: 4, max: 25 }), digit, (index, character) => {
      const typed = key.slice(0, index) + character + key.slice(index + 1);
      assert.equal(looksLikeKey(typed), typed === key);
      const swapped = key.slice(0, index) + key.charAt(index + 1) + key.charAt(index) + key.slice(index + 2);
      if (index < 25) assert.equal(looksLikeKey(swapped), swapped === key);
    }),
  );
});

test('a key of the right form is not enough', (t) => {
  const here = opened(t, temporary(t));
  const elsewhere = opened(t, temporary(t));
  assert.equal(here.find(elsewhere.create(plain).key, Date.now()), undefined);
});

test('what has no checksum of ours does not reach the database', (t) => {
  const store = opened(t, temporary(t));
  const { key } = store.create(plain);
  store.close();
  // Opened again only by a look-up.
  const folder = temporary(t);
  const reader = opened(t, folder, { readOnly: true });
  writeFileSync(join(folder, 'portcullis.db'), 'no database at all');
  writeFileSync(join(folder, 'key-pepper'), Buffer.alloc(32));
  assert.equal(reader.find(`${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`, 0), undefined);
  assert.throws(() => reader.find(key, 0), /not a database/);
});

test('files: modes, and no key in any of them', (t) => {
  const folder = join(temporary(t), 'state');
  const store = opened(t, folder);
  const keys = Array.from({ length: 50 }, () => store.create(plain).key);
  const search = (): void => {
    for (const name of readdirSync(folder)) {
      const content = readFileSync(join(folder, name));
      for (const key of keys) {
        assert.equal(content.includes(key), false, name);
        assert.equal(content.includes(key.slice(4, 26)), false, name);
      }
      assert.equal(content.includes('pck_'), false, name);
    }
  };
  search();
  assert.deepEqual(readdirSync(folder).sort(), [
    'key-pepper',
    'portcullis.db',
    'portcullis.db-shm',
    'portcullis.db-wal',
  ]);
  for (const name of readdirSync(folder))
    assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.equal(statSync(join(folder, 'key-pepper')).size, 32);
  store.close();
  search();
  assert.equal(
    readFileSync(join(folder, 'portcullis.db')).includes('Orders'),
    true,
    'the search can find something',
  );
});

test('the pepper is made once and never replaced', (t) => {
  const folder = temporary(t);
  const first = new ApiKeyStore(folder);
  const { key } = first.create(plain);
  first.close();
  const pepper = readFileSync(join(folder, 'key-pepper'));
  const second = new ApiKeyStore(folder);
  assert.deepEqual(readFileSync(join(folder, 'key-pepper')), pepper);
  assert.ok(second.find(key, Date.now()));
  second.close();
  rmSync(join(folder, 'key-pepper'));
  assert.throws(() => new ApiKeyStore(folder), /"[^"]*key-pepper" is missing/);
  writeFileSync(join(folder, 'key-pepper'), 'short');
  assert.throws(() => new ApiKeyStore(folder), /must have 32 bytes and has 5/);
  assert.throws(() => new ApiKeyStore(folder, { readOnly: true }), /must have 32 bytes and has 5/);
});

test('a reader without files has no keys, and finds them once they are there', (t) => {
  const folder = join(temporary(t), 'state');
  const reader = opened(t, folder, { readOnly: true });
  const elsewhere = opened(t, temporary(t)).create(plain).key;
  assert.equal(reader.find(elsewhere, 0), undefined);
  assert.deepEqual(reader.list(), []);
  assert.throws(() => readdirSync(folder), /ENOENT/);
  assert.throws(() => reader.create(plain), /for reading only/);
  assert.throws(() => reader.revoke('k_x'), /for reading only/);

  // A database without a pepper, and one that was not migrated yet.
  openDatabase(join(folder, 'portcullis.db')).close();
  assert.equal(reader.find(elsewhere, 0), undefined);
  rmSync(join(folder, 'portcullis.db'));
  writeFileSync(join(folder, 'portcullis.db'), '');
  writeFileSync(join(folder, 'key-pepper'), Buffer.alloc(32, 7), { mode: 0o600 });
  assert.equal(reader.find(elsewhere, 0), undefined);

  const { id, key } = opened(t, folder).create(plain);
  assert.equal(reader.find(key, 0)?.id, id);
});

test('reader threads see a new key and its revocation at once', async (t) => {
  const folder = temporary(t);
  const source = new URL('./api-keys.ts', import.meta.url).href;
  const code = `
    import { parentPort, workerData } from 'node:worker_threads';
    import { ApiKeyStore } from ${JSON.stringify(source)};
    const store = new ApiKeyStore(workerData, { readOnly: true });
    parentPort.on('message', (key) => parentPort.postMessage(store.find(key, 0)?.id ?? 'none'));
  `;
  const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  const readers = [0, 1].map(() => new Worker(url, { workerData: folder }));
  t.after(() => Promise.all(readers.map((reader) => reader.terminate())));
  const ask = async (key: string): Promise<unknown[]> =>
    Promise.all(
      readers.map(async (reader) => {
        const answer = once(reader, 'message');
        reader.postMessage(key);
        return (await answer)[0];
      }),
    );
  assert.deepEqual(await ask(opened(t, temporary(t)).create(plain).key), ['none', 'none']);
  const writer = opened(t, folder);
  for (let round = 0; round < 3; round += 1) {
    const { id, key } = writer.create(plain);
    assert.deepEqual(await ask(key), [id, id]);
    writer.revoke(id);
    assert.deepEqual(await ask(key), ['none', 'none']);
  }
});

test('one key among 50,000', (t) => {
  const folder = temporary(t);
  const store = opened(t, folder);
  const { id, key } = store.create(plain);
  const database = openDatabase(join(folder, 'portcullis.db'));
  database.exec(`
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 50000)
    INSERT INTO api_keys (id, hash, name, subject, scopes, roles, created_at)
    SELECT 'k_' || n, randomblob(32), 'Key ' || n, 'k_' || n, '[]', '[]', n FROM numbers`);
  const plan = database
    .prepare('EXPLAIN QUERY PLAN SELECT * FROM api_keys WHERE hash = ?')
    .all(Buffer.alloc(32));
  database.close();
  assert.match(String(plan[0]?.detail), /SEARCH api_keys USING INDEX/);
  assert.equal(store.list().length, 50_001);
  for (let count = 0; count < 1000; count += 1) assert.equal(store.find(key, 0)?.id, id);
});

function decode(text: string): number {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  return [...text].reduce((sum, character) => sum * 62 + digits.indexOf(character), 0);
}
