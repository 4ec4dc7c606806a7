import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { OptionFault } from '../../policy.ts';
import { environment, exchange, preparePolicy } from '../../testing/exchange.ts';
import { ageWarning, databaseFile, openDatabase } from './database.ts';
import { regionAccess } from './policy.ts';
import { type MmdbRecord, writeMmdb } from './testing/mmdb.ts';

const folder = mkdtempSync(join(tmpdir(), 'portcullis-region-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const day = 86_400_000;
const builtAt = 1_700_000_000_000 - day;
const networks: Record<string, MmdbRecord> = {
  '192.0.2.0/24': { country_code: 'DE' },
  '192.0.2.128/25': { country_code: 'AT' },
  '198.51.100.0/24': { country: { iso_code: 'FR' }, registered_country: { iso_code: 'US' } },
  '203.0.113.0/25': { country: 'us' },
  '203.0.113.128/25': { registered_country: { iso_code: 'US' } },
  '2001:db8::/32': { country_code: 'DE' },
  '2001:db8:1::/48': { country_code: 'KP' },
};

function write(name: string, content: Buffer): string {
  const file = join(folder, name);
  writeFileSync(`${file}.new`, content);
  renameSync(`${file}.new`, file);
  return name;
}

const database = write('countries.mmdb', writeMmdb({ networks, builtAt }));
const within = (parts = {}) => environment({ folder, ...parts });

const home = { allow: ['DE', 'AT'], database };
const banned = { deny: ['KP', 'AT'], database };
const both = { allow: ['DE', 'AT'], deny: ['AT'], database };

const vectors: readonly [config: object, clientAddress: string, passes: boolean][] = [
  [home, '192.0.2.1', true],
  [home, '192.0.2.200', true],
  [home, '198.51.100.1', false],
  [home, '203.0.113.1', false],
  [home, '2001:db8::1', true],
  [home, '2001:db8:1::1', false],
  [home, '::ffff:192.0.2.1', true],
  [home, '::ffff:198.51.100.1', false],
  // Not in the file: refused where there is a list of those that are meant.
  [home, '8.8.8.8', false],
  [home, '127.0.0.1', false],
  [home, '10.0.0.1', false],
  [{ ...home, unknown: 'allow' }, '8.8.8.8', true],
  [{ ...home, unknown: 'allow' }, '198.51.100.1', false],
  [banned, '192.0.2.1', true],
  [banned, '192.0.2.200', false],
  [banned, '2001:db8:1::1', false],
  [banned, '8.8.8.8', true],
  [{ ...banned, unknown: 'refuse' }, '8.8.8.8', false],
  [both, '192.0.2.1', true],
  [both, '192.0.2.200', false],
  [{ allow: ['US'], database }, '203.0.113.1', true],
  // Where a network is registered says nothing of where it is.
  [{ allow: ['US'], database }, '203.0.113.200', false],
  [{ allow: ['FR'], database }, '198.51.100.1', true],
  // What is no address comes from nowhere, whatever unknown says.
  [{ ...banned, unknown: 'allow' }, '', false],
  [{ ...banned, unknown: 'allow' }, 'unknown', false],
  [{ ...banned, unknown: 'allow' }, '192.0.2.1.', false],
];

for (const [config, clientAddress, passes] of vectors) {
  test(`${JSON.stringify(config)}: ${clientAddress} ${passes ? 'passes' : 'is refused'}`, async () => {
    const surroundings = within();
    const { head } = await preparePolicy(regionAccess, config, surroundings);
    const verdict = await head!(exchange('GET /', { clientAddress }));
    assert.equal(
      verdict?.kind === 'refuse' ? verdict.problem : undefined,
      passes ? undefined : 'region-refused',
    );
    surroundings.close();
  });
}

test('the record says from where, and the client counts, not the proxy', async () => {
  const surroundings = within();
  const { head } = await preparePolicy(regionAccess, banned, surroundings);
  const request = exchange('GET /', { peerAddress: '192.0.2.200', clientAddress: '198.51.100.1' });
  assert.equal(await head!(request), undefined);
  assert.deepEqual(request.notes, { region: 'FR' });
  surroundings.close();
});

test('data that is old is told, once for all APIs', async () => {
  const file = write('old.mmdb', writeMmdb({ networks, builtAt: builtAt - 95 * day }));
  const surroundings = within();
  await preparePolicy(regionAccess, { deny: ['KP'], database: file }, surroundings);
  await preparePolicy(regionAccess, { allow: ['DE'], database: file }, surroundings);
  assert.deepEqual(surroundings.warnings, [
    `region-access: ${join(folder, file)} is 96 days old: networks have moved since; renew it (npm update, or a newer file)`,
  ]);
  surroundings.close();
  const fresh = within();
  await preparePolicy(regionAccess, home, fresh);
  assert.deepEqual(fresh.warnings, []);
  fresh.close();
});

test('a file that changes is read anew; one that cannot be used changes nothing', async () => {
  const file = join(folder, write('moving.mmdb', writeMmdb({ networks, builtAt })));
  const warnings: string[] = [];
  let poll = (): void => {};
  let stopped = false;
  const opened = await openDatabase(file, (message) => warnings.push(message), {
    intervalMs: 1,
    every: (look) => {
      poll = look;
      return () => {
        stopped = true;
      };
    },
  });
  const twice = (): void => {
    poll();
    poll();
  };
  assert.equal(opened.regionOf('192.0.2.1'), 'DE');
  write(
    'moving.mmdb',
    writeMmdb({ networks: { '192.0.2.0/24': { country_code: 'CH' } }, builtAt: builtAt + day }),
  );
  twice();
  assert.equal(opened.regionOf('192.0.2.1'), 'CH');
  assert.equal(opened.regionOf('198.51.100.1'), undefined);
  assert.equal(opened.builtAt(), builtAt + day);
  for (const broken of [
    Buffer.from('no database'),
    Buffer.alloc(0),
    writeMmdb({ networks, builtAt }).subarray(0, 200),
  ]) {
    write('moving.mmdb', broken);
    twice();
    assert.equal(opened.regionOf('192.0.2.1'), 'CH');
  }
  rmSync(file);
  twice();
  assert.equal(opened.regionOf('192.0.2.1'), 'CH');
  assert.equal(warnings.length, 4);
  assert.match(warnings[0]!, /has changed, but cannot be used/);
  write('moving.mmdb', writeMmdb({ networks, builtAt }));
  twice();
  assert.equal(opened.regionOf('192.0.2.1'), 'DE');
  opened.close();
  assert.equal(stopped, true);
});

test('the database of the package knows the large networks', async () => {
  const file = databaseFile(undefined, folder);
  const opened = await openDatabase(file, () => {});
  // RIPE NCC's own, and the University of California's: networks that have not moved for decades.
  assert.equal(opened.regionOf('193.0.6.139'), 'NL');
  assert.equal(opened.regionOf('128.32.0.1'), 'US');
  assert.equal(opened.regionOf('10.0.0.1'), undefined);
  assert.equal(ageWarning(opened, opened.builtAt() + 90 * day), undefined);
  assert.match(ageWarning(opened, opened.builtAt() + 91 * day)!, /is 91 days old/);
  opened.close();
});

test('what cannot be is told', async () => {
  const missing = preparePolicy(regionAccess, { deny: ['KP'], database: 'none.mmdb' }, within());
  await assert.rejects(missing, (fault) => {
    assert.ok(fault instanceof OptionFault);
    assert.deepEqual(fault.option, ['database']);
    assert.match(fault.message, /none\.mmdb cannot be used: ENOENT/);
    return true;
  });
  const cut = write('cut.mmdb', writeMmdb({ networks, builtAt }).subarray(0, 100));
  await assert.rejects(
    preparePolicy(regionAccess, { deny: ['KP'], database: cut }, within()),
    /cannot be used/,
  );
  for (const [config, message] of [
    [{ database }, /expected allow, deny, or both/],
    [{ allow: ['de'], database }, /two capital letters/],
    [{ allow: ['Germany'], database }, /two capital letters/],
    [{ allow: ['UK'], database }, /the United Kingdom is GB/],
    [{ allow: ['EU'], database }, /no country; name its members/],
    [{ deny: ['QQ'], database }, /there is no such country/],
    [{ deny: ['ZZ'], database }, /unknown: refuse or allow/],
  ] as const)
    await assert.rejects(preparePolicy(regionAccess, config, within()), message, JSON.stringify(config));
});
