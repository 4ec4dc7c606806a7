import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startBookshop } from '../harness/bookshop.ts';
import { type CurlReply, curl } from '../harness/curl.ts';
import { portcullis, repository } from '../harness/program.ts';

const { gateway, token } = await startBookshop({ after });

function send(method: string, path: string, fields: readonly string[], body?: unknown): Promise<CurlReply> {
  const content =
    body === undefined ? [] : ['-H', 'content-type: application/json', '-d', JSON.stringify(body)];
  return curl(
    '-X',
    method,
    ...fields.flatMap((field) => ['-H', field]),
    ...content,
    `${gateway.https}${path}`,
  );
}

async function makeKey(...args: readonly string[]): Promise<string> {
  const { code, out, err } = await portcullis(['key', 'create', '--name', 'test', ...args], {
    cwd: gateway.folder,
  });
  assert.equal(code, 0, err);
  return `x-api-key: ${/^key +(\S+)$/m.exec(out)![1]!}`;
}

const callers = {
  nobody: [],
  alice: [`authorization: Bearer ${await token('alice')}`],
  admin: [`authorization: Bearer ${await token('admin')}`],
  'a key for books': [await makeKey('--scopes', 'books:read')],
  'a key for customers': [await makeKey('--scopes', 'customers:read')],
  'a key of staff': [await makeKey('--scopes', 'customers:read,books:write', '--roles', 'admin')],
} as const;

const book = {
  title: 'Nature',
  author: 'R. W. Emerson',
  year: 1836,
  genre: 'novel',
  isbn: '9789000020003',
  price: 900,
  stock: 1,
};

type Row = readonly [
  caller: keyof typeof callers,
  request: string,
  status: number,
  problem?: string | undefined,
  body?: unknown,
];

const rows: readonly Row[] = [
  ['nobody', 'GET /books?limit=1', 200],
  ['nobody', 'GET /books/1', 200],
  ['nobody', 'GET /search?q=emma', 401, 'credential-missing'],
  ['nobody', 'POST /books', 401, 'credential-missing', book],
  ['nobody', 'GET /internal/metrics', 404, 'path-unknown'],
  ['nobody', 'DELETE /books', 405, 'method-unknown'],
  ['nobody', 'GET /books?limit=many', 400, 'parameters-invalid'],
  ['nobody', 'GET /books?debug=1', 400, 'parameters-invalid'],
  ['alice', 'GET /search?q=emma', 200],
  ['alice', 'GET /customers/cus_1001', 200],
  // The scope is there, the role is not.
  ['alice', 'GET /customers', 403, 'role-insufficient'],
  ['alice', 'POST /books', 403, 'scope-insufficient', book],
  ['alice', 'DELETE /books/1', 403, 'scope-insufficient'],
  ['alice', 'PATCH /customers/cus_1001', 400, 'body-invalid', { role: 'admin' }],
  ['admin', 'GET /customers', 200],
  ['admin', 'POST /books', 201, undefined, book],
  ['admin', 'POST /books', 400, 'body-invalid', { ...book, price: 'free' }],
  ['a key for books', 'GET /search?q=emma', 200],
  ['a key for books', 'GET /customers', 403, 'scope-insufficient'],
  ['a key for customers', 'GET /customers', 403, 'role-insufficient'],
  ['a key for customers', 'GET /search?q=emma', 403, 'scope-insufficient'],
  ['a key of staff', 'GET /customers', 200],
];

for (const [caller, request, status, problem, body] of rows) {
  test(`${request} by ${caller} is ${status} ${problem ?? ''}`, async () => {
    const [method, path] = request.split(' ') as [string, string];
    const reply = await send(method, path, callers[caller], body);
    assert.equal(reply.status, status, reply.body);
    if (problem === undefined) return;
    const document = JSON.parse(reply.body) as Record<string, unknown>;
    assert.match(String(document['type']), new RegExp(`${problem}$`));
    assert.equal(document['status'], status);
    assert.equal(document['requestId'], reply.fields.get('x-request-id'));
    if (status === 401) assert.match(reply.fields.get('www-authenticate') ?? '', /^Bearer/);
    if (problem === 'scope-insufficient' && callers[caller][0]?.startsWith('authorization'))
      assert.match(reply.fields.get('www-authenticate') ?? '', /error="insufficient_scope"/);
    if (status === 405) assert.equal(reply.fields.get('allow'), 'GET, HEAD, POST');
  });
}

test('a preflight of the shop page is answered without a credential, one of another page is not allowed', async () => {
  const preflight = (origin: string): Promise<CurlReply> =>
    send('OPTIONS', '/orders', [`origin: ${origin}`, 'access-control-request-method: POST']);
  const allowed = await preflight('https://shop.bookshop.example');
  assert.equal(allowed.status, 204);
  assert.equal(allowed.fields.get('access-control-allow-origin'), 'https://shop.bookshop.example');
  const other = await preflight('https://evil.example');
  assert.equal(other.fields.has('access-control-allow-origin'), false);
});

const example = join(repository, 'examples', 'bookshop', 'portcullis.yaml');

test('check accepts the configuration of the Bookshop', async () => {
  const { code, out, err } = await portcullis(['check', example]);
  assert.equal(code, 0, out + err);
  assert.match(out, /^OK/m);
});

test('explain says what a request meets, in order', async () => {
  const { code, out, err } = await portcullis([
    'explain',
    'GET',
    'https://localhost:8443/customers',
    '--config',
    example,
  ]);
  assert.equal(code, 0, out + err);
  const at = ['rate-limit', 'openapi-validation', 'authentication', 'authorization', 'access-log'].map(
    (name) => out.search(new RegExp(`^ {2}${name} `, 'm')),
  );
  assert.ok(
    at.every((each) => each >= 0),
    out,
  );
  assert.deepEqual(
    at,
    at.toSorted((a, b) => a - b),
  );
  assert.match(out, /customers:read/);
  assert.match(out, /admin/);
});
