import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { refuse } from '../exchange.ts';
import { JsonFault } from '../http/json.ts';
import { definePolicy } from '../policy.ts';
import { api, environment, exchange, operation, preparePolicy, principal } from './exchange.ts';

test('an exchange is what its line and parts say', () => {
  const request = exchange('PUT /orders/7?page=2?x', {
    authority: 'shop.example.com:8443',
    fields: { 'X-A': ['1', '2'], accept: '*/*' },
    clientAddress: '192.0.2.1',
    body: { lines: [] },
  });
  assert.equal(request.method, 'PUT');
  assert.equal(request.path, '/orders/7');
  assert.equal(request.query, 'page=2?x');
  assert.equal(request.host, 'shop.example.com');
  assert.deepEqual(request.fields.flat, ['x-a', '1', 'x-a', '2', 'accept', '*/*']);
  assert.equal(request.peerAddress, '192.0.2.1');
  assert.equal(request.hasBody, true);
  assert.deepEqual(request.json(), { lines: [] });
  assert.equal(exchange().hasBody, false);
  assert.throws(() => exchange('POST /', { body: '{' }).json(), JsonFault);
});

test('what policies add is kept', () => {
  const request = exchange();
  request.addReplyField('a', '1');
  request.addReplyField('a', '2');
  request.setReplyField('a', '3');
  request.note('plan', 'gold');
  assert.deepEqual(request.added.flat, ['a', '3']);
  assert.equal(request.addedReplyField('a'), '3');
  assert.deepEqual(request.notes, { plan: 'gold' });
});

test('an environment keeps what is said and moves its clock', () => {
  const within = environment({ api: api('orders', [operation('GET /orders/{id}')]) });
  const before = within.now();
  within.advance(1_500);
  assert.equal(within.now() - before, 1_500);
  assert.equal(within.counters.now() / 1000, within.now());
  within.warn('a');
  within.openLog('stdout')('line\n');
  assert.deepEqual([within.warnings, within.logs, within.lines], [['a'], ['stdout'], ['line\n']]);
  let closed = 0;
  within.onClose(() => closed++);
  within.close();
  within.close();
  assert.equal(closed, 1);
  assert.deepEqual(within.api?.operations?.[0]?.parameterNames, ['id']);
  assert.deepEqual(within.api?.allowedMethods('/orders/{id}'), ['GET']);
});

test('a policy is prepared as the gateway does it', async () => {
  const plans = definePolicy({
    name: 'plans',
    summary: 'An example.',
    phase: 'authorize',
    schema: z.strictObject({ plan: z.string().default('gold') }),
    problems: ['custom'],
    onFault: 'refuse',
    prepare: ({ plan }) => ({
      authorize: ({ principal: who }) =>
        who?.claims.plan === plan ? undefined : refuse('custom', { reason: plan }),
    }),
  });
  const { authorize } = await preparePolicy(plans, {});
  assert.equal(
    await authorize!(exchange('GET /', { principal: principal({ claims: { plan: 'gold' } }) })),
    undefined,
  );
  assert.deepEqual(await authorize!(exchange()), refuse('custom', { reason: 'gold' }));
  await assert.rejects(preparePolicy(plans, { plans: 'gold' }), z.ZodError);
});
