import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { generate } from 'selfsigned';
import { parse } from 'yaml';
import { ShopDatabase } from './database.ts';
import { demoClient, demoUsers } from './demo-users.ts';
import { FormBrowser, isLoopback } from './form-browser.ts';
import { shopRoutes } from './server.ts';
import { type ShopUnderTest, startShop } from './test-shop.ts';
import { fetchToken } from './token.ts';

interface Media {
  readonly schema: object;
  readonly example?: unknown;
}
interface Operation {
  readonly operationId: string;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<
    Record<string, { readonly $ref?: string; readonly content?: Record<string, Media> }>
  >;
}
interface Definition {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly responses: Operation['responses'] };
}

const definition: Definition = parse(readFileSync(join(import.meta.dirname, 'openapi.yaml'), 'utf8'));
const internal: Definition = parse(readFileSync(join(import.meta.dirname, 'internal.openapi.yaml'), 'utf8'));

/** `METHOD /template` to operation. */
function operationsOf({ paths }: Definition): Map<string, Operation> {
  const found = new Map<string, Operation>();
  for (const [path, item] of Object.entries(paths))
    for (const method of ['get', 'post', 'patch', 'delete'])
      if (item[method]) found.set(`${method.toUpperCase()} ${path}`, item[method]);
  return found;
}

/** Throws with the places where `value` breaks a schema of the public definition. */
function assertValid(schema: object, value: unknown): void {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const check = ajv.compile({ ...schema, components: definition.components });
  assert.ok(check(value), ajv.errorsText(check.errors));
}

const newBook = {
  title: 'The Blazing World',
  author: 'Margaret Cavendish',
  year: 1666,
  genre: 'science-fiction',
  isbn: '9789000010004',
  price: 1150,
};
const review = { customerId: 'cus_1003', rating: 5, text: "I'd read it again; it's that good." };
const order = { customerId: 'cus_1001', items: [{ bookId: 26, quantity: 2 }] };

/** In this order. Every honest use of the definition, with the status it has. */
const honest: readonly (readonly [string, string, string, number, unknown?])[] = [
  ['GET /books', 'GET', '/books', 200],
  ['GET /books', 'GET', '/books?page=2&limit=5&genre=novel&sort=-year', 200],
  ['GET /books/{id}', 'GET', '/books/26', 200],
  ['GET /books/{id}', 'GET', '/books/9999', 404],
  ['GET /books/{id}/reviews', 'GET', '/books/1/reviews?limit=1', 200],
  ['GET /books/{id}/reviews', 'GET', '/books/9999/reviews', 404],
  ['POST /books/{id}/reviews', 'POST', '/books/14/reviews', 201, review],
  ['POST /books/{id}/reviews', 'POST', '/books/14/reviews', 422, { ...review, customerId: 'cus_9999' }],
  ['GET /books/{id}/reviews.html', 'GET', '/books/14/reviews.html', 200],
  ['GET /search', 'GET', '/search?q=whale', 200],
  ['GET /search', 'GET', "/search?q=d'Urbervilles", 200],
  ['GET /customers', 'GET', '/customers?limit=100', 200],
  ['GET /customers/{customerId}', 'GET', '/customers/cus_1003', 200],
  ['GET /customers/{customerId}', 'GET', '/customers/cus_9999', 404],
  [
    'PATCH /customers/{customerId}',
    'PATCH',
    '/customers/cus_1003',
    200,
    { name: "Siobhán O'Brien-Ní Shúilleabháin" },
  ],
  [
    'PATCH /customers/{customerId}',
    'PATCH',
    '/customers/cus_1001',
    200,
    { city: 'Guildford', newsletter: false },
  ],
  ['PATCH /customers/{customerId}', 'PATCH', '/customers/cus_9999', 404, { city: 'Guildford' }],
  ['GET /orders', 'GET', '/orders?customerId=cus_1001', 200],
  ['POST /orders', 'POST', '/orders', 201, order],
  ['POST /orders', 'POST', '/orders', 409, { ...order, items: [{ bookId: 40, quantity: 50 }] }],
  ['POST /orders', 'POST', '/orders', 422, { ...order, items: [{ bookId: 9999, quantity: 1 }] }],
  ['GET /orders/{orderId}', 'GET', '/orders/ord_5001', 200],
  ['GET /orders/{orderId}', 'GET', '/orders/ord_9999', 404],
  ['DELETE /orders/{orderId}', 'DELETE', '/orders/ord_5002', 204],
  ['DELETE /orders/{orderId}', 'DELETE', '/orders/ord_5002', 404],
  ['POST /books', 'POST', '/books', 201, newBook],
  ['POST /books', 'POST', '/books', 409, newBook],
  ['DELETE /books/{id}', 'DELETE', '/books/65', 204],
  ['DELETE /books/{id}', 'DELETE', '/books/65', 404],
  ['GET /v1/books', 'GET', '/v1/books', 200],
  ['GET /v1/customers/{id}', 'GET', '/v1/customers/cus_9999', 404],
];

