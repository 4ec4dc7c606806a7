import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exchange, operation } from '../../testing/exchange.ts';
import { compileRedaction, type Redaction, type RedactionSettings } from './redaction.ts';

function compiled(settings: Partial<RedactionSettings> = {}): Redaction {
  return compileRedaction({ query: 'redacted', further: [], basePath: '', operations: [], ...settings });
}

const { query } = compiled({ further: ['Coupon', 'filter[vat]'] });
const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln';

const queries: readonly [query: string, kept: string | undefined][] = [
  ['', undefined],
  ['page=2&q=tea', 'page=2&q=tea'],
  ['access_token=s3cret&page=2', 'access_token=***&page=2'],
  ['ACCESS_TOKEN=s3cret', 'ACCESS_TOKEN=***'],
  ['%61ccess_token=s3cret', '%61ccess_token=***'],
  ['%2561ccess_token=s3cret', '%2561ccess_token=***'],
  ['%70assword%ff=s3cret', '%70assword%ff=***'],
  ['user%5Bpassword%5D=s3cret', 'user%5Bpassword%5D=***'],
  ['password%5B%5D=s3cret&password%5B0%5D=s3cret', 'password%5B%5D=***&password%5B0%5D=***'],
  ['newPassword=s3cret', 'newPassword=***'],
  ['+password+=s3cret', '+password+=***'],
  ['password=', 'password=***'],
  ['password=a=b', 'password=***'],
  ['coupon=s3cret', 'coupon=***'],
  ['FILTER%5Bvat%5D=s3cret', 'FILTER%5Bvat%5D=***'],
  ['vat=1', 'vat=1'],
  ['page=2;password=s3cret', 'page=***'],
  ['redirect=https%3A%2F%2Fa.example%2F%3Ftoken%3Ds3cret', 'redirect=***'],
  ['redirect=https%3A%2F%2Fa.example%2F%3Fpage%3D2', 'redirect=https%3A%2F%2Fa.example%2F%3Fpage%3D2'],
  ['redirect=https%3A%2F%2Fme%3As3cret%40a.example', 'redirect=***'],
  ['filter=%7B%22password%22%3A%22s3cret%22%7D', 'filter=***'],
  ['since=2024-01-01T10:00:00Z', 'since=2024-01-01T10:00:00Z'],
  [`q=${jwt}`, 'q=***'],
  [`q=%65${jwt.slice(1)}`, 'q=***'],
  [jwt, '***'],
  [`${jwt}=`, '***=***'],
  ['password%3Ds3cret', '***'],
  ['flag&&x', 'flag&&x'],
  [`${'n'.repeat(300)}=s3cret`, `${'n'.repeat(300)}=***`],
];

test('queries', () => {
  for (const [raw, kept] of queries) assert.equal(query(raw), kept, raw);
});

test('names only, or nothing', () => {
  const names = compiled({ query: 'names' });
  assert.equal(names.query('page=2&q=&flag'), 'page=***&q=***&flag');
  assert.equal(names.query(`${jwt}&a=b`), '***&a=***');
  assert.equal(compiled({ query: 'none' }).query('page=2'), undefined);
});

test('length and number are bounded, and a cut shows no more than the whole', () => {
  const long = query(`a=${'x'.repeat(8000)}`)!;
  assert.equal(long.length, 2048 + 3);
  const many = query('a&'.repeat(4000))!;
  assert.equal(many, `${'a&'.repeat(256).slice(0, -1)}...`);
  const late = query(`${'a=bbbbbbbb&'.repeat(250)}password=s3cret`)!;
  assert.doesNotMatch(late, /s3cret/);
});

const encodings: readonly ((name: string) => string)[] = [
  (name) => name,
  (name) => name.toUpperCase(),
  encodeURIComponent,
  (name) => [...name].map((each) => `%${each.charCodeAt(0).toString(16).padStart(2, '0')}`).join(''),
  (name) => encodeURIComponent(encodeURIComponent(name)),
  (name) => `user[${name}]`,
  (name) => `${name}[]`,
  (name) => `a[0][${name}][eq]`,
  (name) => `my_${name}`,
  (name) => `my.${name}`,
  (name) => `%ff-${name}`,
];

test('a sensitive value never gets through', () => {
  const name = fc.constantFrom(
    'token',
    'password',
    'api_key',
    'secret',
    'code',
    'sid',
    'signature',
    'jwt',
    'cardNumber',
    'key',
  );
  const secret = fc.stringMatching(/^[A-Za-z0-9]{8,20}$/).map((text) => `S3CRET${text}`);
  const harmless = fc.stringMatching(/^[a-z0-9=%&+;]{0,30}$/);
  fc.assert(
    fc.property(
      name,
      fc.constantFrom(...encodings),
      secret,
      harmless,
      harmless,
      (which, encode, value, before, after) => {
        const kept = query(`${before}&${encode(which)}=${value}&${after}`);
        assert.ok(!(kept ?? '').includes(value), `${kept}`);
      },
    ),
    { numRuns: 500 },
  );
});

test('the short way for harmless queries comes to the same', () => {
  const piece = fc.stringMatching(/^[a-zA-Z0-9=_.&-]{0,12}$/);
  const name = fc.constantFrom('page', 'token', 'q', 'author', 'sid', 'x', '');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(name, fc.constantFrom('=', '', '=='), piece), { minLength: 1, maxLength: 9 }),
      (pairs) => {
        const raw = pairs.map((each) => each.join('')).join('&');
        // An encoding has the query read with care.
        assert.equal(`${query(raw) ?? ''}&x=%41`, query(`${raw}&x=%41`));
      },
    ),
    { numRuns: 1000 },
  );
});

test('paths', () => {
  const reset = operation('POST /reset/{token}');
  const file = operation('GET /shops/{shop}/files/{name}-{key}.{type}');
  const order = operation('GET /orders/{id}');
  const { path } = compiled({ basePath: '/v1', operations: [reset, file, order] });
  assert.equal(
    path(exchange('POST /v1/reset/s3cret', { operation: reset, pathValues: ['s3cret'] })),
    '/v1/reset/***',
  );
  const values = ['a b', 'n/m', 's3cret', 'pdf'];
  assert.equal(
    path(exchange('GET /v1/x', { operation: file, pathValues: values })),
    '/v1/shops/a%20b/files/n%2Fm-***.pdf',
  );
  assert.equal(path(exchange('GET /v1/orders/7', { operation: order, pathValues: ['7'] })), '/v1/orders/7');
  assert.equal(path(exchange('GET /v1/nowhere')), '/v1/nowhere');
  assert.equal(path(exchange(`GET /v1/verify/${jwt}/now`)), '/v1/verify/***/now');
  assert.equal(path(exchange('GET /keys/pck_0123456789abcdefghijABCDEFGH')), '/keys/***');
  assert.equal(path(exchange(`GET /${'a'.repeat(3000)}`)).length, 2048 + 3);
});

test('parameters of paths can be named too', () => {
  const coupon = operation('GET /coupons/{coupon}');
  const { path } = compiled({ operations: [coupon], further: ['coupon'] });
  assert.equal(
    path(exchange('GET /coupons/s3cret', { operation: coupon, pathValues: ['s3cret'] })),
    '/coupons/***',
  );
});
