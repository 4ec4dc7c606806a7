import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ExchangeParts, exchange } from '../../testing/exchange.ts';
import { Credential, several } from './credential.ts';
import { compileTokenPlace } from './token-place.ts';
import type { TokenPlaceConfig } from './token-schema.ts';

function find(config: TokenPlaceConfig | undefined, line: string, fields: ExchangeParts['fields']): unknown {
  const found = compileTokenPlace(config).find(exchange(line, { fields: fields ?? {} }));
  if (found === several) return 'several';
  return found instanceof Credential ? [found.scheme, found.text] : found;
}

type Vector = readonly [
  what: string,
  config: TokenPlaceConfig | undefined,
  line: string,
  fields: Readonly<Record<string, string | string[]>>,
  expected: unknown,
];

const header = { header: 'X-Token' };
const cookie = { cookie: '__Host-token' };
const query = { query: 'access_token' };
const bearer = { authorization: 'Bearer b' };

const vectors: readonly Vector[] = [
  ['Bearer', undefined, 'GET /', bearer, ['Bearer', 'b']],
  ['bearer in any case', undefined, 'GET /', { authorization: 'bEaReR b' }, ['Bearer', 'b']],
  ['DPoP', undefined, 'GET /', { authorization: 'DPoP b' }, ['DPoP', 'b']],
  ['dpop in any case', undefined, 'GET /', { authorization: 'dpop  b ' }, ['DPoP', 'b']],
  ['DPoP alone', undefined, 'GET /', { authorization: 'DPoP' }, undefined],
  ['another scheme', undefined, 'GET /', { authorization: 'Basic b' }, undefined],
  ['one that only begins like it', undefined, 'GET /', { authorization: 'DPoPs b' }, undefined],
  ['a query without a token', undefined, 'GET /?token=x&q=access', bearer, ['Bearer', 'b']],
  ['a second token in the query', undefined, 'GET /?access_token=x', bearer, 'several'],
  ['an empty one', undefined, 'GET /?a=1&access_token=', bearer, 'several'],
  ['one in disguise', undefined, 'GET /?%61ccess%5Ftoken=x', bearer, 'several'],
  ['a name that is only like it', undefined, 'GET /?my_access_token=x', bearer, ['Bearer', 'b']],
  ['a value that is it', undefined, 'GET /?q=access_token', bearer, ['Bearer', 'b']],
  ['the query alone is not looked at', undefined, 'GET /?access_token=x', {}, undefined],

  ['a field', header, 'GET /', { 'x-token': 'h' }, [undefined, 'h']],
  ['two fields', header, 'GET /', { 'x-token': ['h', 'h'] }, 'several'],
  ['a field and Authorization', header, 'GET /', { 'x-token': 'h', ...bearer }, 'several'],
  [
    'a field and another scheme',
    header,
    'GET /',
    { 'x-token': 'h', authorization: 'Basic x' },
    [undefined, 'h'],
  ],
  ['Authorization is no place then', header, 'GET /', bearer, undefined],

  ['a cookie', cookie, 'GET /', { cookie: 'a=1; __Host-token=c; b=2' }, [undefined, 'c']],
  ['another cookie', cookie, 'GET /', { cookie: 'x__Host-token=c' }, undefined],
  ['two of the name', cookie, 'GET /', { cookie: '__Host-token=c; __Host-token=d' }, 'several'],
  ['a cookie in other capitals', cookie, 'GET /', { cookie: '__host-token=c' }, undefined],
  ['cookies that cannot be read', cookie, 'GET /', { cookie: '__Host-token=c\u0001' }, 'several'],
  ['a cookie and DPoP', cookie, 'GET /', { cookie: '__Host-token=c', authorization: 'DPoP b' }, 'several'],

  ['a parameter', query, 'GET /?a=1&access_token=q', {}, [undefined, 'q']],
  ['an encoded one', query, 'GET /?access%5ftoken=q%2B', {}, [undefined, 'q+']],
  ['two parameters', query, 'GET /?access_token=q&access_token=q', {}, 'several'],
  ['two, one in disguise', query, 'GET /?access_token=q&%61ccess_token=r', {}, 'several'],
  ['a query that cannot be read', query, 'GET /?access_token=q&b=%zz', {}, 'several'],
  ['a parameter and Authorization', query, 'GET /?access_token=q', bearer, 'several'],
  ['no parameter', query, 'GET /?a=1', bearer, undefined],
];
for (const [what, config, line, fields, expected] of vectors) {
  test(`${JSON.stringify(config ?? 'Authorization')}: ${what}`, () =>
    assert.deepEqual(find(config, line, fields), expected));
}

test('a reply to a URL with a token in it is kept by nobody', () => {
  const request = exchange('GET /?access_token=q');
  compileTokenPlace(query).find(request);
  assert.equal(request.addedReplyField('cache-control'), 'no-store');
  const other = exchange('GET /', { fields: bearer });
  compileTokenPlace(undefined).find(other);
  assert.equal(other.addedReplyField('cache-control'), undefined);
});

test('places are told apart', () => {
  const ids = [undefined, header, cookie, query, { query: '__Host-token' }, { header: 'x-other' }].map(
    (config) => compileTokenPlace(config).id,
  );
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(compileTokenPlace({ header: 'x-token' }).id, compileTokenPlace(header).id);
});
