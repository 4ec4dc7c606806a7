import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DocumentReader } from '../../../documents/documents.ts';
import { fetchJson } from '../../../documents/fetch-json.ts';
import { keyReading } from './key-reading.ts';
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
  const documents = new DocumentReader(fetchJson, () => now);
  const source = new KeySource({
    ...keyReading(server.url, documents, () => now),
    refresh,
    outage: 86_400_000,
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
  const documents = new DocumentReader(fetchJson);
  const options = { refresh: 600_000, outage: 86_400_000, now: () => 0, warn: () => {}, onChange: () => {} };
  const source = new KeySource({ ...keyReading(location, documents, () => 0), ...options });
  assert.deepEqual(kidsOf(await source.current()), ['first']);
});

/** [what Cache-Control says, milliseconds after which the keys are read again]: at four fifths of what is allowed. */
const lifetimes: readonly (readonly [control: string, due: number])[] = [
  ['', 480_000],
  ['max-age=300', 240_000],
  ['max-age=86400', 480_000],
  ['max-age=0', 48_000],
  ['no-store', 48_000],
];
for (const [control, due] of lifetimes) {
  test(`keys with Cache-Control "${control}" are read again after ${due / 1000} s`, async (t) => {
    const { server, kids, source, advance } = await opened(t);
    server.fields = { 'cache-control': control };
    await kids();
    advance(due - 1);
    await kids();
    assert.equal(server.asked, 1);
    server.text = second;
    advance(1);
    assert.deepEqual(await kids(), ['first'], 'nobody waits');
    await source.lookAgain();
    assert.deepEqual(await kids(), ['second']);
    assert.equal(server.asked, 2);
  });
}

test('a name that is unknown is looked for once a minute, whatever is sent meanwhile', async (t) => {
  const { server, source, kids, advance } = await opened(t);
  await kids();
  advance(10_000);
  await source.lookAgain('bogus');
  assert.equal(server.asked, 2);
  for (let at = 0; at < 50_000; at += 10_000) {
    advance(10_000);
    await source.lookAgain('bogus');
  }
  assert.equal(server.asked, 2);
  await source.lookAgain('another');
  assert.equal(server.asked, 3, 'the one is no reason to look for no other');
  advance(10_000);
  await source.lookAgain('bogus');
  assert.equal(server.asked, 4);
});

test('a name that turned up meanwhile is no unknown one any more', async (t) => {
  const { server, source, kids, advance } = await opened(t);
  await kids();
  advance(10_000);
  await source.lookAgain('second');
  server.text = second;
  advance(10_000);
  assert.deepEqual(kidsOf(await source.lookAgain('other')), ['second']);
  server.text = first;
  advance(10_000);
  await source.lookAgain('second');
  assert.equal(server.asked, 4);
});

test('an issuer that is away teaches nothing about names', async (t) => {
  const { server, source, kids, advance } = await opened(t);
  await kids();
  server.status = 500;
  advance(10_000);
  await source.lookAgain('second');
  server.status = 200;
  server.text = second;
  advance(10_000);
  assert.deepEqual(kidsOf(await source.lookAgain('second')), ['second']);
});

test('how long the last keys stay in force is configured', async (t) => {
  const server = await keyServer(t, first);
  let now = 1_700_000_000_000;
  const warnings: string[] = [];
  const documents = new DocumentReader(fetchJson, () => now);
  const source = new KeySource({
    ...keyReading(server.url, documents, () => now),
    refresh: 60_000,
    outage: 3_600_000,
    now: () => now,
    warn: (message) => warnings.push(message),
    onChange: () => {},
  });
  assert.deepEqual(kidsOf(await source.current()), ['first']);
  server.status = 500;
  now += 3_600_000;
  assert.deepEqual(kidsOf(await source.current()), ['first']);
  assert.match(warnings[0]!, /stay in force for 1h$/);
  now += 1;
  assert.equal(await source.current(), undefined);
});

test('a source that begins while the issuer is away goes on with what another one read', async (t) => {
  const server = await keyServer(t, first);
  let now = 1_700_000_000_000;
  const documents = new DocumentReader(fetchJson, () => now);
  const begin = (): KeySource =>
    new KeySource({
      ...keyReading(server.url, documents, () => now),
      refresh: 600_000,
      outage: 86_400_000,
      now: () => now,
      warn: () => {},
      onChange: () => {},
    });
  assert.deepEqual(kidsOf(await begin().current()), ['first']);
  server.status = 500;
  now += 3_600_000;
  const later = begin();
  assert.deepEqual(kidsOf(await later.current()), ['first']);
  now += 86_400_000 - 3_600_000 + 1;
  assert.equal(await later.current(), undefined, 'the time counts from when they were read');
  assert.equal(await begin().current(), undefined);
});
