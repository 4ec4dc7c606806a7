import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { numbers } from '../fuzz/mutation.ts';
import { Counts, shown } from './counts.ts';
import { parameter, stated } from './parameters.ts';
import { besides, changed, partOf } from './requests.ts';
import { type Dialect, dialects } from './schemas.ts';
import { runs } from './settings.ts';
import { judgeOf } from './verdicts.ts';
import { isWritable, together } from './writing.ts';

/** Several parameters at once: what is said of one must not hang on the others. */

const mutants = 24;

for (const dialect of dialects) {
  test(`several parameters by ${dialect}`, async () => {
    const counts = new Counts();
    const cases = fc.record({
      all: fc.tuple(...['a', 'b', 'c', 'd', 'e'].map((name) => partOf(usable(dialect, name)))),
      seed: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ all, seed }) => {
        const parts = all.filter(({ parameter: each, texts }) => isWritable(each, texts));
        const inPath = parts.flatMap(({ parameter: each }) => (each.in === 'path' ? [`{${each.name}}`] : []));
        const path = `/r/${inPath.length > 0 ? inPath.join('/') : 'x'}`;
        const parameters = parts.map((part) => stated(dialect, part.parameter));
        const judge = await judgeOf(dialect, path, { parameters });
        assert.equal(
          judge.takesParameters(together(parts.map((part) => part.written))),
          true,
          shown(parameters, parts),
        );
        const next = numbers(seed);
        for (let count = 0; count < mutants; count++) {
          const mutation = changed(parts, next, besides);
          if (mutation === undefined) continue;
          counts.add(mutation.isGood);
          assert.equal(judge.takesParameters(mutation.written), mutation.isGood, shown(parameters, mutation));
        }
      }),
      runs(25),
    );
    counts.assertBoth();
  });
}

/** An object that has properties of any name, each a parameter of its own, would take what others leave. */
function usable(dialect: Dialect, name: string) {
  return parameter(dialect, name, `${name}-`).filter(
    ({ in: location, style, explode, kind, model }) =>
      !(
        location === 'query' &&
        style === 'form' &&
        explode &&
        kind === 'object' &&
        model.others !== undefined
      ),
  );
}
