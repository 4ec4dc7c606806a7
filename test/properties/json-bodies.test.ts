import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { numbers } from '../fuzz/mutation.ts';
import { Counts, shown } from './counts.ts';
import { taking } from './definitions.ts';
import { brokenTexts, mutant } from './mutants.ts';
import { bodies, dialects } from './schemas.ts';
import { runs } from './settings.ts';
import { independent, judgeOf } from './verdicts.ts';

/**
 * Definitions at random, a request that each describes, and the same changed in one place: what we say of it is what a
 * validator says that is not ours, of the value that the request stands for by the tables of OpenAPI. So it is in all
 * files here.
 */

const mutants = 24;

for (const dialect of dialects) {
  test(`JSON bodies by ${dialect}`, async () => {
    const counts = new Counts();
    const cases = bodies(dialect).chain((model) =>
      fc.record({ model: fc.constant(model), value: model.value, seed: fc.nat() }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ({ model: { written, meant }, value, seed }) => {
        const isGood = independent(meant);
        assert.equal(isGood(value), true, `the value is meant to be good: ${shown(meant, value)}`);
        const judge = await judgeOf(dialect, '/r/{segment}', taking(dialect, 'application/json', written));
        const next = numbers(seed);
        const first = { what: 'unchanged', value };
        for (const each of [first, ...Array.from({ length: mutants }, () => mutant(value, next))]) {
          const text = JSON.stringify(each.value);
          const expected = counts.add(isGood(JSON.parse(text)));
          assert.equal(await judge.takesBody(Buffer.from(text)), expected, shown(written, each));
        }
        for (const { what, value: bytes } of brokenTexts(JSON.stringify(value)))
          assert.equal(await judge.takesBody(bytes), false, shown(written, `${what}: ${bytes.toString()}`));
      }),
      runs(40),
    );
    counts.assertBoth();
  });
}
