import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type KeyRules, planKeys, publishAheadOf, type SigningKey, signingKeyAt } from './key-plan.ts';

const rules: KeyRules = { algorithm: 'ES256', rotateEvery: 1000, publishAhead: 100, keepFor: 50 };
let made = 0;
const make =
  (algorithm: SigningKey['algorithm'] = 'ES256') =>
  (signsFrom: number): SigningKey => ({ kid: `k${++made}`, algorithm, jwk: {}, signsFrom });

const times = (keys: readonly SigningKey[]): number[] => keys.map(({ signsFrom }) => signsFrom);

test('the first key signs at once; the next is published ahead of its turn, the last kept as long as its tokens', () => {
  const first = planKeys([], 0, rules, make());
  assert.deepEqual(times(first), [0]);
  assert.equal(planKeys(first, 899, rules, make()), first);
  const second = planKeys(first, 900, rules, make());
  assert.deepEqual(times(second), [0, 1000]);
  assert.equal(signingKeyAt(second, 999), first[0]);
  assert.equal(signingKeyAt(second, 1000), second[1]);
  assert.equal(planKeys(second, 1049, rules, make()), second);
  assert.deepEqual(times(planKeys(second, 1050, rules, make())), [1000]);
});

test('after a long pause nobody signs with a key that nobody could know yet', () => {
  const late = planKeys(planKeys([], 0, rules, make()), 50_000, rules, make());
  assert.deepEqual(times(late), [0, 50_100]);
  assert.equal(signingKeyAt(late, 50_000)?.signsFrom, 0);
});

test('another algorithm takes over at once, and what was signed before stays good', () => {
  const before = planKeys([], 0, rules, make());
  const after = planKeys(before, 500, { ...rules, algorithm: 'RS256' }, make('RS256'));
  assert.equal(signingKeyAt(after, 500)?.algorithm, 'RS256');
  assert.ok(after.includes(before[0]!));
});

test('a clock that was far ahead does not stop the rotation', () => {
  const ahead = planKeys([], 1_000_000, rules, make());
  assert.equal(signingKeyAt(planKeys(ahead, 0, rules, make()), 0)?.signsFrom, 0);
});

test('a key is published an hour ahead, or a quarter of the time that it signs', () => {
  assert.deepEqual([publishAheadOf(90 * 86_400_000), publishAheadOf(3_600_000)], [3_600_000, 900_000]);
});

test('whenever it is looked at: there is a key that signs, it was published in time, and tokens can be checked', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 60 }), (steps) => {
      let keys: readonly SigningKey[] = [];
      let now = 0;
      /** Tokens that still count: by which key, until when. */
      let tokens: { kid: string; until: number }[] = [];
      const seen = new Map<string, number>();
      for (const step of steps) {
        now += step;
        keys = planKeys(keys, now, rules, make());
        for (const { kid } of keys) if (!seen.has(kid)) seen.set(kid, now);
        const signing = signingKeyAt(keys, now)!;
        assert.ok(signing !== undefined);
        if (signing.signsFrom > steps[0]!)
          assert.ok(signing.signsFrom - seen.get(signing.kid)! >= rules.publishAhead);
        tokens = tokens.filter(({ until }) => until > now);
        for (const { kid } of tokens)
          assert.ok(
            keys.some((key) => key.kid === kid),
            'a token without a key',
          );
        tokens.push({ kid: signing.kid, until: now + rules.keepFor });
        assert.ok(keys.length <= 3);
      }
    }),
  );
});
