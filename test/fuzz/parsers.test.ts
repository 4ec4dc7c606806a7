import assert from 'node:assert/strict';
import { test } from 'node:test';
import { targets } from './all-targets.ts';
import { mutated, numbers } from './mutation.ts';
import type { Target } from './targets.ts';
import { mostMilliseconds, shown, shrunk, tried, withoutNeedless } from './trial.ts';

/** A short run with the same inputs each time; `node test/fuzz/run.ts` goes on for as long as it is told. */
const steps = 3_000;

/** Ten times as long as run.ts lets it be, so that no machine is too slow for it. */
const most = 10 * mostMilliseconds;

for (const target of targets) {
  test(`${target.name}: ${steps} inputs`, async () => {
    const next = numbers(1);
    for (let step = 0; step < steps; step++) {
      const input = mutated(target, next);
      const outcome = await tried(target, input, most);
      if (outcome.kind === 'fine') continue;
      throw new Error(
        `step ${step}, ${outcome.kind}: ${shown(await shrunk(target, input, outcome.kind, most))}`,
        {
          cause: outcome.kind === 'broken' ? outcome.error : `${outcome.milliseconds} ms`,
        },
      );
    }
  });
}

const broken: Target = {
  name: 'broken by "ab"',
  seeds: [],
  words: [],
  check: (bytes) => assert.ok(!bytes.includes('ab')),
};
const slow: Target = {
  name: 'quadratic in the letters a',
  seeds: [],
  words: [],
  check(bytes) {
    let count = 0;
    for (const one of bytes) for (const other of bytes) if (one === 0x61 && other === 0x61) count++;
    assert.ok(count >= 0);
  },
};

test('what breaks an invariant is found, and shortened', async () => {
  const input = Buffer.from(`${'x'.repeat(500)}ab${'y'.repeat(300)}`);
  assert.equal((await tried(broken, input)).kind, 'broken');
  assert.equal((await tried(broken, Buffer.from('ba'))).kind, 'fine');
  assert.equal((await shrunk(broken, input, 'broken')).toString(), 'ab');
});

test('what takes long is found', async () => {
  assert.equal((await tried(slow, Buffer.alloc(8_000, 'a'))).kind, 'slow');
  assert.equal((await tried(slow, Buffer.alloc(20, 'a'))).kind, 'fine');
  // The assertions of a target are not the work of a request.
  assert.equal((await tried({ ...slow, work: () => {} }, Buffer.alloc(8_000, 'a'))).kind, 'fine');
});

test('all is taken out that does not matter', async () => {
  const hasBoth = async (bytes: Buffer): Promise<boolean> => bytes.includes('<') && bytes.includes('>');
  assert.equal((await withoutNeedless(Buffer.from('a<b>c'), hasBoth)).toString(), '<>');
  assert.equal((await withoutNeedless(Buffer.from('<>'), hasBoth)).toString(), '<>');
});
