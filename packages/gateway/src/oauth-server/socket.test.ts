import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { draftOf, makeSocketFolder, removeDeadSockets, socketPath } from './socket.ts';

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 's-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('the socket is in the state folder, or where its path fits into an address', () => {
  assert.equal(socketPath('/srv/state', 42), '/srv/state/oauth-socket/42.sock');
  const long = socketPath(`/srv/${'x'.repeat(100)}`, 42);
  assert.equal(dirname(dirname(long)), tmpdir());
  assert.notEqual(long, socketPath(`/srv/${'y'.repeat(100)}`, 42));
  for (const path of [long, socketPath('/srv/state', 4_194_304)])
    assert.ok(Buffer.byteLength(draftOf(path, 123_456)) <= 104, path);
});

test('nobody else enters its folder', (t) => {
  const socket = socketPath(temporary(t), 1);
  const folder = dirname(socket);
  makeSocketFolder(socket);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  chmodSync(folder, 0o777);
  makeSocketFolder(socket);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
});

test('a folder that is a link or a file is refused', (t) => {
  const state = temporary(t);
  const elsewhere = join(state, 'elsewhere');
  mkdirSync(elsewhere);
  symlinkSync(elsewhere, join(state, 'oauth-socket'));
  assert.throws(() => makeSocketFolder(socketPath(state, 1)), /is not this user's/);
});

test('sockets that nobody listens on are removed, others and other files are not', async (t) => {
  const folder = temporary(t);
  const live = join(folder, '1.sock');
  const server = createServer().listen({ path: live });
  t.after(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  for (const name of ['2.sock', '3.sock.17', 'notes.txt']) writeFileSync(join(folder, name), '');
  await removeDeadSockets(join(folder, '9.sock'));
  assert.deepEqual(readdirSync(folder).sort(), ['1.sock', 'notes.txt']);
  assert.ok(existsSync(live));
});
