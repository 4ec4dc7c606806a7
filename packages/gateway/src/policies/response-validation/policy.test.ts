import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OperationDefinition, ResponseDefinition } from '../../openapi/definition.ts';
import { api, environment, exchange, operation, preparePolicy } from '../../testing/exchange.ts';
import { responseValidation } from './policy.ts';

const item: ResponseDefinition = {
  headers: [],
  content: {
    'application/json': { type: 'object', required: ['a'], properties: { a: { type: 'integer' } } },
    'image/*': true,
  },
};
const silent: ResponseDefinition = { headers: [], content: undefined };
const json = { 'content-type': 'application/json' };

const usual: OperationDefinition['responses'] = { 200: item, '204': silent, '101': silent };

async function prepare(config: object, responses: OperationDefinition['responses'] | 'none' = usual) {
  const shop = operation('GET /a', { responses: responses === 'none' ? undefined : responses });
  const prepared = await preparePolicy(responseValidation, config, environment({ api: api('shop', [shop]) }));
  for (const _ of prepared.warm!()) {
    // Compiles.
  }
  return { ...prepared, shop };
}

test('replies are held where their content has to be judged', async () => {
  const held = async (config: object, status: number, type: string): Promise<number> => {
    const { needsReply, shop } = await prepare(config);
    return needsReply!(
      shop,
      exchange('GET /a', { operation: shop, status, replyFields: { 'content-type': type } }),
    );
  };
  assert.equal(await held({}, 200, 'application/json'), 262_144);
  assert.equal(await held({ maxSize: '1KiB' }, 200, 'application/json'), 1024);
  assert.equal(await held({}, 206, 'application/json'), 262_144, 'a part of what has to be judged');
  assert.equal(await held({}, 200, 'image/png'), 0);
  assert.equal(await held({}, 200, 'text/event-stream'), 0);
  assert.equal(await held({}, 500, 'application/json'), 0);
  assert.equal(await held({ mode: 'monitor' }, 200, 'application/json'), 0);
  assert.equal(await held({ body: 'report', undeclaredFields: 'report' }, 200, 'application/json'), 0);
});

test('an upgrade is let through where the definition has it', async () => {
  const plain = await prepare({}, { 200: item });
  assert.equal(plain.needsReply!(plain.shop), 262_144);
  const sockets = await prepare({});
  assert.equal(sockets.needsReply!(sockets.shop), 0);
  const image = await prepare({}, { 200: { headers: [], content: { 'image/png': {} } } });
  assert.equal(image.needsReply!(image.shop), 0);
});

test('what has no content is not missing its type', async () => {
  const { response, shop } = await prepare({});
  const verdict = (line: string, status: number, replyFields = {}) =>
    response!(exchange(line, { operation: shop, status, replyFields }))?.kind;
  assert.equal(verdict('HEAD /a', 200), undefined);
  assert.equal(verdict('GET /a', 204), undefined);
  assert.equal(verdict('GET /a', 304), undefined);
  assert.equal(verdict('GET /a', 200, { 'content-length': '0' }), undefined);
  assert.equal(verdict('GET /a', 206, json), undefined);
  assert.equal(verdict('GET /a', 200), 'refuse');
  assert.equal(verdict('GET /a', 500, json), 'refuse');
  const { response: ofOurs } = await prepare({});
  assert.equal(ofOurs!(exchange('GET /a', { operation: shop, status: 500, fromUpstream: false })), undefined);
});

test('what HTTP itself implies is not what `default` says', async () => {
  const strict = { headers: [], content: { 'application/json': { type: 'object' } } } as const;
  const { response, shop } = await prepare({}, { default: strict });
  for (const status of [101, 304])
    assert.equal(response!(exchange('GET /a', { operation: shop, status })), undefined, String(status));
  assert.equal(response!(exchange('GET /a', { operation: shop, status: 200 }))?.kind, 'refuse');
});

test('an operation of which nothing is said answers what it likes', async () => {
  const { response, reply, needsReply, shop } = await prepare({}, 'none');
  const any = exchange('GET /a', { operation: shop, status: 500, replyBody: '{"x":1}', replyFields: json });
  assert.deepEqual([response!(any), reply!(any), needsReply!(shop, any)], [undefined, undefined, 0]);
});

test('in monitor a share of the replies is judged', async () => {
  const { reply, shop } = await prepare({ mode: 'monitor', sample: 0.25 });
  const bad = exchange('GET /a', { operation: shop, replyBody: '{}', replyFields: json });
  const judged = Array.from({ length: 100 }, () => reply!(bad)).filter((verdict) => verdict !== undefined);
  assert.equal(judged.length, 25);
});

test('only what nobody announced counts as strange', async () => {
  const named = { ...item, headers: [] };
  const { response, shop } = await prepare(
    { undeclaredHeaders: 'strip', allowedHeaders: ['X-Mine'] },
    { 200: named },
  );
  const replyFields = {
    ...json,
    etag: '"1"',
    'access-control-allow-origin': '*',
    'x-mine': '1',
    'x-internal-host': 'a',
  };
  const seen = exchange('GET /a', { operation: shop, replyFields });
  assert.deepEqual(response!(seen), {
    kind: 'report',
    problem: 'reply-invalid',
    reason: 'undeclared field x-internal-host',
  });
  assert.deepEqual(
    seen.replyFields.flat.filter((_, i) => i % 2 === 0),
    ['content-type', 'etag', 'access-control-allow-origin', 'x-mine'],
  );
});
