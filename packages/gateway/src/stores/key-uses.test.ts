import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ApiKeyStore, databaseFile } from './api-keys.ts';
import { openDatabase } from './database.ts';
import { KeyUses } from './key-uses.ts';

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'key-uses-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function opened(t: TestContext) {
  const clock = { now: 1_000_000 };
  const folder = temporary(t);
  const store = new ApiKeyStore(folder, { now: () => clock.now });
  const log: string[] = [];
  const uses = new KeyUses(
    folder,
    (message) => log.push(message),
    () => clock.now,
  );
  t.after(() => {
    uses.end();
    store.close();
  });
  return { clock, folder, store, uses, log };
}

const plain = { name: 'Orders', scopes: [], roles: [] };

test('the last use is written at once, then once a minute, and at the end', (t) => {
  const { clock, store, uses } = opened(t);
  const { id } = store.create(plain);
  const used = () => store.get(id)?.usedAt;
  uses.add([
    [id, 0, 7],
    [id, 0, 5],
  ]);
  assert.equal(used(), undefined);
  uses.write();
  assert.equal(used(), 7);
  uses.add([[id, 0, 20]]);
  clock.now += 59_999;
  uses.write();
  assert.equal(used(), 7);
  clock.now += 1;
  uses.write();
  assert.equal(used(), 20);
  uses.add([[id, 0, 30]]);
  uses.write();
  assert.equal(used(), 20);
  uses.end();
  assert.equal(used(), 30);
});

test('another key does not wait for it, and an older use changes nothing', (t) => {
  const { store, uses, clock } = opened(t);
  const [one, other] = [store.create(plain).id, store.create(plain).id];
  uses.add([[one, 0, 10]]);
  uses.write();
  uses.add([
    [other, 0, 11],
    ['k_nobody', 0, 1],
  ]);
  uses.write();
  assert.deepEqual([store.get(one)?.usedAt, store.get(other)?.usedAt], [10, 11]);
  clock.now += 60_000;
  uses.add([[one, 0, 9]]);
  uses.write();
  assert.equal(store.get(one)?.usedAt, 10);
});

test('the secret before has a last use of its own', (t) => {
  const { store, uses, clock } = opened(t);
  const { id, key } = store.create(plain);
  uses.add([[id, 0, 10]]);
  uses.write();
  store.rotate(id, { overlap: 600_000 });
  assert.equal(store.list()[0]?.former?.usedAt, 10);
  clock.now += 60_000;
  uses.add([
    [id, store.find(key, clock.now)!.former, 50],
    [id, 0, 60],
  ]);
  uses.write();
  assert.deepEqual([store.get(id)?.usedAt, store.list()[0]?.former?.usedAt], [60, 50]);
  store.rotate(id, { overlap: 600_000 });
  assert.equal(store.list()[0]?.former?.usedAt, 60);
});

test('a clock that is set back does not keep uses from being written', (t) => {
  const { store, uses, clock } = opened(t);
  const { id } = store.create(plain);
  uses.add([[id, 0, 10]]);
  uses.write();
  clock.now -= 500_000;
  uses.add([[id, 0, 20]]);
  uses.write();
  assert.equal(store.get(id)?.usedAt, 20);
});

test('no database is made', (t) => {
  const folder = temporary(t);
  const log: string[] = [];
  const uses = new KeyUses(folder, (message) => log.push(message));
  uses.add([['k_1', 0, 1]]);
  uses.write();
  uses.end();
  assert.deepEqual([readdirSync(folder), log], [[], []]);
});

test('what cannot be written is one line, and written later', (t) => {
  const { clock, folder, store, uses, log } = opened(t);
  const { id } = store.create(plain);
  const other = openDatabase(databaseFile(folder));
  other.exec('BEGIN IMMEDIATE');
  for (let minute = 0; minute < 3; minute++) {
    uses.add([[id, 0, 10 + minute]]);
    uses.write();
    clock.now += 60_000;
  }
  assert.equal(log.length, 1, log.join());
  assert.match(log[0]!, /^when API keys were used cannot be written down: .*locked/);
  other.exec('ROLLBACK');
  other.close();
  uses.write();
  assert.equal(store.get(id)?.usedAt, 12);
});

test('nor is a file that is no database', (t) => {
  const folder = temporary(t);
  const file = databaseFile(folder);
  writeFileSync(file, 'x'.repeat(5000));
  chmodSync(file, 0o600);
  const log: string[] = [];
  const uses = new KeyUses(folder, (message) => log.push(message));
  uses.add([['k_1', 0, 1]]);
  uses.end();
  assert.match(log.join(), /^when API keys were used cannot be written down: .*not a database$/);
});
