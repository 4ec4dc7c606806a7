import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchange } from '../../../testing/exchange.ts';
import { withholdParameter } from './withheld.ts';

const withhold = withholdParameter('key');

const queries: readonly (readonly [query: string, left: string])[] = [
  ['', ''],
  ['a=1', 'a=1'],
  ['key=k', ''],
  ['a=1&key=k&b=2', 'a=1&b=2'],
  ['key=k&a=1&key=l', 'a=1'],
  ['k%65y=k&a=1', 'a=1'],
  ['Key=k', 'Key=k'],
];

for (const [query, left] of queries) {
  test(`of the query ${JSON.stringify(query)} goes on ${JSON.stringify(left)}`, () => {
    const request = exchange('GET /', { upstreamQuery: query });
    withhold(request);
    assert.equal(request.upstreamQuery, left);
  });
}

const referers: readonly (readonly [referer: string | readonly string[], stays: boolean])[] = [
  ['https://a.example/', true],
  ['https://a.example/?a=1', true],
  ['https://a.example/?a=1#?key=k', true],
  ['https://a.example/key=k', true],
  ['https://a.example/?key=k', false],
  ['https://a.example/?a=1&k%65y=k', false],
  ['https://a.example/?a=1&key#top', false],
  ['https://a.example/?a?&key=k', false],
  [['https://a.example/', 'https://a.example/?a=1', 'https://a.example/?key=k'], false],
];

for (const [referer, stays] of referers) {
  test(`a page at ${referer} is ${stays ? 'told' : 'not told'}`, () => {
    const request = exchange('GET /', { upstreamFields: { Referer: referer } });
    withhold(request);
    assert.equal(request.upstreamFields.has('referer'), stays);
  });
}
