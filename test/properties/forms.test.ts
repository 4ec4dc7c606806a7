import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { numbers } from '../fuzz/mutation.ts';
import { Counts, shown } from './counts.ts';
import { besidesFields, besidesIntegers, formField, formOperation, formType } from './forms.ts';
import { changed, partOf } from './requests.ts';
import { dialects } from './schemas.ts';
import { runs } from './settings.ts';
import { judgeOf } from './verdicts.ts';
import { isWritable, together, type Written } from './writing.ts';

const mutants = 24;

for (const dialect of dialects) {
  test(`forms by ${dialect}`, async () => {
    const counts = new Counts();
    const fields = ['a', 'b', 'c', 'd'].map((name) => partOf(formField(dialect, name)));
    const cases = fc.record({ all: fc.tuple(...fields), isClosed: fc.boolean(), seed: fc.nat() });
    await fc.assert(
      fc.asyncProperty(cases, async ({ all, isClosed, seed }) => {
        const parts = all.filter(({ parameter, texts }) => isWritable(parameter, texts));
        fc.pre(parts.length > 0);
        const operation = formOperation(
          dialect,
          parts.map(({ parameter }) => parameter),
          isClosed ? false : undefined,
        );
        const judge = await judgeOf(dialect, '/r/{segment}', operation);
        const good = together(parts.map(({ written }) => written));
        assert.equal(await judge.takesBody(form(good), formType), true, shown(operation, good));
        const next = numbers(seed);
        for (let count = 0; count < mutants; count++) {
          const mutation = changed(parts, next, besidesFields);
          if (mutation === undefined) continue;
          const expected = counts.add(mutation.isGood);
          assert.equal(
            await judge.takesBody(form(mutation.written), formType),
            expected,
            shown(operation, mutation),
          );
        }
      }),
      runs(25),
    );
    counts.assertBoth();
  });
}

for (const dialect of dialects.filter((each) => each !== '2.0')) {
  test(`forms with other fields by ${dialect}`, async () => {
    const fields = ['a', 'b'].map((name) => partOf(formField(dialect, name)));
    await fc.assert(
      fc.asyncProperty(fc.tuple(...fields), async (all) => {
        const parts = all.filter(({ parameter, texts }) => isWritable(parameter, texts));
        const parameters = parts.map(({ parameter }) => parameter);
        const operation = formOperation(dialect, parameters, { type: 'integer' });
        const judge = await judgeOf(dialect, '/r/{segment}', operation);
        for (const each of besidesIntegers(together(parts.map(({ written }) => written))))
          assert.equal(
            await judge.takesBody(form(each.written), formType),
            each.isGood,
            shown(operation, each),
          );
      }),
      runs(25),
    );
  });
}

function form({ query }: Written): Buffer {
  return Buffer.from(query.join('&'));
}
