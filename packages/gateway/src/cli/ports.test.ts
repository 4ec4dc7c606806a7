import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { type TestContext, test } from 'node:test';
import { hasReusePort } from '../threads/control.ts';
import { holdPort } from './ports.ts';
import { StartFault } from './start-fault.ts';

const host = '127.0.0.1';

async function listen(t: TestContext, port: number, reusePort: boolean): Promise<Server> {
  const server = createServer((socket) => socket.end('served'));
  t.after(() => void server.close());
  server.listen({ host, port, reusePort });
  await once(server, 'listening');
  return server;
}

async function said(port: number): Promise<string> {
  const socket = connect({ host, port });
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  socket.on('error', () => {});
  await once(socket, 'close').catch(() => {});
  return text;
}

test('a port is held: nobody else gets it, but those who share it do', { skip: !hasReusePort }, async (t) => {
  const held = await holdPort('http', { host, port: 0 });
  t.after(() => held.release());
  assert.ok(held.port > 0);
  const again = { host, port: held.port };
  await assert.rejects(holdPort('http', again), (error: unknown) => {
    assert.ok(error instanceof StartFault);
    assert.match(error.message, new RegExp(`^listen\\.http: port ${held.port} of 127\\.0\\.0\\.1 is taken`));
    return true;
  });
  await assert.rejects(listen(t, held.port, false), { code: 'EADDRINUSE' });
  assert.equal(await said(held.port), '', 'nobody serves yet');
  await listen(t, held.port, true);
  held.release();
  held.release();
  for (let i = 0; i < 20; i++) assert.equal(await said(held.port), 'served');
});

test('a port that somebody has is not ours, shared or not', async (t) => {
  for (const reusePort of hasReusePort ? [false, true] : [false]) {
    const server = await listen(t, 0, reusePort);
    const { port } = server.address() as { port: number };
    await assert.rejects(holdPort('https', { host, port }), /listen\.https: .* is taken/);
  }
});
