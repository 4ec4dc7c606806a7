import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Configuration } from '../../config/schema.ts';
import { signsIdentities } from './used.ts';

const signs = { 'upstream-identity': { jwt: {} } };

const vectors: readonly (readonly [what: string, configuration: object, expected: boolean])[] = [
  ['nothing', { apis: {} }, false],
  ['no policy', { apis: { a: { upstream: {} } } }, false],
  ['other policies', { policies: { cors: {} }, apis: { a: { policies: {} } } }, false],
  ['for all', { policies: signs, apis: {} }, true],
  ['for one API', { policies: {}, apis: { a: { policies: {} }, b: { policies: signs } } }, true],
  [
    'for one operation',
    { apis: { a: { operations: { 'GET /x': {}, 'GET /y': { policies: signs } } } } },
    true,
  ],
  [
    'chosen fields',
    { policies: { 'upstream-identity': { fields: { 'x-user': 'subject' } } }, apis: {} },
    false,
  ],
  ['switched off', { policies: { 'upstream-identity': 'off' }, apis: {} }, false],
  ['off by its mode', { policies: { 'upstream-identity': { mode: 'off', jwt: {} } }, apis: {} }, false],
  ['in monitor', { policies: { 'upstream-identity': { mode: 'monitor', jwt: {} } }, apis: {} }, true],
];

for (const [what, configuration, expected] of vectors) {
  test(`${what}: keys are ${expected ? 'needed' : 'not needed'}`, () =>
    assert.equal(signsIdentities(configuration as Configuration), expected));
}
