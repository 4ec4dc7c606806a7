import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import { folderWith, portcullis } from '../testing/program.ts';
import { sha256 } from './record.ts';

type Entry = Parameters<typeof packTar>[0][number];

const file = (name: string, body: string): Entry => ({
  header: { name, size: Buffer.byteLength(body) },
  body,
});

/** Laid out as a release of CRS 4, in words of our own. */
const layout: readonly Entry[] = [
  { header: { name: 'crs/', size: 0, type: 'directory' } },
  file('crs/crs-setup.conf.example', '# what may be set\n'),
  file(
    'crs/rules/REQUEST-901-INITIALIZATION.conf',
    `SecRule &TX:crs_setup_version "@eq 0" "id:901001,phase:1,deny,status:500,ver:'OWASP_CRS/4.28.0'"\n`,
  ),
  file(
    'crs/rules/REQUEST-930-OWN.conf',
    `SecRule ARGS "@pmFromFile words.data" "id:930001,phase:2,deny,msg:'A word'"\n`,
  ),
  file('crs/rules/words.data', 'attack\n'),
  file('crs/plugins/empty-config.conf', '# nothing\n'),
  file('crs/plugins/empty-before.conf', '# nothing\n'),
];

async function packed(entries: readonly Entry[]): Promise<Buffer> {
  return gzipSync(await packTar(entries));
}

async function served(t: TestContext, content: Buffer, status = 200, fields = {}): Promise<string> {
  const server = createServer((_, reply) => void reply.writeHead(status, fields).end(content));
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/crs.tar.gz`;
}

const fetching = (from: string, sum: string) =>
  ['waf', 'crs', '--version', '4.28.0', '--from', from, '--sha256', sum] as const;

test('a release is fetched, unpacked, and runs; check tells what was changed since', async (t) => {
  const folder = folderWith(t, {
    'portcullis.yaml': `listen: { http: { port: 8080, plaintext: true } }
apis:
  shop:
    upstream: { targets: ['http://127.0.0.1:3000'] }
    policies: { authentication: none, waf: { rules: ['crs:crs-4.28.0'] } }
`,
  });
  const content = await packed(layout);
  const from = await served(t, content);
  const { out, err, code } = await portcullis(folder, ...fetching(from, sha256(content).toUpperCase()));
  assert.equal(code, 0, err);
  assert.match(out, /is in crs-4\.28\.0 \(6 files\)/);
  assert.deepEqual(readdirSync(folder).sort(), ['crs-4.28.0', 'portcullis.yaml']);
  const judged = await portcullis(folder, 'waf', 'test', 'http://shop.example/?q=attack');
  assert.match(judged.out, /refuse it: rule 930001/, judged.err);
  assert.doesNotMatch((await portcullis(folder, 'check')).out, /fetched/);
  appendFileSync(join(folder, 'crs-4.28.0/rules/words.data'), 'more\n');
  const checked = await portcullis(folder, 'check');
  assert.match(
    checked.out,
    /Core Rule Set 4\.28\.0 is no longer as it was fetched: rules\/words\.data/,
    checked.err,
  );
  const again = await portcullis(folder, ...fetching(from, sha256(content)));
  assert.match(again.err, /is there already/);
  assert.equal(again.code, 1);
});

test('what is not a right archive leaves nothing behind', async (t) => {
  const of = (...more: Entry[]) => packed([...layout, ...more]);
  const link = (type: 'link' | 'symlink'): Entry => ({
    header: { name: 'crs/rules/a.conf', size: 0, type, linkname: '/etc/passwd' },
  });
  const rows: readonly [content: Buffer, message: RegExp][] = [
    [await of(file('crs/../../evil', 'x')), /no path to be written/],
    [await of(file('/etc/evil', 'x')), /no path to be written/],
    [await of(file('crs\\evil', 'x')), /no path to be written/],
    [await of(link('link')), /neither a file nor a folder, but a link/],
    [await of(link('symlink')), /neither a file nor a folder, but a symlink/],
    [await of(file('other/a.conf', 'x')), /not below one folder/],
    [await of(file('crs/rules/WORDS.data', 'x')), /a file twice/],
    [await of(file('crs/rules/words.data/a', 'x')), /cannot be written/],
    [await packed([file('crs/rules/a.conf', '')]), /has no Core Rule Set/],
    [(await of()).subarray(0, 300), /cannot be unpacked/],
    [gzipSync((await packTar(layout)).subarray(0, 2_000)), /cannot be unpacked/],
    [gzipSync(Buffer.alloc(65 * 1_048_576)), /cannot be unpacked/],
    [Buffer.from('no archive'), /cannot be unpacked/],
    [Buffer.alloc(17 * 1_048_576), /more than 16777216 bytes/],
  ];
  const folder = folderWith(t, {});
  for (const [content, message] of rows) {
    const { err, code } = await portcullis(folder, ...fetching(await served(t, content), sha256(content)));
    assert.match(err, message);
    assert.equal(code, 1, err);
    assert.deepEqual(readdirSync(folder), [], err);
  }
});

test('nothing is taken whose sum is another, and none is taken for granted', async (t) => {
  const folder = folderWith(t, {});
  const content = await packed(layout);
  const from = await served(t, content);
  const other = await portcullis(folder, ...fetching(from, '0'.repeat(64)));
  assert.match(other.err, new RegExp(`its SHA-256 is ${sha256(content)}`));
  assert.equal(other.code, 1);
  const without = await portcullis(folder, 'waf', 'crs', '--version', '4.28.0');
  assert.match(without.err, /--sha256.*v4\.28\.0\/coreruleset-4\.28\.0-minimal\.tar\.gz.*gpg --verify/s);
  assert.equal(without.code, 2);
  assert.ok(!existsSync(join(folder, 'crs-4.28.0')));
});

test('only https is fetched, and sent on to, but for what is on this machine', async (t) => {
  const folder = folderWith(t, {});
  const sum = '0'.repeat(64);
  const elsewhere = await served(t, Buffer.from('x'));
  const rows: readonly [from: string, message: RegExp][] = [
    ['http://mirror.example/crs.tar.gz', /only https/],
    ['file:///etc/passwd', /only https/],
    ['nothing', /is no URL/],
    [await served(t, Buffer.alloc(0), 302, { location: elsewhere }), /sends on to what is not https/],
    [await served(t, Buffer.alloc(0), 404), /status 404/],
  ];
  for (const [from, message] of rows) {
    const { err, code } = await portcullis(folder, ...fetching(from, sum));
    assert.match(err, message);
    assert.equal(code, 1);
  }
});