describe('the bookshop', () => {
  let shop: ShopUnderTest;
  before(async () => {
    shop = await startShop();
  });
  after(async () => {
    assert.equal(await shop.stop(), 0);
  });

  for (const [name, method, path, status, body] of honest)
    it(`${method} ${path} answers ${status} as defined`, async () => {
      const operation = operationsOf(definition).get(name);
      assert.ok(operation, `${name} is not in openapi.yaml`);
      if (body !== undefined)
        assertValid(operation.requestBody?.content['application/json']?.schema ?? {}, body);
      const answer = await shop.send(method, path, body);
      assert.equal(answer.status, status, answer.text);
      const declared = operation.responses[String(status)];
      assert.ok(declared, `${status} is not defined`);
      const { content } = declared.$ref
        ? (definition.components?.responses[declared.$ref.slice(23)] ?? {})
        : declared;
      const type = answer.headers.get('content-type')?.split(';')[0];
      if (!content) return assert.equal(answer.text, '');
      const media = content[type ?? ''];
      assert.ok(media, `${type} is not defined for ${status}`);
      assertValid(media.schema, type === 'text/html' ? answer.text : JSON.parse(answer.text));
    });

  it('tries every operation of openapi.yaml', () => {
    assert.deepEqual(
      [...new Set(honest.map(([name]) => name))].sort(),
      [...operationsOf(definition).keys()].sort(),
    );
  });

  it('has exactly the operations of its two definitions', () => {
    const routes = shopRoutes(new ShopDatabase(':memory:'));
    const defined = [...operationsOf(definition).keys(), ...operationsOf(internal).keys()];
    assert.deepEqual(Object.keys(routes).sort(), defined.sort());
  });

  it('has examples that keep to their schemas', () => {
    for (const { requestBody } of operationsOf(definition).values()) {
      const media = requestBody?.content['application/json'];
      if (media) assertValid(media.schema, media.example);
    }
  });

  it('leaves only the catalogue open', () => {
    const open = [...operationsOf(definition)].filter(([, { security }]) => security?.length === 0);
    assert.deepEqual(open.map(([name]) => name).sort(), ['GET /books', 'GET /books/{id}']);
    for (const [name, { security }] of operationsOf(definition))
      if (security?.length !== 0) assert.equal(security?.flatMap(Object.values).flat().length, 2, name);
  });

  it('sorts, filters and pages', async () => {
    const { text } = await shop.send('GET', '/books?genre=gothic&sort=-year&limit=2&page=2');
    const { items, total } = JSON.parse(text);
    assert.deepEqual(
      items.map((book: { year: number }) => book.year),
      [1890, 1886],
    );
    assert.equal(total, 6);
  });

  it('prices an order with the discount of the customer', async () => {
    const { text, headers } = await shop.send('POST', '/orders', order);
    const { id, total, status } = JSON.parse(text);
    assert.deepEqual([total, status], [2565, 'placed']); // 2 x 1350, less 5 %
    assert.equal(headers.get('location'), `/orders/${id}`);
  });

  it('knows 404 from 405', async () => {
    assert.equal((await shop.send('GET', '/nothing')).status, 404);
    const { status, headers } = await shop.send('PUT', '/books/1');
    assert.deepEqual([status, headers.get('allow')], [405, 'GET, DELETE']);
  });

  it('serves its internal part', async () => {
    assert.deepEqual(JSON.parse((await shop.send('GET', '/internal/health')).text), { status: 'ok' });
    assert.match((await shop.send('GET', '/internal/metrics')).text, /^bookshop_customers 9$/m);
    assert.equal((await shop.send('POST', '/internal/reindex')).status, 200);
  });

  for (const [name, { id, email }] of Object.entries(demoUsers))
    it(`has ${name} among its customers`, async () => {
      assert.equal(JSON.parse((await shop.send('GET', `/customers/${id}`)).text).email, email);
    });

  it('is asked for the scopes that its definition has', () => {
    const needed = [...operationsOf(definition).values()].flatMap(({ security = [] }) =>
      security.flatMap((each) => Object.values(each).flat()),
    );
    assert.deepEqual([...demoClient.scopes].sort(), [...new Set(needed)].sort());
  });
});

describe('token.ts', () => {
  const script = join(import.meta.dirname, 'token.ts');
  const run = promisify(execFile);

  it('says who there is', async () => {
    await assert.rejects(run(process.execPath, [script, '--user', 'mallory']), /use alice, bob or admin/);
  });

  it('gives a password to https only, or to this machine', async () => {
    await assert.rejects(
      run(process.execPath, [script, '--issuer', 'http://bookshop.example/oauth']),
      /https only/,
    );
  });

  it('passes on why there is no token', async () => {
    const page = '<form action="/x"></form><p role="alert" id="a">Wrong password.</p>';
    const origin = await serve((method) => (method === 'GET' ? page : page.replace('/x', '/y')));
    const attempt = fetchToken({ issuer: `${origin}/oauth`, scopes: [] }, demoUsers.bob);
    await assert.rejects(attempt, /answered 200: Wrong password\./);
  });
});

describe('FormBrowser', () => {
  it('takes a self-signed certificate from this machine, reads forms and keeps to one origin', async () => {
    const form =
      '<form method="post" action="/in?a=1&#38;b=2"><input name="t" value="&#60;x&#62;"><input name="u"></form>';
    const browser = new FormBrowser(
      await serve((method, url, body) => (method === 'GET' ? form : `${url} ${body}`)),
    );
    const page = await browser.visit('/');
    assert.deepEqual(page.forms[0]?.values, { t: '<x>', u: '' });
    const sent = await browser.submit(page.forms[0]!, { u: 'ü' });
    assert.equal(sent.text, '/in?a=1&b=2 t=%3Cx%3E&u=%C3%BC');
  });
});

/** A server with somebody else's certificate, which ends with the tests. */
async function serve(answer: (method: string, url: string, body: string) => string): Promise<string> {
  const pems = await generate([{ name: 'commonName', value: 'somebody else' }]);
  const server = createServer({ key: pems.private, cert: pems.cert }, (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => response.end(answer(request.method ?? '', request.url ?? '', body)));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('isLoopback', () => {
  for (const [host, expected] of [
    ['localhost', true],
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['[::1]', true],
    ['localhost.example.com', false],
    ['127.0.0.1.example.com', false],
    ['128.0.0.1', false],
    ['[::2]', false],
  ] as const)
    it(`${host}: ${expected}`, () => assert.equal(isLoopback(host), expected));
});
