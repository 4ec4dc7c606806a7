import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startGateway } from '../harness/gateway.ts';
import { startUpstream } from '../harness/upstream.ts';
import { waitFor } from '../harness/wait.ts';
import { RawConnection } from './raw-client.ts';

/** Bodies that break off while their requests wait for a connection to the upstream: nobody reads them yet. */

const upstream = await startUpstream({ after }, (request, reply) => {
  if (request.url !== '/held') reply.end('ok');
});
const gateway = await startGateway(
  { after },
  {
    config: `
listen: { http: { port: 0, plaintext: true }, admin: { port: 0 } }
threads: 1
policies: { authentication: none, request-limits: { bodyTimeout: 1s } }
apis: { all: { upstream: { targets: ['${upstream.origin}'], connections: 1, responseTimeout: 20s } } }
`,
  },
);
const holding = new RawConnection(gateway.httpPort);
holding.write('GET /held HTTP/1.1\r\nHost: a\r\n\r\n');
await waitFor('the only connection to be busy', () => upstream.requests.length === 1);

const post = 'POST /a HTTP/1.1\r\nHost: a\r\n';
const first = `${post}Transfer-Encoding: chunked\r\n\r\n11170\r\n${'x'.repeat(70_000)}\r\n`;
const cases: readonly [name: string, begin: string, then: string, status: number][] = [
  ['stops', `${post}Content-Length: 200000\r\n\r\n${'x'.repeat(100_000)}`, '', 408],
  ['has a chunk that is none', first, 'ZZ\r\n', 400],
  ['ends with a trailer that frames', first, '0\r\nContent-Length: 1\r\n\r\n', 400],
];
for (const [name, begin, then, status] of cases) {
  test(`a body that ${name} while its request waits is refused, and the thread lives`, async () => {
    const connection = new RawConnection(gateway.httpPort);
    connection.write(begin);
    await pause(200);
    if (then !== '') connection.write(then);
    assert.equal((await connection.replies(1))[0]?.status, status);
    connection.close();
    assert.equal(upstream.requests.length, 1);
    assert.equal(await gateway.metric('portcullis_threads_replaced_total'), 0);
  });
}

test('afterwards others are served', async () => {
  holding.close();
  const connection = new RawConnection(gateway.httpPort);
  connection.write('GET /a HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal((await connection.replies(1))[0]?.body, 'ok');
  connection.close();
});
