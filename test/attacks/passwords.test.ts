import assert from 'node:assert/strict';
import { test } from 'node:test';
import { basic, password, startPasswords } from '../harness/passwords.ts';
import { waitFor } from '../harness/wait.ts';
import { RawConnection } from './raw-client.ts';

/** So that records are in order. */
const oneThread = { keepAlive: true };

/** How many of each status. */
function tally(statuses: readonly number[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

test('one password that is tried on many users from one address', async (t) => {
  const { users, user, by } = await startPasswords(t);
  await users(async (store) => {
    for (let i = 0; i < 60; i++)
      await store.create({ username: `user${i}`, roles: [], basic: true, password: `${password} ${i}` });
  });
  await user('till');
  assert.equal((await by('till', password)).status, 200);
  const statuses: number[] = [];
  for (let i = 0; i < 60; i++) statuses.push((await by(`user${i}`, 'Summer2026!!')).status);
  assert.deepEqual(tally(statuses), { 401: 50, 429: 10 });
  assert.equal((await by('user59', `${password} 59`)).status, 429, 'the right one is not looked at either');
  assert.equal((await by('till', password)).status, 200, 'who is known from there goes on');
  assert.equal((await by('user59', `${password} 59`, { from: '198.51.100.1' })).status, 200);
});

test('one user who is guessed from many addresses is not locked out where the user is known', async (t) => {
  const { user, by } = await startPasswords(t);
  await user('till');
  const own = { from: '2001:db8:7::1' };
  // Connections come to either thread: the one that let the user in has told the other.
  assert.equal((await by('till', password, own)).status, 200);
  const statuses: number[] = [];
  for (let i = 0; i < 40; i++)
    statuses.push((await by('till', `guess number ${i}`, { from: `198.51.100.${i}` })).status);
  assert.deepEqual(tally(statuses), { 401: 10, 429: 30 });
  assert.equal((await by('till', password, { from: '198.51.100.77' })).status, 429);
  for (let i = 0; i < 10; i++)
    assert.equal((await by('till', password, { from: `2001:db8:7::${i}` })).status, 200, String(i));
});

test('fields that two readers could read differently', async (t) => {
  const { gateway, upstream, user, send } = await startPasswords(t);
  await user('till');
  const right = basic('till', password);
  const encode = (text: string | Buffer): string => `Basic ${Buffer.from(text).toString('base64')}`;
  const cases: readonly (readonly [what: string, authorization: string, reason: string])[] = [
    ['a name that a zero ends', encode(`till\0admin:${password}`), 'basic-control-character'],
    ['a password that a zero ends', encode(`till:${password}\0`), 'basic-control-character'],
    ['a field in the name', encode(`till\r\nx-role: admin:${password}`), 'basic-control-character'],
    ['an overlong colon', encode(Buffer.from([0x74, 0xc0, 0xba, 0x78, 0x3a, 0x78])), 'basic-not-utf8'],
    ['two in one', `${right}, ${right}`, 'basic-not-base64'],
    ['a token behind it', `${right}, Bearer abc`, 'basic-not-base64'],
    ['no padding', right.replace(/=+$/, '').slice(0, -1), 'basic-not-base64'],
    ['a newline of base64', `${right.slice(0, 12)} ${right.slice(12)}`, 'basic-not-base64'],
    ['a scheme twice', right.replace('Basic', 'Basic Basic'), 'basic-not-base64'],
    ['a huge one', `Basic ${'QUFB'.repeat(1_500)}`, 'basic-too-long'],
    ['nothing', 'Basic', 'basic-empty'],
  ];
  for (const [what, authorization] of cases)
    assert.equal((await send(authorization, oneThread)).status, 401, what);
  const records = await waitFor('the records', () => {
    const all = gateway.accessLog();
    return all.length === cases.length ? all : undefined;
  });
  for (const [index, [what, , reason]] of cases.entries())
    assert.equal((records[index]!['refusal'] as { reason: string }).reason, `people: ${reason}`, what);
  assert.equal((await send(right)).status, 200, 'none of them was an attempt');
  assert.equal(upstream.requests.length, 1);
});

test('a second credential, in whatever place', async (t) => {
  const { gateway, upstream, user, send } = await startPasswords(t);
  await user('till');
  const right = basic('till', password);
  assert.equal((await send(right, { fields: { 'x-api-key': 'pck_x' } })).status, 400);
  const raw = new RawConnection(gateway.httpPort);
  t.after(() => raw.socket.destroy());
  raw.write(`GET /orders HTTP/1.1\r\nHost: a\r\nAuthorization: ${right}\r\nAuthorization: ${right}\r\n\r\n`);
  assert.deepEqual(
    (await raw.replies(1)).map(({ status }) => status),
    [400],
  );
  const query = new RawConnection(gateway.httpPort);
  t.after(() => query.socket.destroy());
  query.write(`GET /orders?access_token=abc HTTP/1.1\r\nHost: a\r\nAuthorization: ${right}\r\n\r\n`);
  assert.deepEqual(
    (await query.replies(1)).map(({ status }) => status),
    [400],
  );
  assert.equal(upstream.requests.length, 0);
});

/** Each costs a real hash: nobody has made those of users who do not exist cheap. */
test('a crowd with passwords of nobody is turned away in part, and who is known is served meanwhile', async (t) => {
  const { user, by } = await startPasswords(t);
  await user('till');
  for (let i = 0; i < 4; i++) assert.equal((await by('till', password, { keepAlive: true })).status, 200);
  const crowd = Promise.all(
    Array.from({ length: 70 }, (_, i) => by(`nobody${i}`, password, { from: `10.1.0.${i}` })),
  );
  for (let i = 0; i < 20; i++) assert.equal((await by('till', password, { keepAlive: true })).status, 200);
  const replies = await crowd;
  const counts = tally(replies.map(({ status }) => status));
  assert.deepEqual(Object.keys(counts), ['401', '503']);
  assert.ok(counts[503]! >= 20, JSON.stringify(counts));
  for (const { status, fields } of replies)
    if (status === 503) assert.match(String(fields['retry-after']), /^\d+$/);
});
