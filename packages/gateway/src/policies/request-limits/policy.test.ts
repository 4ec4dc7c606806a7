import assert from 'node:assert/strict';
import { test } from 'node:test';
import { usualLimits } from '../../http/json-limits.ts';
import { type ExchangeParts, exchange, preparePolicy } from '../../testing/exchange.ts';
import { requestLimits } from './policy.ts';

type Fields = NonNullable<ExchangeParts['fields']>;

async function decide(config: unknown, line: string, fields: Fields = {}): Promise<string | undefined> {
  const prepared = await preparePolicy(requestLimits, config);
  const verdict = await prepared.head!(exchange(line, { fields }));
  return verdict?.kind === 'refuse' ? [verdict.problem, verdict.reason].filter(Boolean).join(' ') : undefined;
}

const of = (count: number): string => Array.from({ length: count }, (_, i) => `p${i}=`).join('&');
const many = (count: number): Fields =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, '']));

const vectors: readonly [
  name: string,
  config: unknown,
  line: string,
  fields: Fields,
  problem: string | undefined,
][] = [
  ['an ordinary request', {}, 'GET /a?b=c', { accept: '*/*' }, undefined],
  ['a target at the bound', { target: '16B' }, `GET /${'a'.repeat(10)}?${'b'.repeat(5)}`, {}, undefined],
  ['a target above it', { target: '16B' }, `GET /${'a'.repeat(10)}?${'b'.repeat(6)}`, {}, 'target-too-long'],
  ['the default for targets', {}, `GET /${'a'.repeat(8192)}`, {}, 'target-too-long'],
  ['100 parameters', {}, `GET /?${of(100)}`, {}, undefined],
  ['101 parameters', {}, `GET /?${of(101)}`, {}, 'query-too-large'],
  ['empty pieces count too', { queryCount: 2 }, 'GET /?&&', {}, 'query-too-large'],
  ['no parameter allowed, none there', { queryCount: 0 }, 'GET /', {}, undefined],
  ['no parameter allowed, one there', { queryCount: 0 }, 'GET /?a', {}, 'query-too-large'],
  ['100 fields', {}, 'GET /', many(100), undefined],
  ['101 fields', {}, 'GET /', many(101), 'fields-too-large count'],
  ['a field at the bound', { fieldSize: '16B' }, 'GET /', { cookie: 'a'.repeat(10) }, undefined],
  [
    'a field above it',
    { fieldSize: '16B' },
    'GET /',
    { cookie: 'a'.repeat(11) },
    'fields-too-large size of cookie',
  ],
  [
    'a long name is cut in the record',
    { fieldSize: '16B' },
    'GET /',
    { ['n'.repeat(99)]: '' },
    `fields-too-large size of ${'n'.repeat(64)}`,
  ],
  ['all fields at the bound', { fieldsSize: '4B' }, 'GET /', { a: 'b', c: 'd' }, undefined],
  ['all fields above it', { fieldsSize: '4B' }, 'GET /', { a: 'b', c: 'de' }, 'fields-too-large total size'],
];

for (const [name, config, line, fields, problem] of vectors) {
  test(`${name}: ${problem ?? 'passes'}`, async () =>
    assert.equal(await decide(config, line, fields), problem));
}

test('no value of the request is in a reason', async () => {
  assert.doesNotMatch(
    (await decide({ fieldSize: '16B' }, 'GET /', { authorization: 'Bearer s3cret-s3cret' })) ?? '',
    /s3cret/,
  );
});

test('bounds for bodies', async () => {
  const limits = async (config: unknown): Promise<unknown> =>
    (await preparePolicy(requestLimits, config)).bodyLimits;
  const usual = {
    size: 1_073_741_824,
    inspectedSize: 1_048_576,
    timeout: 10_000,
    minimumRate: 100,
    json: usualLimits,
  };
  assert.deepEqual(await limits({}), usual);
  assert.deepEqual(await limits({ body: '2MiB' }), { ...usual, size: 2_097_152 });
  assert.deepEqual(
    await limits({ body: '64KiB' }),
    { ...usual, size: 65_536, inspectedSize: 65_536 },
    'less for all means less for each',
  );
  assert.deepEqual(
    await limits({ inspectedBody: '5MiB', body: '1MiB', bodyTimeout: '0s', minimumBodyRate: 0 }),
    {
      size: 1_048_576,
      inspectedSize: 5_242_880,
      timeout: 0,
      minimumRate: 0,
      json: usualLimits,
    },
  );
  const json = { depth: 3, stringLength: '1KiB', inexactNumbers: 'allow', prototypeNames: 'refuse' };
  assert.deepEqual(await limits({ json }), {
    ...usual,
    json: { ...usualLimits, depth: 3, stringLength: 1_024, inexactNumbers: true },
  });
});

test('in monitor the verdict is the same', async () => {
  assert.equal(await decide({ mode: 'monitor', queryCount: 0 }, 'GET /?a'), 'query-too-large');
});

test('runs unasked', () =>
  assert.deepEqual(requestLimits.byDefault?.({ hasDefinition: false } as never), {}));
