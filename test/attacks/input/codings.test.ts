import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { assertCost, largeBound, noProc, residentMemory, smallBound } from './cost.ts';
import { assertStopped, refusalOf, startNaiveService } from './naive-service.ts';

/** Content codings: what unpacks to much, or to two things. Each works on the service itself. */

const service = await startNaiveService({ after });
const { pid } = service.gateway;
const json = { 'content-type': 'application/json' };
const gzip = { ...json, 'content-encoding': 'gzip' };
const deflate = { ...json, 'content-encoding': 'deflate' };
const order = (note: string): string => JSON.stringify({ item: 'book', note });
const evil = '{"item":"book","role":"admin"}';
const admin = { fields: { role: 'admin' } };
const MiB = 1_048_576;

test('a body that came packed goes on unpacked', async () => {
  service.seen.length = 0;
  for (const [fields, body] of [
    [gzip, gzipSync(order('hello'))],
    [deflate, deflateSync(order('hello'))],
  ] as const) {
    const reply = await service.send('gateway', body, { ...fields, 'content-digest': 'sha-256=:AAAA:' });
    assert.equal(reply.status, 200, reply.text);
  }
  for (const { coding, body, announced, digest } of service.seen) {
    assert.deepEqual(
      [coding, body, announced, digest],
      [undefined, order('hello'), String(order('hello').length), undefined],
    );
  }
  assert.equal(service.seen.length, 2);
});

test('a bomb of 1:1000', async () => {
  for (const [fields, bomb] of [
    [gzip, gzipSync(order(' '.repeat(20 * MiB)))],
    [deflate, deflateSync(order(' '.repeat(20 * MiB)))],
  ] as const) {
    assert.ok(bomb.length < 25_000);
    const bare = await service.send('service', bomb, fields);
    assert.ok(
      (JSON.parse(bare.text) as { inflated: number }).inflated > 20 * MiB,
      'the service unpacks it all',
    );
    service.seen.length = 0;
    assert.equal(refusalOf(await service.send('gateway', bomb, fields)), '413 body-too-large');
    assert.deepEqual(service.seen, []);
  }
});

test('a bomb below the bound on size is stopped by its ratio', async () => {
  const bomb = gzipSync(order(' '.repeat(MiB / 2)));
  assert.equal(refusalOf(await service.send('gateway', bomb, gzip)), '413 body-too-large');
});

test('bombs do not add up: memory stays below what they unpack to', { skip: noProc }, async () => {
  const bomb = gzipSync(order(' '.repeat(20 * MiB)));
  await Promise.all(Array.from({ length: 20 }, () => service.send('gateway', bomb, gzip)));
  const before = residentMemory(pid);
  assert.ok(before > 10 * MiB);
  const replies = await Promise.all(Array.from({ length: 100 }, () => service.send('gateway', bomb, gzip)));
  assert.ok(replies.every(({ status }) => status === 413));
  const grown = residentMemory(pid) - before;
  // Unpacked they are 2,000 MiB; of each, no more than 1 MiB is ever there.
  assert.ok(grown < 200 * MiB, `${Math.round(grown / MiB)} MiB more`);
});

test('a bomb in a bomb is one coding too many', async () => {
  const inner = order(' '.repeat(MiB));
  const bare = { inflated: inner.length };
  for (const [coding, nested] of [
    ['gzip, gzip', gzipSync(gzipSync(inner))],
    ['gzip,identity,gzip', gzipSync(gzipSync(inner))],
    ['deflate, gzip', gzipSync(deflateSync(inner))],
  ] as const) {
    const fields = { ...json, 'content-encoding': coding };
    await assertStopped(service, nested, fields, bare, '415 content-coding-unsupported');
  }
});

test('what is packed twice and says so once, or not at all', async () => {
  const packed = gzipSync(evil);
  await assertStopped(service, gzipSync(packed), gzip, admin, '400 body-invalid charset');
  await assertStopped(service, packed, json, admin, '400 body-invalid charset');
  await assertStopped(service, deflateSync(packed), deflate, admin, '400 body-invalid charset');
});

test('a second member, or anything else behind the first', async () => {
  const hidden = Buffer.concat([gzipSync('{"item":"book"'), gzipSync(',"role":"admin"}')]);
  await assertStopped(service, hidden, gzip, admin, '400 body-invalid syntax');
});

test('what is cut, or is not packed, is no order', async () => {
  service.seen.length = 0;
  for (const body of [
    Buffer.concat([gzipSync(order('')), Buffer.from('x')]),
    gzipSync(order('')).subarray(0, -1),
    Buffer.from(order('')),
  ])
    assert.equal(refusalOf(await service.send('gateway', body, gzip)), '400 body-invalid syntax');
  assert.deepEqual(service.seen, []);
});

test('codings that are not undone', async () => {
  service.seen.length = 0;
  for (const [coding, body] of [
    ['br', brotliCompressSync(evil)],
    ['zstd', zstdCompressSync(evil)],
    ['compress', Buffer.from(evil)],
    ['aes128gcm', Buffer.from(evil)],
    ['gzip;q=1', gzipSync(evil)],
  ] as const) {
    const fields = { ...json, 'content-encoding': coding };
    await assertStopped(service, body, fields, admin, '415 content-coding-unsupported');
    const reply = await service.send('gateway', body, fields);
    assert.equal(reply.fields['accept-encoding'], 'gzip, deflate');
  }
  assert.deepEqual(service.seen, []);
});

test('what is packed is judged like anything else', async () => {
  await assertStopped(service, gzipSync(evil), gzip, admin, '400 body-invalid /role unknown');
});

test('and what each costs is bounded', { skip: noProc }, async () => {
  const bomb = (mebibytes: number): Buffer => gzipSync(order(' '.repeat(mebibytes * MiB)));
  const members = Buffer.concat(new Array<Buffer>(5_000).fill(gzipSync('')));
  for (const [name, body, fields, bound] of [
    ['a bomb', bomb(20), gzip, largeBound],
    ['a bomb, deflated', deflateSync(order(' '.repeat(20 * MiB))), deflate, largeBound],
    ['a bomb below the bound', bomb(0.5), gzip, largeBound],
    ['a bomb in a bomb', gzipSync(bomb(20)), { ...json, 'content-encoding': 'gzip, gzip' }, smallBound],
    ['very many members', members, gzip, largeBound],
    ['very many codings', bomb(1), { ...json, 'content-encoding': 'gzip,'.repeat(1_000) }, smallBound],
  ] as const) {
    const send = async (): Promise<void> =>
      assert.match(refusalOf(await service.send('gateway', body, fields)), /^4\d\d (?!passed)/, name);
    await assertCost(pid, name, send, bound);
  }
});
