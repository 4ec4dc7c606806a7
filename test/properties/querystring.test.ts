import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { numbers } from '../fuzz/mutation.ts';
import { Counts, shown } from './counts.ts';
import { besidesFields, formField, formOperation, formType } from './forms.ts';
import { changed, partOf } from './requests.ts';
import { runs } from './settings.ts';
import { judgeOf } from './verdicts.ts';
import { isWritable, together } from './writing.ts';

const mutants = 24;
const dialect = '3.2.0';

test('the query as one form (OpenAPI 3.2)', async () => {
  const counts = new Counts();
  // By the encoding that is so without one being stated.
  const fields = ['a', 'b', 'c'].map((name) =>
    partOf(
      formField(dialect, name).filter(
        ({ kind, style, explode, allowReserved }) =>
          !allowReserved && (kind === 'scalar' || (kind === 'array' && style === 'form' && explode)),
      ),
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.record({ all: fc.tuple(...fields), seed: fc.nat() }), async ({ all, seed }) => {
      const parts = all.filter(({ parameter, texts }) => isWritable(parameter, texts));
      fc.pre(parts.length > 0);
      const form = formOperation(
        dialect,
        parts.map(({ parameter }) => parameter),
        false,
      );
      const { content } = form.requestBody as { content: Record<string, { schema: object }> };
      const { schema } = content[formType]!;
      const parameters = [
        { in: 'querystring', name: 'all', required: true, content: { [formType]: { schema } } },
      ];
      const judge = await judgeOf(dialect, '/r/x', { parameters });
      const good = together(parts.map(({ written }) => written));
      assert.equal(judge.takesParameters(good), true, shown(parameters, good));
      const next = numbers(seed);
      for (let count = 0; count < mutants; count++) {
        const mutation = changed(parts, next, besidesFields);
        // Of no query at all nothing is said but that there has to be one.
        if (mutation === undefined || mutation.written.query.length === 0) continue;
        const expected = counts.add(mutation.isGood);
        assert.equal(judge.takesParameters(mutation.written), expected, shown(parameters, mutation));
      }
    }),
    runs(15),
  );
  counts.assertBoth();
});
