import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer, Refuse } from '../../exchange.ts';
import {
  api,
  type ExchangeParts,
  environment,
  exchange,
  operation,
  preparePolicy,
  type TestExchange,
} from '../../testing/exchange.ts';
import { cors } from './policy.ts';

const shop = 'https://shop.example.com';
const within = environment({ api: api('orders', [operation('GET /orders'), operation('PUT /orders')]) });
const list = { origins: [shop] };

interface Outcome {
  readonly verdict: Refuse | Answer | undefined;
  readonly reply: TestExchange['replyFields'];
}

type Fields = Readonly<Record<string, string | readonly string[]>>;

async function ask(
  config: unknown,
  line: string,
  fields: Fields,
  parts: ExchangeParts = {},
): Promise<Outcome> {
  const prepared = await preparePolicy(cors, config, within);
  const request = exchange(line, { ...parts, fields });
  const verdict = await prepared.head!(request);
  if (verdict?.kind === 'located') assert.fail('no verdict of this policy');
  prepared.response?.(request);
  assert.deepEqual(request.added.flat, [], 'nothing is added before the reply');
  return { verdict, reply: request.replyFields };
}

const preflight = (origin: string): Fields => ({ origin, 'access-control-request-method': 'PUT' });
const exposed = 'x-request-id, ratelimit, ratelimit-policy, retry-after, www-authenticate, dpop-nonce';

test('a page of an allowed origin may read the reply', async () => {
  const { verdict, reply } = await ask(list, 'GET /orders', { origin: shop });
  assert.equal(verdict, undefined);
  assert.deepEqual(reply.flat, [
    'vary',
    'Origin',
    'access-control-allow-origin',
    shop,
    'access-control-expose-headers',
    exposed,
  ]);
});

test('other origins are refused, with nothing granted', async () => {
  for (const origin of [
    'https://evil.example',
    'null',
    '',
    `${shop}.evil.example`,
    'http://shop.example.com',
    'x'.repeat(9000),
  ]) {
    const { verdict, reply } = await ask(list, 'GET /orders', { origin });
    assert.equal((verdict as Refuse).problem, 'origin-refused', origin.slice(0, 50));
    assert.ok(((verdict as Refuse).reason ?? '').length <= 256);
    assert.deepEqual(reply.flat, ['vary', 'Origin']);
  }
});

test('without an origin no page asks', async () => {
  for (const line of ['GET /orders', 'OPTIONS /orders']) {
    const { verdict, reply } = await ask(list, line, { 'access-control-request-method': 'PUT' });
    assert.equal(verdict, undefined);
    assert.deepEqual(reply.flat, ['vary', 'Origin']);
  }
});

test('the page of the API itself may call', async () => {
  const own = 'https://api.example.com';
  assert.equal((await ask(list, 'POST /orders', { origin: own })).verdict, undefined);
  const { verdict, reply } = await ask(list, 'POST /orders', { origin: 'http://api.example.com' });
  assert.equal((verdict as Refuse).problem, 'origin-refused', 'not over plain http');
  assert.equal(reply.has('access-control-allow-origin'), false);
});

test('a preflight is answered', async () => {
  const { verdict, reply } = await ask(list, 'OPTIONS /orders', preflight(shop));
  assert.deepEqual(verdict, {
    kind: 'answer',
    status: 204,
    fields: [
      'access-control-allow-origin',
      shop,
      'access-control-allow-methods',
      'GET, PUT',
      'access-control-max-age',
      '600',
      'access-control-allow-headers',
      'authorization, dpop, content-type, x-api-key',
    ],
  });
  assert.deepEqual(reply.flat, ['vary', 'Origin']);
});

test('the answer to a preflight goes out as it is', async () => {
  const prepared = await preparePolicy(cors, list, within);
  const request = exchange('OPTIONS /orders', {
    fields: preflight(shop),
    replyFields: { 'access-control-allow-origin': shop },
  });
  prepared.response!(request);
  assert.deepEqual(request.replyFields.flat, ['access-control-allow-origin', shop, 'vary', 'Origin']);
});

