import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { curl } from '../harness/curl.ts';
import { password, type Reply, startPasswords } from '../harness/passwords.ts';
import { portcullis } from '../harness/program.ts';
import { waitFor } from '../harness/wait.ts';

function problemOf({ body }: Reply): string {
  return (JSON.parse(body) as { type: string }).type.replace('urn:portcullis:problem:', '');
}

test('a user who may is known by username and password, which go no further', async (t) => {
  const { gateway, upstream, user, by, send } = await startPasswords(t);
  // There was no database when the gateway started.
  await user('till', { id: 'cus_1', name: 'Till 7' });
  for (const name of ['Till', 'till']) assert.equal((await by(name, password)).status, 200);
  assert.equal(upstream.requests.length, 2);
  for (const { headers } of upstream.requests) {
    assert.equal(headers.authorization, undefined);
    assert.doesNotMatch(JSON.stringify(headers), /correct|Y29ycmVjd/);
  }
  const record = await waitFor('the record', () => gateway.accessLog()[1]);
  assert.deepEqual(record['principal'], { authenticator: 'people', subject: 'cus_1' });

  const missing = await send(undefined);
  assert.deepEqual([missing.status, problemOf(missing)], [401, 'credential-missing']);
  assert.match(
    String(missing.fields['www-authenticate']),
    /Bearer realm="orders", Basic realm="orders", charset="UTF-8"/,
  );
});

test('what is wrong is in the record alone, and the password nowhere', async (t) => {
  const { gateway, upstream, users, user, by, send } = await startPasswords(t);
  await user('till', { id: 'cus_1' });
  await user('gone');
  await user('web', { basic: false });
  await users((store) => store.setDisabled(store.named('gone')!.id, true));
  const secret = 'Tr0ub4dor & 3 & more';
  // Over one connection, so that the records are in order.
  const one = { keepAlive: true };
  const replies = [
    await by('till', secret, one),
    await by(secret, 'till', one),
    await by('gone', password, one),
    await by('web', password, one),
    await send(`Basic ${Buffer.from(secret).toString('base64')}`, one),
    await send('Basic !', one),
  ];
  const shapes = replies.map(({ status, fields, body }) => {
    const { type, title, detail } = JSON.parse(body) as Record<string, string>;
    return JSON.stringify([
      status,
      fields['www-authenticate'],
      fields['content-length'],
      type,
      title,
      detail,
    ]);
  });
  assert.equal(new Set(shapes).size, 1, shapes.join('\n'));
  assert.equal(replies[0]!.status, 401);
  assert.equal(upstream.requests.length, 0);
  await waitFor('the records', () => gateway.accessLog().length === replies.length);
  const reasons = gateway.accessLog().map((record) => (record['refusal'] as { reason: string }).reason);
  assert.deepEqual(reasons, [
    'people: password-wrong',
    'people: user-unknown',
    'people: user-disabled',
    'people: basic-not-allowed',
    'people: basic-no-colon',
    'people: basic-not-base64',
  ]);
  const files = readdirSync(gateway.folder, { recursive: true, withFileTypes: true }).filter((each) =>
    each.isFile(),
  );
  const kept = [
    gateway.log(),
    ...files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1')),
  ];
  for (const text of kept) {
    assert.ok(!text.includes(secret) && !text.includes(password));
    assert.ok(!text.includes(Buffer.from(secret).toString('base64').slice(0, 20)));
  }
});

test('who is disabled, or given another password, is refused within seconds; so is who may not use it any more', async (t) => {
  const { gateway, user, by } = await startPasswords(t);
  const run = async (...args: readonly string[]) => {
    const { code, err } = await portcullis(['user', ...args, '--state', join(gateway.folder, '.portcullis')]);
    assert.equal(code, 0, err);
  };
  for (const name of ['one', 'two']) await user(name);
  for (const name of ['one', 'two'])
    for (let i = 0; i < 4; i++) assert.equal((await by(name, password)).status, 200);
  await run('disable', 'one');
  await run('basic', 'two', 'off');
  for (const name of ['one', 'two'])
    await waitFor(`${name} to be refused`, async () => (await by(name, password)).status === 401, 10_000);
});

test('too many attempts are refused with 429, on all threads together, and with the wait', async (t) => {
  const { gateway, user, by } = await startPasswords(t);
  await user('till');
  const statuses: number[] = [];
  for (let i = 0; i < 14; i++) statuses.push((await by('till', `guess number ${i}`)).status);
  assert.deepEqual(statuses, [...Array(10).fill(401), ...Array(4).fill(429)]);
  const refused = await by('till', password);
  assert.deepEqual([refused.status, problemOf(refused)], [429, 'attempts-exceeded']);
  const wait = Number(refused.fields['retry-after']);
  assert.ok(wait >= 1 && wait <= 90, String(wait));
  assert.equal(refused.fields['www-authenticate'], undefined);
  const last = await waitFor('the record', () => gateway.accessLog()[14]);
  assert.match(JSON.stringify(last['refusal']), /attempts-exceeded: passwords by account/);
});

test('without TLS a password is taken from this machine, and from nowhere else', async (t) => {
  const { gateway, user } = await startPasswords(t);
  await user('till');
  const credentials = ['-u', `till:${password}`, `${gateway.http}/orders`];
  assert.equal((await curl(...credentials)).status, 200);
  assert.equal((await curl('-H', 'x-forwarded-for: 192.0.2.1', ...credentials)).status, 401);
  const https = ['-H', 'x-forwarded-for: 192.0.2.1', '-H', 'x-forwarded-proto: https'];
  assert.equal((await curl(...https, ...credentials)).status, 200, 'a proxy that ends TLS');
});

test('a reload keeps what is known and what is used up', async (t) => {
  const { gateway, user, by } = await startPasswords(t);
  await user('till');
  assert.equal((await by('till', password, { keepAlive: true })).status, 200);
  for (let i = 0; i < 10; i++) await by('till', `guess number ${i}`, { from: '198.51.100.1' });
  assert.equal(await gateway.reload(), 'reloaded');
  assert.equal((await by('till', password, { from: '198.51.100.1' })).status, 429);
  assert.equal((await by('till', password, { keepAlive: true })).status, 200);
});
