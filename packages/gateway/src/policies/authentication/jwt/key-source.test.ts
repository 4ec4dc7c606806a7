import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { KeySource, type Keys } from './key-source.ts';
import { jwk, type KeyServer, keyServer, keySet, p256, p384 } from './testing/issuer.ts';

const first = keySet(jwk(p256, { kid: 'first' }));
const second = keySet(jwk(p384, { kid: 'second' }));

interface Opened {
  readonly server: KeyServer;
  readonly source: KeySource;
  readonly warnings: string[];
  readonly changes: () => number;
  readonly advance: (milliseconds: number) => void;
  readonly kids: () => Promise<readonly (string | undefined)[] | undefined>;
}

async function opened(t: TestContext, refresh = 600_000): Promise<Opened> {
  const server = await keyServer(t, first);
  const warnings: string[] = [];
  let now = 1_700_000_000_000;
  let changes = 0;
  const source = new KeySource({
    location: server.url,
    refresh,
    now: () => now,
    warn: (message) => warnings.push(message),
    onChange: () => changes++,
  });
  t.after(() => source.close());
  return {
    server,
    source,
    warnings,
    changes: () => changes,
    advance: (milliseconds) => {
      now += milliseconds;
    },
    kids: async () => kidsOf(await source.current()),
  };
}

function kidsOf(keys: Keys | undefined): readonly (string | undefined)[] | undefined {
  return keys?.map(({ kid }) => kid);
}

test('keys are read once when first needed, by all who wait together', async (t) => {
  const { server, source, kids, changes } = await opened(t);
  assert.equal(server.asked, 0);
  const all = await Promise.all([kids(), kids(), kids()]);
  assert.deepEqual(all, [['first'], ['first'], ['first']]);
  assert.equal(server.asked, 1);
  assert.equal(changes(), 1);
  assert.ok(!(source.current() instanceof Promise), 'what is known costs no promise');
});

test('old keys are read again beside the requests', async (t) => {
  const { server, source, kids, advance, changes } = await opened(t);
  await kids();
  server.text = second;
  advance(600_000);
  const now = source.current();
  assert.ok(!(now instanceof Promise));
  assert.deepEqual(kidsOf(now), ['first'], 'nobody waits');
  await source.lookAgain();
  assert.deepEqual(await kids(), ['second']);
  assert.equal(server.asked, 2);
  assert.equal(changes(), 2);
});

test('after a long pause the first requests wait: a key may have been withdrawn in it', async (t) => {
  const { server, kids, advance } = await opened(t);
  await kids();
  server.text = second;
  advance(1_200_000);
  assert.deepEqual(await Promise.all([kids(), kids()]), [['second'], ['second']]);
  assert.equal(server.asked, 2);
});

test('a storm of unknown keys is one look in ten seconds', async (t) => {
  const { server, source, kids, advance } = await opened(t);
  await kids();
  advance(9_999);
  await Promise.all(Array.from({ length: 50 }, () => source.lookAgain()));
  assert.equal(server.asked, 1);
  advance(1);
  await Promise.all(Array.from({ length: 50 }, () => source.lookAgain()));
  assert.equal(server.asked, 2);
});

test('a clock that is set back puts nothing off', async (t) => {
  const { server, source, kids, advance } = await opened(t);
  await kids();
  advance(-86_400_000);
  server.text = second;
  assert.deepEqual(kidsOf(await source.lookAgain()), ['second']);
});

test('without the issuer there are no keys; they come with it', async (t) => {
  const { server, source, kids, warnings, advance } = await opened(t);
  server.status = 503;
  assert.equal(await kids(), undefined);
  assert.equal(await source.lookAgain(), undefined);
  assert.equal(server.asked, 1, 'not again within a second');
  advance(1_000);
  assert.equal(await source.lookAgain(), undefined);
  assert.equal(server.asked, 2);
  server.status = 200;
  advance(1_000);
  assert.deepEqual(kidsOf(await source.lookAgain()), ['first']);
  assert.equal(warnings.length, 2, 'one when it begins, one when it ends');
  assert.match(warnings[0]!, /status 503.*answered with 503/);
  assert.match(warnings[1]!, /can be read again/);
});

test('the last keys stay in force while the issuer is away, for a day', async (t) => {
  const { server, source, kids, advance, warnings } = await opened(t);
  await kids();
  server.status = 500;
  for (let at = 0; at < 86_400_000; at += 1_200_000) {
    advance(1_200_000);
    assert.deepEqual(await kids(), ['first']);
  }
  advance(1);
  assert.equal(await kids(), undefined);
  server.status = 200;
  advance(30_000);
  assert.deepEqual(kidsOf(await source.lookAgain()), ['first']);
  assert.equal(warnings.length, 2);
});

test('a failed reading is tried again before the next refresh', async (t) => {
  const { server, source, kids, advance } = await opened(t);
  await kids();
  server.status = 500;
  advance(600_000);
  await kids();
  await source.lookAgain();
  assert.equal(server.asked, 2);
  server.status = 200;
  advance(29_999);
  await kids();
  assert.equal(server.asked, 2);
  advance(1);
  await kids();
  await source.lookAgain();
  assert.equal(server.asked, 3);
});

test('what is no key set changes nothing', async (t) => {
  const { server, source, kids, advance, changes, warnings } = await opened(t);
  await kids();
  server.text = '<html>';
  advance(10_000);
  await source.lookAgain();
  assert.deepEqual(await kids(), ['first']);
  assert.equal(changes(), 1);
  assert.match(warnings[0]!, /not valid JSON.*stay in force/);
});

test('an issuer that withdraws all its keys is taken at its word', async (t) => {
  const { server, source, kids, advance, changes, warnings } = await opened(t);
  await kids();
  server.text = keySet();
  advance(10_000);
  await source.lookAgain();
  assert.deepEqual(await kids(), []);
  assert.equal(changes(), 2);
  assert.match(warnings[0]!, /no public key/);
});

test('the same keys again are no change', async (t) => {
  const { source, kids, advance, changes } = await opened(t);
  await kids();
  advance(10_000);
  await source.lookAgain();
  assert.equal(changes(), 1);
});

test('after the end nothing changes and nothing is said', async (t) => {
  const { source, server, changes, warnings } = await opened(t);
  let answer = (): void => {};
  server.until = new Promise((resolve) => {
    answer = resolve;
  });
  const looking = source.lookAgain();
  source.close();
  answer();
  assert.equal(await looking, undefined);
  assert.equal(changes(), 0);
  assert.deepEqual(warnings, []);
});

test('keys come from a file too', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'keys-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const location = join(folder, 'keys.json');
  writeFileSync(location, first);
  const options = { refresh: 600_000, now: () => 0, warn: () => {}, onChange: () => {} };
  const source = new KeySource({ location, ...options });
  assert.deepEqual(kidsOf(await source.current()), ['first']);
});