test('a preflight of another origin is refused, even where requests are not', async () => {
  for (const config of [list, { ...list, refuseOthers: false }]) {
    for (const origin of ['https://evil.example', 'null', 'https://api.example.com']) {
      const { verdict } = await ask(config, 'OPTIONS /orders', preflight(origin));
      assert.equal((verdict as Refuse).problem, 'origin-refused');
    }
  }
});

test('what is asked for does not come back', async () => {
  const fields = {
    ...preflight(shop),
    'access-control-request-method': 'X',
    'access-control-request-headers': 'x-evil',
  };
  const { verdict } = await ask(
    { ...list, methods: ['GET'], requestHeaders: [], maxAge: '90s' },
    'OPTIONS /orders',
    fields,
  );
  assert.deepEqual((verdict as Answer).fields, [
    'access-control-allow-origin',
    shop,
    'access-control-allow-methods',
    'GET',
    'access-control-max-age',
    '90',
  ]);
});

test('where the definition has no such path, the simple methods are named', async () => {
  const { verdict } = await ask(list, 'OPTIONS /nowhere', preflight(shop));
  assert.ok((verdict as Answer).fields.includes('GET, HEAD, POST'));
});

test('others can be left to the browser, which is told nothing', async () => {
  const { verdict, reply } = await ask({ ...list, refuseOthers: false }, 'GET /orders', {
    origin: 'https://evil.example',
  });
  assert.equal(verdict, undefined);
  assert.deepEqual(reply.flat, ['vary', 'Origin']);
});

test('what the upstream grants does not count', async () => {
  const replyFields = {
    'access-control-allow-origin': '*',
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': '*',
    vary: 'Accept',
  };
  const other = await ask(
    { ...list, refuseOthers: false },
    'GET /orders',
    { origin: 'https://evil.example' },
    { replyFields },
  );
  assert.deepEqual(other.reply.flat, ['vary', 'Accept', 'vary', 'Origin']);
  const allowed = await ask(list, 'GET /orders', { origin: shop }, { replyFields });
  assert.deepEqual(allowed.reply.getAll('access-control-allow-origin'), [shop]);
  assert.equal(allowed.reply.has('access-control-allow-credentials'), false);
});

test('credentials', async () => {
  const config = { origins: [shop, 'https://*.example.org'], credentials: true };
  const { reply } = await ask(config, 'GET /orders', { origin: 'https://a.example.org' });
  assert.equal(reply.get('access-control-allow-origin'), 'https://a.example.org');
  assert.equal(reply.get('access-control-allow-credentials'), 'true');
  await assert.rejects(preparePolicy(cors, { origins: ['*'], credentials: true }), /cannot be combined/);
  await assert.rejects(
    preparePolicy(cors, { origins: [shop, '*'], credentials: true }),
    /cannot be combined/,
  );
});

test('everybody means everybody, without credentials', async () => {
  for (const origin of ['https://a.example', 'null']) {
    const { verdict, reply } = await ask({ origins: ['*'] }, 'GET /orders', { origin });
    assert.equal(verdict, undefined);
    assert.deepEqual(reply.flat, [
      'access-control-allow-origin',
      '*',
      'access-control-expose-headers',
      exposed,
    ]);
  }
});

test('monitor grants nothing and leaves what the upstream grants', async () => {
  const prepared = await preparePolicy(cors, { ...list, mode: 'monitor' }, within);
  assert.deepEqual(Object.keys(prepared), ['head']);
  const refused = await prepared.head!(
    exchange('GET /orders', { fields: { origin: 'https://evil.example' } }),
  );
  assert.ok(refused?.kind === 'refuse');
});

test('origins are written as browsers send them', async () => {
  const wrong = [
    'null',
    'shop.example.com',
    `${shop}/`,
    'https://Shop.example.com',
    `${shop}:443`,
    'http://a.example:80',
    'https://*',
    'https://a.*.com',
    'https://a*.example.com',
    'ftp://a.example',
    `${shop}\n`,
    'https://*.*.com',
  ];
  for (const origin of wrong) await assert.rejects(preparePolicy(cors, { origins: [origin] }), origin);
  for (const origin of ['http://localhost:3000', 'https://a.example:8443', 'http://a.example:443']) {
    await preparePolicy(cors, { origins: [origin] });
  }
});
