import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Malformed } from '../../http/malformed.ts';
import { keptTrailers, type ReplyHead, readReplyHead } from './reply-head.ts';

function read(text: string, method = 'GET'): ReplyHead {
  const bytes = Buffer.from(`xx${text}\r\n\r\n`, 'latin1');
  return readReplyHead(bytes, 2, bytes.length - 4, method);
}

const ok = 'HTTP/1.1 200 OK';

const content: readonly [head: string, method: string, expected: ReplyHead['content']][] = [
  [`${ok}\r\nContent-Length: 5`, 'GET', 5],
  [`${ok}\r\nContent-Length: 5`, 'HEAD', 0],
  [`${ok}\r\nTransfer-Encoding: chunked`, 'GET', 'chunked'],
  [`${ok}\r\nTransfer-Encoding: Chunked `, 'POST', 'chunked'],
  [`${ok}\r\nTransfer-Encoding: chunked`, 'HEAD', 0],
  [ok, 'GET', 'until-close'],
  ['HTTP/1.0 200 OK', 'GET', 'until-close'],
  ['HTTP/1.1 204 No\r\nContent-Length: 5', 'GET', 0],
  ['HTTP/1.1 304 No\r\nContent-Length: 5', 'GET', 0],
  ['HTTP/1.1 103 Early\r\nContent-Length: 5', 'GET', 0],
  ['HTTP/1.1 200', 'GET', 'until-close'],
  ['HTTP/1.1 200 ', 'GET', 'until-close'],
];
for (const [head, method, expected] of content) {
  test(`content of ${JSON.stringify(head)} to ${method}: ${expected}`, () =>
    assert.equal(read(head, method).content, expected));
}

const persistence: readonly [head: string, milliseconds: number][] = [
  [`${ok}\r\nContent-Length: 0`, 30_000],
  [`${ok}\r\nContent-Length: 0\r\nConnection: close`, 0],
  [`${ok}\r\nContent-Length: 0\r\nConnection: x, Close`, 0],
  [`${ok}\r\nContent-Length: 0\r\nConnection: x\r\nConnection: close`, 0],
  [`${ok}\r\nContent-Length: 0\r\nKeep-Alive: timeout=5, max=100`, 4_000],
  [`${ok}\r\nContent-Length: 0\r\nKeep-Alive: max=9, timeout=1`, 0],
  [`${ok}\r\nContent-Length: 0\r\nKeep-Alive: timeout=99999`, 30_000],
  [`${ok}\r\nContent-Length: 0\r\nKeep-Alive: nonsense`, 30_000],
  ['HTTP/1.0 200 OK\r\nContent-Length: 0', 0],
  ['HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive', 30_000],
  [ok, 0],
];
for (const [head, milliseconds] of persistence) {
  test(`${JSON.stringify(head)} may be used again for ${milliseconds} ms`, () =>
    assert.equal(read(head).reusable, milliseconds));
}

test('fields of the connection, and those that it names, stay behind', () => {
  const { fields } = read(
    `${ok}\r\nConnection: X-Hop, content-length\r\nX-HOP: 1\r\nContent-Length: 0\r\nSet-Cookie: a\r\nset-cookie: b\r\n` +
      'Keep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\nTrailer: x\r\nUpgrade: h2c',
  );
  assert.deepEqual(fields, ['content-length', '0', 'set-cookie', 'a', 'set-cookie', 'b']);
});

test('a switch says what to', () => {
  const head = read('HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: WebSocket');
  assert.deepEqual([head.status, head.upgrade, head.content], [101, 'websocket', 0]);
});

const bad: readonly string[] = [
  '',
  'HTTP/1.1',
  'HTTP/1.1 20',
  'HTTP/1.1  200 OK',
  'HTTP/1.1\t200 OK',
  'HTTP/1.2 200 OK',
  'HTTP/2.0 200 OK',
  'http/1.1 200 OK',
  'HTTP/1.1 2000 OK',
  'HTTP/1.1 2x0 OK',
  'HTTP/1.1 099 OK',
  'HTTP/1.1 600 OK',
  'HTTP/1.1 200-OK',
  'HTTP/1.1 200 O\x00K',
  'HTTP/1.1 200 OK\rX: y',
  `${ok}\r\nContent-Length: 5\r\nContent-Length: 5`,
  `${ok}\r\nContent-Length: 5, 5`,
  `${ok}\r\nContent-Length: five`,
  `${ok}\r\nContent-Length:`,
  `${ok}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked`,
  `${ok}\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked`,
  `${ok}\r\nTransfer-Encoding: gzip, chunked`,
  `${ok}\r\nTransfer-Encoding: identity`,
  'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked',
  `${ok}\r\nX : y`,
  `${ok}\r\n X: y`,
  `${ok}\r\nX: y\r\n z`,
];
for (const head of bad) {
  test(`${JSON.stringify(head)} is no reply`, () => assert.throws(() => read(head), Malformed));
}

test('trailers that would frame or route are left out', () => {
  assert.deepEqual(
    keptTrailers([
      'Grpc-Status',
      '0',
      'Content-Length',
      '5',
      'Transfer-Encoding',
      'x',
      'Set-Cookie',
      'a',
      'Host',
      'b',
    ]),
    ['grpc-status', '0'],
  );
});
