import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Principal } from '../../packages/gateway/src/exchange.ts';
import { apiKeyAuthenticator } from '../../packages/gateway/src/policies/authentication/api-key/authenticator.ts';
import type { Rejected } from '../../packages/gateway/src/policies/authentication/authenticator.ts';
import { Credential } from '../../packages/gateway/src/policies/authentication/credential.ts';
import { ApiKeyStore, databaseFile } from '../../packages/gateway/src/stores/api-keys.ts';
import { openDatabase } from '../../packages/gateway/src/stores/database.ts';
import { makeKey } from '../../packages/gateway/src/stores/key-text.ts';
import { environment, exchange } from '../../packages/gateway/src/testing/exchange.ts';
import { bestOf } from './stand-in.ts';

/**
 * What it costs to know the owner of an API key among 1,000 and among 1,000,000: a key that is remembered, one that has to
 * be looked up, one that nobody has; and to open the store, as each data thread does when it starts.
 */
const rounds = 10;
const lookups = 5_000;
const remembered = 1_000;

interface Filled {
  readonly folder: string;
  /** Some of the keys, from all over the table. */
  readonly keys: readonly string[];
}

/** In one transaction: a million commits would take an hour. */
function fill(count: number): Filled {
  const folder = mkdtempSync(join(tmpdir(), 'bench-keys-'));
  // Makes the files.
  new ApiKeyStore(folder).close();
  const pepper = readFileSync(join(folder, 'key-pepper'));
  const database = openDatabase(databaseFile(folder));
  const insert = database.prepare(
    `INSERT INTO api_keys (id, hash, name, subject, scopes, roles, created_at)
     VALUES (?, ?, ?, ?, '["orders:read","orders:write"]', '["partner"]', ?)`,
  );
  const some = rounds * lookups;
  const keys: string[] = [];
  database.exec('BEGIN');
  for (let index = 0; index < count; index++) {
    const key = makeKey();
    const id = `k_${key.slice(4, 16)}`;
    const hash = createHmac('sha256', pepper).update(key).digest();
    insert.run(id, hash, `Partner ${index}`, `partner-${index}`, index);
    if (count <= some || Math.random() < (2 * some) / count) keys.push(key);
  }
  database.exec('COMMIT');
  database.close();
  return { folder, keys };
}

function print(what: string, microseconds: number): void {
  process.stdout.write(`${what.padEnd(45)} ${microseconds.toFixed(2).padStart(8)} µs CPU\n`);
}

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((each) => ({ each, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ each }) => each);
}

function expect(outcome: Principal | Rejected | Promise<unknown>, kind: string): void {
  if (outcome instanceof Promise || outcome.kind !== kind) throw new Error(`not ${kind}`);
}

function filled(count: number): Filled {
  const began = performance.now();
  const made = fill(count);
  const size = (statSync(databaseFile(made.folder)).size / 1_048_576).toFixed(1);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  process.stdout.write(`${count.toLocaleString('en')} keys, ${size} MiB, made in ${seconds} s\n`);
  return made;
}

function open({ folder, keys }: Filled, looksUp: boolean): void {
  const store = new ApiKeyStore(folder, { readOnly: true });
  if (looksUp && store.find(keys[0]!, 0) === undefined) throw new Error('not found');
  store.close();
}

function measure({ folder, keys }: Filled): void {
  const within = environment({ stateFolder: folder });
  const authenticator = apiKeyAuthenticator('partners', {}, within);
  const request = exchange('GET /');
  const judge = (text: string, kind: string): void => {
    // A text of its own each time, as a parser makes it.
    const credential = new Credential(Buffer.from(text, 'latin1').toString('latin1'));
    expect(authenticator.verify(credential, request), kind);
  };
  const order = shuffled(keys);
  // With fewer keys than look-ups each comes again, but not before what was remembered of it is too old.
  const uncached = bestOf(rounds, lookups, (index) => {
    if (index % order.length === 0) within.advance(10_000);
    judge(order[index % order.length]!, 'api-key');
  });
  const unknown = Array.from({ length: rounds * lookups }, makeKey);
  const guessed = bestOf(rounds, lookups, (index) => judge(unknown[index]!, 'rejected'));
  const few = order.slice(0, remembered);
  for (const each of few) judge(each, 'api-key');
  const cached = bestOf(rounds, lookups * 4, (index) => judge(few[index % few.length]!, 'api-key'));
  const malformed = bestOf(rounds, lookups * 4, (index) => judge(`${few[index % few.length]!}x`, 'rejected'));
  within.close();
  print('a key that is remembered, one of a thousand', cached);
  print('a key that is looked up', uncached);
  print('a key that nobody has', guessed);
  print('a text that is no key', malformed);
}

const stores = [1_000, 1_000_000].map((count) => ({ count, store: filled(count) }));
// In turn, so that what else the machine does is the same for both.
const openings = stores.map(() => [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
for (let round = 0; round < 50; round++) {
  for (const [at, { store }] of stores.entries()) {
    for (const [how, looksUp] of [false, true].entries())
      openings[at]![how] = Math.min(
        openings[at]![how]!,
        bestOf(1, 1, () => open(store, looksUp)),
      );
  }
}
for (const [at, { count, store }] of stores.entries()) {
  process.stdout.write(`\namong ${count.toLocaleString('en')} keys\n`);
  print('opening the store', openings[at]![0]!);
  print('opening the store, and the first look-up', openings[at]![1]!);
  measure(store);
  rmSync(store.folder, { recursive: true });
}
