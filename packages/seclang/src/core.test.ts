import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coreRunner } from '../rules/core/testing/core-rules.ts';
import { sampleAt } from '../rules/core/testing/places.ts';

const isRefused = (options: Parameters<typeof coreRunner>[0], place: string, value: string): boolean =>
  coreRunner(options)(sampleAt(place, value)).outcome.kind !== 'pass';

test('a threshold says how much is refused', () => {
  const attack = ['arg', ';cat /etc/hosts'] as const;
  assert.equal(isRefused({}, ...attack), true);
  assert.equal(isRefused({ inboundThreshold: 1_000 }, ...attack), false);
});

test('a level adds what it says', () => {
  const [markup, quote] = ['<b>x</b>', "O'Brien"];
  assert.deepEqual(
    ([1, 2, 3] as const).map((paranoiaLevel) => isRefused({ paranoiaLevel }, 'json', markup)),
    [false, true, true],
  );
  assert.deepEqual(
    ([1, 2, 3] as const).map((paranoiaLevel) => isRefused({ paranoiaLevel }, 'json', quote)),
    [false, false, true],
  );
});

test('responses are looked at where that is wanted', () => {
  const leak = 'root:x:0:0:root:/root:/bin/bash';
  assert.equal(isRefused({ inspectsResponses: true }, 'reply', leak), true);
  assert.equal(isRefused({ inspectsResponses: false }, 'reply', leak), false);
  assert.equal(isRefused({ outboundThreshold: 1_000 }, 'reply', leak), false);
});
