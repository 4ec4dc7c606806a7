import assert from 'node:assert/strict';
import { test } from 'node:test';
import { api, environment, exchange, operation, preparePolicy } from '../../testing/exchange.ts';
import { accessLog } from './policy.ts';

const destinations: readonly [config: unknown, log: string][] = [
  [{}, 'stdout'],
  [{ to: 'stdout' }, 'stdout'],
  [{ to: { file: 'access.log' } }, 'file:/etc/portcullis/access.log'],
  [{ to: { file: '/var/log/access.log' } }, 'file:/var/log/access.log'],
];

for (const [config, log] of destinations) {
  test(`${JSON.stringify(config)} writes to ${log}`, async () => {
    const within = environment();
    const { record } = await preparePolicy(accessLog, config, within);
    assert.equal(record!(exchange('GET /orders')), undefined);
    assert.deepEqual(within.logs, [log]);
    assert.equal(within.lines.length, 1);
    assert.equal((JSON.parse(within.lines[0]!) as { path: string }).path, '/orders');
  });
}

test('what is written can be chosen', async () => {
  const reset = operation('GET /reset/{coupon}');
  const within = environment({ api: api('shop', [reset]) });
  const { record } = await preparePolicy(
    accessLog,
    { query: 'names', redact: ['coupon'], userAgent: false },
    within,
  );
  record!(
    exchange('GET /reset/s3cret?page=s3cret', {
      operation: reset,
      pathValues: ['s3cret'],
      fields: { 'user-agent': 's3cret' },
    }),
  );
  assert.doesNotMatch(within.lines[0]!, /s3cret/);
  assert.match(within.lines[0]!, /"path":"\/reset\/\*\*\*","query":"page=\*\*\*"/);
});

test('credentials in the query are hidden whatever their parameter is called', async () => {
  const oauth2 = { issuer: 'https://id.example.com', audience: 'a', token: { query: 't' } };
  const within = environment({
    authenticators: { partners: { apiKey: { query: 'partner' } }, people: { oauth2 } },
  });
  const { record } = await preparePolicy(accessLog, {}, within);
  record!(exchange('GET /?partner=s3cret&%70artner=s3cret&PARTNER=s3cret&t=s3cret&page=2&partners=3'));
  assert.match(
    within.lines[0]!,
    /"query":"partner=\*\*\*&%70artner=\*\*\*&PARTNER=\*\*\*&t=\*\*\*&page=2&partners=3"/,
  );
});

test('it runs unasked, and a fault of it refuses nobody', () => {
  assert.deepEqual(accessLog.byDefault?.({ hasDefinition: false } as never), {});
  assert.equal(accessLog.onFault, 'continue');
});
