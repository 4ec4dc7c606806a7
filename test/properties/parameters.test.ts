import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { numbers } from '../fuzz/mutation.ts';
import { Counts, shown } from './counts.ts';
import { mutantTexts, type Parameter, parameter, stated, textsOf } from './parameters.ts';
import { isMeant } from './readings.ts';
import { dialects } from './schemas.ts';
import { runs } from './settings.ts';
import { independent, judgeOf } from './verdicts.ts';
import { isWritable, nowhere, together, type Written, write } from './writing.ts';

const mutants = 24;

for (const dialect of dialects) {
  test(`parameters by ${dialect}`, async () => {
    const counts = new Counts();
    const cases = parameter(dialect, 'p').chain((found) =>
      fc.record({ found: fc.constant(found), value: found.model.value, seed: fc.nat() }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ({ found, value, seed }) => {
        const definition = stated(dialect, found);
        const path = found.in === 'path' ? '/r/{p}' : '/r/x';
        const judge = await judgeOf(dialect, path, { parameters: [definition] });
        const isGood = independent(found.model.meant);
        const next = numbers(seed);
        const first = textsOf(found.kind, value);
        const all = Array.from({ length: mutants }, () => mutantTexts(first, next));
        for (const each of [{ what: 'unchanged', value: first }, ...all]) {
          if (!isWritable(found, each.value)) continue;
          const written = together([write(found, each.value)]);
          const expected = counts.add(isMeant(found, each.value, isGood));
          assert.equal(judge.takesParameters(written), expected, shown(definition, { ...each, written }));
        }
        if (!isWritable(found, first)) return;
        for (const each of refused(found, together([write(found, first)])))
          assert.equal(judge.takesParameters(each), false, shown(definition, each));
        if (found.in !== 'path')
          assert.equal(
            judge.takesParameters(together([nowhere])),
            !found.required,
            shown(definition, 'none'),
          );
      }),
      runs(60),
    );
    counts.assertBoth();
  });
}

/** What no definition allows: a parameter that is not there, or twice, or that cannot be decoded. */
function refused(parameter: Parameter, written: Written): readonly Written[] {
  const { kind, model } = parameter;
  const withMore = (piece: string): Written => ({ ...written, query: [...written.query, piece] });
  const all = ['role=%C3', 'p%00=1', 'p=%zz', 'p=%C0%AF'].map(withMore);
  // An object may say that it has properties of any name.
  if (kind !== 'object' || model.others === undefined) all.push(withMore('role=admin'));
  if (kind !== 'scalar' && kind !== 'json') return all;
  if (parameter.in === 'query') all.push({ ...written, query: [...written.query, ...written.query] });
  if (parameter.in === 'header') all.push({ ...written, fields: [...written.fields, ...written.fields] });
  if (parameter.in === 'cookie') all.push({ ...written, cookies: [...written.cookies, ...written.cookies] });
  return all;
}
