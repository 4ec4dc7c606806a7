import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo, type Server } from 'node:net';
import { after, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { Gateway } from '../../gateway.ts';
import { takeIn } from '../../intake.ts';
import { LiveExchange } from '../../live-exchange.ts';
import { connectionOf } from '../connections.ts';
import type { Inbound } from '../inbound.ts';
import { Listener } from '../listener.ts';
import { StallWatch } from '../stall-watch.ts';
import { Http1Session, type SessionHost } from './session.ts';

/**
 * Our parser against Node's: whatever ours lets pass, Node's reads in the same way. So a request that gets through is
 * not ambiguous between the two, and ours is never the more lenient one. Requests are good ones with some bytes changed.
 */

/** One reading of the bytes of a connection: each request that was let pass. */
type Reading = readonly (readonly [method: string, target: string, fields: string, body: string])[];

let ours: [string, string, string, string][] = [];
let theirs: [string, string, string, string][] = [];
const listener = new Listener({ name: 'http', isInternal: false, redirectPort: undefined, tls: undefined });
const gateway = { planForNobody: {}, abandon() {} } as unknown as Gateway;

function serve(inbound: Inbound): void {
  const exchange = new LiveExchange(inbound, gateway);
  if (takeIn(exchange) !== undefined) {
    inbound.closeAfter();
    inbound.respond(400, ['content-length', '0'], undefined);
    return;
  }
  let body = '';
  const read = (): void => {
    ours.push([inbound.method, inbound.rawTarget, inbound.rawFields.join('\n'), body]);
    inbound.respond(200, ['content-length', '0'], undefined);
  };
  if (!inbound.hasBody) return read();
  inbound.body().setEncoding('latin1');
  inbound
    .body()
    .on('data', (text: string) => {
      body += text;
    })
    .on('end', read);
}

const host: SessionHost = {
  stalls: new StallWatch(),
  headTimeout: 60_000,
  idleTimeout: 60_000,
  keepAliveLine: '',
  maxHeadSize: 65_536,
  draining: false,
  serve,
  refuse: (inbound) => inbound.respond(400, ['content-length', '0'], undefined),
  clientError() {},
};
const mine = net.createServer((socket) => {
  new Http1Session(connectionOf(socket, listener), host, performance.now());
});
const nodes = http.createServer({ requireHostHeader: false }, (request, reply) => {
  let body = '';
  request.setEncoding('latin1').on('data', (text: string) => {
    body += text;
  });
  request.on('end', () => {
    theirs.push([request.method ?? '', request.url ?? '', request.rawHeaders.join('\n'), body]);
    reply.end();
  });
});

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => server.close());
  return (server.address() as AddressInfo).port;
}
const [port, nodesPort] = [await listen(mine), await listen(nodes)];

/** Sends the bytes, and ends when nothing more comes back: whoever waits for further bytes shall not wait for ever. */
async function send(to: number, bytes: string, quiet: number): Promise<void> {
  const socket = net.connect({ port: to, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  const end = setTimeout(() => socket.end(), quiet);
  socket.on('data', () => end.refresh());
  socket.write(bytes, 'latin1');
  await once(socket, 'end').catch(() => {});
  clearTimeout(end);
  socket.destroy();
}

/** @returns how many requests ours let pass */
async function compare(bytes: string, quiet: number): Promise<number> {
  ours = [];
  theirs = [];
  await Promise.all([send(port, bytes, quiet), send(nodesPort, bytes, quiet)]);
  const passed: Reading = ours;
  if (isDeepStrictEqual(passed, theirs.slice(0, passed.length))) return passed.length;
  // On a busy machine the end may have overtaken a reading: with more time there is no such excuse.
  if (quiet < patience) return compare(bytes, patience);
  assert.deepEqual(passed, theirs.slice(0, passed.length), JSON.stringify(bytes));
  return passed.length;
}

/** Milliseconds. */
const patience = 2_000;

const templates: readonly string[] = [
  'GET /a?b=c HTTP/1.1\r\nHost: a\r\nX-Y: z\r\n\r\n',
  'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
  'POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nT: u\r\n\r\n',
  'PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nabcGET /b HTTP/1.1\r\nHost: a\r\n\r\n',
  'POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n',
];
const inserted = [
  '\r',
  '\n',
  '\r\n',
  ' ',
  '\t',
  ':',
  ';',
  ',',
  '0',
  '1',
  'a',
  '\x00',
  '\x0b',
  '\x7f',
  '\x80',
  '\xff',
  '"',
  '/',
];
const change = fc.record({
  at: fc.nat(200),
  removed: fc.nat(2),
  text: fc.oneof(fc.constant(''), fc.constantFrom(...inserted)),
});

test('what ours lets pass, Node reads in the same way', async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...templates),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      async (template, changes) => {
        let bytes = template;
        for (const { at, removed, text } of changes) {
          const place = at % (bytes.length + 1);
          bytes = bytes.slice(0, place) + text + bytes.slice(place + removed);
        }
        compared += await compare(bytes, 5);
      },
    ),
    { numRuns: Number(process.env['DIFFERENTIAL_RUNS'] ?? 500) },
  );
  assert.ok(compared > 50, 'many changes leave a request that is a request');
});
