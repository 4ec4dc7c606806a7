import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Malformed } from '../../http/malformed.ts';
import { type RequestHead, readRequestHead } from './request-head.ts';

function read(text: string): RequestHead {
  const bytes = Buffer.from(`\r\n${text}\r\n\r\n`, 'latin1');
  return readRequestHead(bytes, 2, bytes.length - 4);
}

const get = 'GET /a HTTP/1.1';

test('a head in full', () => {
  assert.deepEqual(read('POST /a?b=c HTTP/1.1\r\nHost: a\r\nCONTENT-length: 07\r\nExpect: 100-Continue'), {
    method: 'POST',
    target: '/a?b=c',
    httpVersion: '1.1',
    rawFields: ['Host', 'a', 'CONTENT-length', '07', 'Expect', '100-Continue'],
    content: 7,
    persistent: true,
    expectsContinue: true,
    upgrade: undefined,
  });
});

const members: readonly [head: string, member: keyof RequestHead, value: unknown][] = [
  [get, 'content', 0],
  [`${get}\r\nTransfer-Encoding: chunked`, 'content', 'chunked'],
  // Refused by the pipeline: that it is not taken for a length is all that matters here.
  [`${get}\r\nTransfer-Encoding: x\r\nContent-Length: 1`, 'content', 'chunked'],
  [`${get}\r\nContent-Length: 1\r\nTransfer-Encoding: x`, 'content', 'chunked'],
  [`${get}\r\nConnection: close`, 'persistent', false],
  [`${get}\r\nConnection: x\r\nconnection: y, CLOSE`, 'persistent', false],
  [`${get}\r\nConnection: closed`, 'persistent', true],
  ['GET /a HTTP/1.0', 'persistent', false],
  ['GET /a HTTP/1.0\r\nConnection: Keep-Alive', 'persistent', true],
  ['GET /a HTTP/1.0\r\nExpect: 100-continue', 'expectsContinue', false],
  [`${get}\r\nExpect: 200-ok`, 'expectsContinue', false],
  [`${get}\r\nConnection: Upgrade\r\nUpgrade: WebSocket`, 'upgrade', 'websocket'],
  [`${get}\r\nUpgrade: websocket`, 'upgrade', undefined],
  [`${get}\r\nConnection: upgrade\r\nUpgrade: h2c`, 'upgrade', undefined],
  ['GET /a HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket', 'upgrade', undefined],
  ['POST /a HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket', 'upgrade', undefined],
  [`${get}\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 1`, 'upgrade', undefined],
  ['GET /a HTTP/2.0', 'httpVersion', '2.0'],
  ['GET /caf\xe9 HTTP/1.1', 'target', '/caf\xe9'],
  // Which is no target, as the pipeline will say.
  ['GET /a b HTTP/1.1', 'target', '/a b'],
];
for (const [head, member, value] of members) {
  test(`${JSON.stringify(head)}: ${member} is ${String(value)}`, () =>
    assert.equal(read(head)[member], value));
}

const bad: readonly string[] = [
  '',
  'GET',
  'GET ',
  'GET /a',
  'GET /a ',
  'GET  HTTP/1.1',
  ' GET /a HTTP/1.1',
  'GET\t/a HTTP/1.1',
  'GET /a HTTP/1.1 ',
  'GET /a http/1.1',
  'GET /a HTTP/1.10',
  'GET /a HTTP/11',
  'GET /a HTTP/1.1x',
  'GET /a\x00 HTTP/1.1',
  'GET /a\rX HTTP/1.1',
  'GET /a HTTP/1.1\rHost: a',
  'get /a HTTP/1.1',
  'FOO /a HTTP/1.1',
  'constructor /a HTTP/1.1',
  `${get}\r\nContent-Length: +1`,
  `${get}\r\nContent-Length: 1\r\nContent-Length: x`,
  `${get}\r\nHost : a`,
  `${get}\r\n Host: a`,
];
for (const head of bad) {
  test(`${JSON.stringify(head)} is malformed`, () => assert.throws(() => read(head), Malformed));
}
