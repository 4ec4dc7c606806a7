import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { api, type ExchangeParts, exchange, operation, principal } from '../../testing/exchange.ts';
import { isoTime, recordLine } from './line.ts';
import { compileRedaction } from './redaction.ts';

const get = operation('GET /orders/{id}', { id: 'getOrder' });
const orders = api('orders', [get]);
const redaction = compileRedaction({ query: 'redacted', further: [], basePath: '', operations: [get] });

function written(line: string, parts: ExchangeParts = {}): Record<string, unknown> {
  const text = recordLine(exchange(line, parts), redaction, true);
  assert.match(text, /^[\x20-\x7e]*\n$/, 'one line of ASCII');
  return JSON.parse(text) as Record<string, unknown>;
}

test('a full record', () => {
  const record = written('GET /orders/7?page=2&token=s3cret', {
    clientAddress: '192.0.2.1',
    peerAddress: '10.0.0.1',
    api: orders,
    operation: get,
    pathValues: ['7'],
    principal: principal({ client: 'app' }),
    status: 403,
    refusal: { policy: 'authorization', problem: 'role-insufficient', reason: 'needs one of admin' },
    observations: [{ policy: 'cors', problem: 'origin-refused', reason: undefined }],
    notes: { plan: 'gold', attempt: 2, beta: true, tags: ['a', 'b'] },
    duration: 1.23456,
    replyBytes: 300,
    upstream: { target: 'http://10.0.0.9:3000', attempts: 2, status: 200, duration: 0.5, error: undefined },
    aborted: true,
    fields: { 'user-agent': 'curl/8' },
  });
  assert.deepEqual(record, {
    time: '2023-11-14T22:13:20.000Z',
    id: '00000000000000000000000000000001',
    traceId: '0000000000000000000000000000000a',
    client: '192.0.2.1',
    peer: '10.0.0.1',
    method: 'GET',
    scheme: 'https',
    host: 'api.example.com',
    path: '/orders/7',
    query: 'page=2&token=***',
    version: '1.1',
    api: 'orders',
    operation: 'getOrder',
    status: 403,
    duration: 1.235,
    requestBytes: 0,
    replyBytes: 300,
    aborted: true,
    principal: { authenticator: 'customers', subject: 'alice', client: 'app' },
    refusal: { policy: 'authorization', problem: 'role-insufficient', reason: 'needs one of admin' },
    observed: [{ policy: 'cors', problem: 'origin-refused' }],
    upstream: { target: 'http://10.0.0.9:3000', status: 200, duration: 0.5, attempts: 2 },
    userAgent: 'curl/8',
    notes: { plan: 'gold', attempt: 2, beta: true, tags: ['a', 'b'] },
  });
});

test('a short record', () => {
  const record = written('GET /', {
    upstream: {
      target: 'http://a',
      attempts: 1,
      status: undefined,
      duration: undefined,
      error: 'ECONNREFUSED',
    },
  });
  assert.equal(record.api, null);
  assert.equal(record.operation, null);
  assert.deepEqual(record.upstream, { target: 'http://a', error: 'ECONNREFUSED' });
  for (const name of ['peer', 'query', 'principal', 'refusal', 'observed', 'notes', 'userAgent', 'aborted']) {
    assert.equal(Object.hasOwn(record, name), false, name);
  }
});

const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl';
const key = 'pck_0123456789abcdefghijABCDEFGH';

test('no credential is in a line, wherever it was put', () => {
  const refusal = { policy: 'p', problem: 'custom', reason: `query ${jwt} unknown` } as const;
  for (const secret of [jwt, key]) {
    const text = recordLine(
      exchange(`GET /${secret}?${secret}&a=${secret}&token=x`, {
        fields: {
          authorization: `Bearer ${secret}`,
          'x-api-key': secret,
          cookie: `sid=${secret}`,
          'user-agent': secret,
          referer: secret,
        },
        principal: principal({ claims: { password: secret } }),
        refusal: { ...refusal, reason: `query ${secret} unknown` },
        observations: [{ ...refusal, reason: secret }],
        notes: { a: secret, b: ['x', secret] },
        body: secret,
      }),
      redaction,
      true,
    );
    assert.ok(!text.includes(secret), text);
  }
});

test('no value forges a line or a member', () => {
  const evil = '"}\r\n{"status":200,"id":"forged\u2028\u2029\u0085\u001b[2J\u009b\u202e';
  const record = written('GET /', {
    authority: evil,
    id: evil,
    fields: { 'user-agent': evil },
    principal: principal({ subject: evil, client: evil }),
    refusal: { policy: 'p', problem: 'custom', reason: evil },
    notes: { [evil]: evil },
    status: 403,
  });
  assert.equal(record.status, 403);
  assert.equal(record.userAgent, evil);
  assert.deepEqual(record.notes, { [evil]: evil });
});

const text = fc.oneof(
  fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), maxLength: 3000 }),
  fc.constantFrom('\u2028'.repeat(3000), '"'.repeat(3000), '\u0000'.repeat(9000)),
);

test('a line is one line of JSON, and of bounded length, whatever the exchange', () => {
  fc.assert(
    fc.property(text, text, fc.double(), fc.array(text, { maxLength: 60 }), (one, other, number, list) => {
      const line = recordLine(
        exchange('GET /', {
          id: one,
          authority: other,
          traceId: one,
          clientAddress: one,
          peerAddress: other,
          api: api(one),
          operation: operation('GET /', { id: other }),
          status: number,
          duration: number,
          requestBytes: number,
          replyBytes: number,
          principal: principal({ subject: one, client: other }),
          refusal: { policy: one, problem: 'custom', reason: other },
          observations: list.map((reason) => ({ policy: one, problem: 'custom', reason })),
          notes: Object.fromEntries(list.map((each, i) => [`${i}${each}`, i % 2 === 0 ? each : list])),
          fields: { 'user-agent': one },
          upstream: { target: one, attempts: 2, status: number, duration: number, error: other },
        }),
        redaction,
        true,
      );
      assert.match(line, /^[\x20-\x7e]*\n$/);
      assert.equal(typeof JSON.parse(line), 'object');
      assert.ok(line.length < 2_000_000);
    }),
    { numRuns: 50 },
  );
});

test('what a caller alone can send makes a line of 60 KB at most', () => {
  const worst = '\u0001'.repeat(20_000);
  const line = recordLine(
    exchange(`GET /${'%01'.repeat(5000)}?${'%01'.repeat(5000)}`, {
      authority: worst,
      id: worst,
      fields: { 'user-agent': worst },
      principal: principal({ subject: worst, client: worst }),
      refusal: { policy: 'p', problem: 'custom', reason: worst },
      observations: new Array(5).fill({ policy: 'p', problem: 'custom', reason: worst }),
    }),
    redaction,
    true,
  );
  assert.ok(line.length < 60_000, String(line.length));
});

test('times are those of Date', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1_000_000_000_000, max: 8_000_000_000_000 })), (times) => {
      for (const each of times) assert.equal(isoTime(each), new Date(each).toISOString());
    }),
  );
  assert.equal(isoTime(1.9), '1970-01-01T00:00:00.001Z');
});
