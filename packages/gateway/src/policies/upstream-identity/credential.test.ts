import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchange } from '../../testing/exchange.ts';
import type { AuthenticatorConfig } from '../authentication/schema.ts';
import { compileRemoval } from './credential.ts';

const token = (place: object): AuthenticatorConfig =>
  ({
    jwt: { issuer: 'i', audience: 'a', jwks: 'k', algorithms: ['ES256'], token: place },
  }) as AuthenticatorConfig;

const remove = compileRemoval({
  usual: { jwt: { issuer: 'i', audience: 'a', jwks: 'k', algorithms: ['ES256'] } } as AuthenticatorConfig,
  field: token({ header: 'X-Token' }),
  cookie: token({ cookie: 'session' }),
  query: token({ query: 'access_token' }),
  server: { oauth2: { audience: 'a', token: { header: 'X-Server-Token' } } } as AuthenticatorConfig,
  keys: { apiKey: {} },
  named: { apiKey: { header: 'X-Partner-Key' } },
  inUrls: { apiKey: { query: 'api_key' } },
});

test('the fields that tokens come in are taken away, proofs too', () => {
  const request = exchange('GET /', {
    upstreamFields: {
      authorization: 'Bearer a',
      dpop: 'b',
      'x-token': 'c',
      'x-server-token': 'd',
      'x-other': 'd',
    },
  });
  remove(request);
  assert.deepEqual(request.upstreamFields.flat, ['x-other', 'd']);
});

test('API keys are taken away too, those that only other APIs accept among them', () => {
  const request = exchange('GET /?%61pi_key=a&q=1', {
    upstreamFields: { 'x-api-key': 'a', 'x-partner-key': 'b', 'x-other': 'd' },
  });
  remove(request);
  assert.deepEqual(request.upstreamFields.flat, ['x-other', 'd']);
  assert.equal(request.upstreamQuery, 'q=1');
});

const cookies: readonly [sent: string, kept: string | undefined][] = [
  ['session=a', undefined],
  ['session=a; theme=dark', 'theme=dark'],
  ['theme=dark; session=a', 'theme=dark'],
  ['theme=dark;\tsession =a;x=y', 'theme=dark;x=y'],
  ['session=a; session=b', undefined],
  ['sessions=a; xsession=b; Session=c; session', 'sessions=a; xsession=b; Session=c; session'],
  ['theme=session=a', 'theme=session=a'],
];

for (const [sent, kept] of cookies) {
  test(`of the cookies ${JSON.stringify(sent)}`, () => {
    const request = exchange('GET /', { upstreamFields: { cookie: sent } });
    remove(request);
    assert.equal(request.upstreamFields.get('cookie'), kept);
  });
}

const queries: readonly [sent: string, kept: string][] = [
  ['', ''],
  ['access_token=a', ''],
  ['q=%20a&access_token=a&&page=2', 'q=%20a&&page=2'],
  ['access%5Ftoken=a&q=1', 'q=1'],
  ['%61ccess_token', ''],
  ['q=access_token&xaccess_token=1&Access_Token=2', 'q=access_token&xaccess_token=1&Access_Token=2'],
  ['a=%zz&q=1', 'a=%zz&q=1'],
  ['access%5Ftoken=%zz&q=1', 'q=1'],
];

for (const [sent, kept] of queries) {
  test(`of the query ${JSON.stringify(sent)}`, () => {
    const request = exchange(`GET /?${sent}`);
    remove(request);
    assert.equal(request.upstreamQuery, kept);
    assert.equal(request.query, sent, 'the record has what was asked');
  });
}
