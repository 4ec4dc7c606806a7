import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { constants } from 'node:http2';
import { after, test } from 'node:test';
import { RawConnection } from '../attacks/raw-client.ts';
import { startGateway } from '../harness/gateway.ts';
import { openSession } from '../harness/http2-client.ts';
import { startUpstream } from '../harness/upstream.ts';
import { waitFor, within } from '../harness/wait.ts';

/** Replies without an end in sight: each event arrives when it is sent, and a client that leaves is noticed. */

let live: ServerResponse | undefined;
let left = 0;
const upstream = await startUpstream({ after }, (_, reply) => {
  live = reply;
  reply.on('close', () => {
    if (!reply.writableFinished) left++;
  });
  reply.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  reply.write('data: first\n\n');
});

const gateway = await startGateway(
  { after },
  {
    config: `
listen: { http: { port: 0, plaintext: true }, https: { port: 0, selfSigned: true }, admin: { port: 0 } }
threads: 1
policies: { authentication: none, access-log: { to: { file: access.log } } }
apis: { all: { upstream: { targets: ['${upstream.origin}'] } } }
`,
  },
);
const session = await openSession({ after }, gateway);

test('HTTP/1.1: events come one by one, and then the end', async () => {
  const connection = new RawConnection(gateway.httpPort);
  connection.write('GET /events HTTP/1.1\r\nHost: a\r\n\r\n');
  await waitFor('the first event', () => connection.received.includes('data: first\n\n'));
  assert.match(connection.received, /^HTTP\/1\.1 200 [\s\S]*content-type: text\/event-stream\r\n/i);
  live!.write('data: second\n\n');
  await waitFor('the second event', () => connection.received.includes('data: second\n\n'));
  live!.end();
  assert.equal((await connection.replies(1))[0]?.body, 'data: first\n\ndata: second\n\n');
  connection.close();
});

test('HTTP/2: events come one by one, and then the end', async () => {
  const stream = session.request({ ':path': '/events' });
  let text = '';
  stream.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  await waitFor('the first event', () => text === 'data: first\n\n');
  live!.write('data: second\n\n');
  await waitFor('the second event', () => text.endsWith('data: second\n\n'));
  const closed = once(stream, 'close');
  live!.end();
  await within('the end', closed);
  assert.equal(stream.rstCode, constants.NGHTTP2_NO_ERROR);
  assert.equal(stream.aborted, false);
});

test('HTTP/1.1: a client that leaves ends the request of the upstream', async () => {
  const before = left;
  const connection = new RawConnection(gateway.httpPort);
  connection.write('GET /left-1 HTTP/1.1\r\nHost: a\r\n\r\n');
  await waitFor('the first event', () => connection.received.includes('data: first\n\n'));
  connection.close();
  await waitFor('the upstream to notice', () => left === before + 1);
});

test('HTTP/2: a client that leaves ends the request of the upstream', async () => {
  const before = left;
  const stream = session.request({ ':path': '/left-2' });
  await within('the first event', once(stream, 'data'));
  stream.close(constants.NGHTTP2_CANCEL);
  await waitFor('the upstream to notice', () => left === before + 1);
});

test('who left is told in the record', async () => {
  const records = await waitFor('the records', () => {
    const found = gateway.accessLog().filter((each) => String(each['path']).startsWith('/left-'));
    return found.length === 2 ? found : undefined;
  });
  for (const record of records) {
    assert.equal(record['aborted'], true);
    assert.equal(record['replyBytes'], 'data: first\n\n'.length);
  }
  const { text } = await gateway.askAdmin('/metrics');
  assert.match(text, /^portcullis_requests_in_progress\{thread="\d+"\} 0$/m);
});
