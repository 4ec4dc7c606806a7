import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { exchange, preparePolicy } from '../../testing/exchange.ts';
import { compileOwnPattern } from './own-pattern.ts';
import { leakProtection } from './policy.ts';

// As the gateway itself does (cli/process.ts).
setFlagsFromString('--enable-experimental-regexp-engine');

const json = { 'content-type': 'application/json' };
const key = '{"a":"-----BEGIN PRIVATE KEY-----"}';

const patterns: readonly [pattern: string, text: string, length: number | string][] = [
  ['EMP-[0-9]{6}', 'EMP-123456x', 10],
  ['emp\\.[0-9]+', 'emp.17', 6],
  ['abc(d|e)', 'abce', 4],
  ['abc+', 'abccc', 5],
  ['EMP-[0-9]{6}', 'EMP-12345', 'nothing'],
  // Would be tried everywhere.
  ['[0-9]+', '', 'at least three'],
  ['ab', '', 'at least three'],
  ['abc|d', '', 'at least three'],
  ['abc?', '', 'at least three'],
  ['ab(c)', '', 'at least three'],
  ['\\babc', '', 'at least three'],
  ['.*abc', '', 'at least three'],
  // Would backtrack.
  ['abc(?=d)', '', 'linear time'],
  ['abc(d)\\1', '', 'linear time'],
  ['abc(', '', 'Unterminated group'],
  ['äöü', '', 'ASCII'],
];
for (const [pattern, text, outcome] of patterns) {
  test(`the pattern ${pattern} on ${JSON.stringify(text)}: ${outcome}`, () => {
    if (text === '') {
      assert.throws(() => compileOwnPattern(pattern), new RegExp(String(outcome)));
      return;
    }
    const { word, check } = compileOwnPattern(pattern);
    assert.ok(text.toLowerCase().startsWith(word));
    assert.deepEqual(
      check!(text, 0, word.length),
      typeof outcome === 'number' ? { from: 0, to: outcome } : undefined,
    );
  });
}

test('a pattern sees a bounded text, however it backtracks elsewhere', () => {
  const { check } = compileOwnPattern('aaa(a+)+b');
  assert.equal(check!('a'.repeat(100_000), 0, 3), undefined);
});

test('what is wrong with the rules is told at its option', async () => {
  const wrong = {
    rules: { token: { except: ['a'] } },
    patterns: { token: { pattern: 'abc' }, mine: { pattern: '[a]', except: ['/**'] } },
  };
  await assert.rejects(
    async () => preparePolicy(leakProtection, wrong),
    (error: AggregateError) => {
      assert.deepEqual(
        error.errors.map(({ option }: { option: unknown[] }) => option.join('.')),
        ['rules.token.except.0', 'patterns.token', 'patterns.mine.pattern', 'patterns.mine.except.0'],
      );
      return true;
    },
  );
});

test('replies are held where a rule intervenes, and text can be in them', async () => {
  const held = async (config: object, replyFields: Record<string, string>): Promise<number> => {
    const { needsReply } = await preparePolicy(leakProtection, config);
    return needsReply!(undefined, exchange('GET /', { replyFields }));
  };
  assert.equal(await held({}, json), 524_288);
  assert.equal(await held({ largestReply: '1KiB' }, {}), 1024);
  assert.equal(await held({ mode: 'monitor' }, json), 0);
  assert.equal(await held({}, { 'content-type': 'image/png' }), 0);
  assert.equal(await held({}, { 'content-type': 'application/grpc+proto' }), 0);
  assert.equal(await held({}, { 'content-type': 'text/event-stream' }), 0);
  const reporting = { rules: { 'stack-trace': 'report', 'sql-error': 'off', 'private-key': 'report' } };
  assert.equal(await held(reporting, json), 0);
});

test('unasked it looks at all errors, and at one other reply in ten', async () => {
  const context = { hasDefinition: false, isOpen: false, acceptsKeys: false };
  const { reply } = await preparePolicy(leakProtection, leakProtection.byDefault!(context));
  const found = (status: number): number =>
    Array.from({ length: 100 }, () =>
      reply!(exchange('GET /', { status, replyFields: json, replyBody: key })),
    ).filter((verdict) => verdict !== undefined).length;
  assert.deepEqual([200, 404, 500].map(found), [10, 100, 100]);
});

test('replies of the gateway itself are its own business', async () => {
  const { response } = await preparePolicy(leakProtection, {});
  const replyFields = { 'x-debug': 'at f (/a.js:1:2)' };
  assert.equal(response!(exchange('GET /', { replyFields, fromUpstream: false })), undefined);
  assert.equal(response!(exchange('GET /', { replyFields }))?.kind, 'refuse');
});

test('watched or only reported, nothing is changed', async () => {
  const masking = { 'card-number': 'mask' };
  const replyFields = { ...json, 'x-debug': '4111111111111111' };
  for (const config of [{ mode: 'monitor', rules: masking }, { rules: { 'card-number': 'report' } }]) {
    const { response } = await preparePolicy(leakProtection, config);
    const reply = exchange('GET /', { replyFields });
    assert.equal(response!(reply)?.kind, 'report');
    assert.equal(reply.replyFields.get('x-debug'), '4111111111111111');
  }
});

test('a head with too many findings is one that nobody has looked at', async () => {
  const replyFields = { 'x-hops': '10.0.0.1 '.repeat(5_000) };
  const rules = { 'internal-address': 'mask' };
  for (const [config, kind] of [
    [{ rules }, 'refuse'],
    [{ rules, uninspected: 'report' }, 'report'],
    [{ rules, mode: 'monitor' }, 'report'],
  ] as const) {
    const { response } = await preparePolicy(leakProtection, config);
    const verdict = response!(exchange('GET /', { replyFields }));
    assert.deepEqual(
      [verdict?.kind, (verdict as { reason?: string }).reason],
      [kind, 'too many findings'],
      JSON.stringify(config),
    );
  }
});

test('an error of the service is a reply like any other', async () => {
  const { reply } = await preparePolicy(leakProtection, {});
  for (const status of [200, 404, 500])
    assert.deepEqual(reply!(exchange('GET /', { status, replyFields: json, replyBody: key })), {
      kind: 'refuse',
      problem: 'reply-withheld',
      reason: 'private-key at /a',
    });
});
