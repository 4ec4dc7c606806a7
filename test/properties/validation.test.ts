import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { numbers } from '../fuzz/mutation.ts';
import { brokenTexts, mutant } from './mutants.ts';
import {
  isWritable,
  mutantTexts,
  type Parameter,
  parameters,
  readings,
  type Texts,
  textsOf,
  write,
} from './parameters.ts';
import { bodies, type Dialect } from './schemas.ts';
import { independent, judgeOf } from './verdicts.ts';

/**
 * Definitions at random, a request that each describes, and the same changed in one place: what we say of it is what a
 * validator says that is not ours, of the value that the request stands for by the tables of OpenAPI.
 */

const dialects: readonly Dialect[] = ['3.0.3', '3.1.0'];
const mutants = 24;

for (const dialect of dialects) {
  test(`JSON bodies by ${dialect}`, async () => {
    const counts = { taken: 0, refused: 0 };
    const cases = bodies(dialect).chain((model) =>
      fc.record({
        written: fc.constant(model.written),
        meant: fc.constant(model.meant),
        value: model.value,
        seed: fc.nat(),
      }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ({ written, meant, value, seed }) => {
        const isGood = independent(meant);
        assert.equal(isGood(value), true, `the value is meant to be good: ${shown(meant, value)}`);
        const content = { 'application/json': { schema: written } };
        const judge = await judgeOf(dialect, '/r/{segment}', { requestBody: { required: true, content } });
        const next = numbers(seed);
        const values = [value, ...Array.from({ length: mutants }, () => mutant(value, next))];
        for (const each of values) {
          const text = JSON.stringify(each);
          const expected = isGood(JSON.parse(text));
          counts[expected ? 'taken' : 'refused']++;
          assert.equal(judge.body(Buffer.from(text)), expected, shown(written, each));
        }
        for (const bytes of brokenTexts(JSON.stringify(value)))
          assert.equal(judge.body(bytes), false, shown(written, bytes.toString()));
      }),
      { numRuns: 150, endOnFailure: true },
    );
    assertBoth(counts);
  });

  test(`parameters by ${dialect}`, async () => {
    const counts = { taken: 0, refused: 0 };
    const cases = parameters(dialect).chain((parameter) =>
      fc.record({ parameter: fc.constant(parameter), value: parameter.model.value, seed: fc.nat() }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ({ parameter, value, seed }) => {
        const { kind, model, ...stated } = parameter;
        const { in: location, style, explode, required, allowEmptyValue } = stated;
        const definition = {
          name: 'p',
          in: location,
          style,
          explode,
          required,
          ...(allowEmptyValue && { allowEmptyValue }),
          schema: model.written,
        };
        const path = location === 'path' ? '/r/{p}' : '/r/x';
        const judge = await judgeOf(dialect, path, { parameters: [definition] });
        const isGood = independent(model.meant);
        const next = numbers(seed);
        const first = textsOf(kind, value);
        const all = [first, ...Array.from({ length: mutants }, () => mutantTexts(first, next))];
        for (const texts of all) {
          if (!isWritable(parameter, texts)) continue;
          const written = write(parameter, texts);
          const expected = isMeant(parameter, texts, isGood);
          counts[expected ? 'taken' : 'refused']++;
          assert.equal(judge.parameters(written), expected, shown(definition, { texts, written }));
        }
        if (!isWritable(parameter, first)) return;
        const written = write(parameter, first);
        const refused = [
          { ...written, query: `${written.query}&role=%C3` },
          { ...written, query: `${written.query}&p%00=1` },
          { ...written, query: `${written.query}&p=%zz` },
          { ...written, query: `${written.query}&p=%C0%AF` },
        ];
        // An object may say that it has properties of any name.
        if (model.others === undefined) refused.push({ ...written, query: `${written.query}&role=admin` });
        if (kind === 'scalar')
          refused.push(
            { ...written, headers: [...written.headers, ...written.headers] },
            { ...written, cookies: [...written.cookies, ...written.cookies] },
            { ...written, query: `${written.query}&${written.query}` },
          );
        for (const each of refused) {
          if (each.headers.length + each.cookies.length === written.headers.length + written.cookies.length) {
            if (each.query === written.query || each.query === '&') continue;
          }
          assert.equal(judge.parameters(each), false, shown(definition, each));
        }
        if (location !== 'path') {
          const none = { segment: 'x', query: '', headers: [], cookies: [] };
          assert.equal(judge.parameters(none), !required, shown(definition, 'absent'));
        }
      }),
      { numRuns: 250, endOnFailure: true },
    );
    assertBoth(counts);
  });
}

/** A run in which nearly everything is refused, or nothing, shows little. */
function assertBoth({ taken, refused }: { readonly taken: number; readonly refused: number }): void {
  assert.ok(taken > 500 && refused > 500, `${taken} taken, ${refused} refused`);
}

function shown(definition: unknown, request: unknown): string {
  return `${JSON.stringify(definition)} and ${JSON.stringify(request)}`;
}

/** Whether some reading of the texts is good; a property twice has none. */
function isMeant(parameter: Parameter, texts: Texts, isGood: (value: unknown) => boolean): boolean {
  const { types, items, members, others } = parameter.model;
  if (texts.kind === 'scalar') {
    if (texts.text === '' && parameter.allowEmptyValue) return true;
    return readings(texts.text, types).some(isGood);
  }
  if (texts.kind === 'array') {
    const values = texts.items.map((text) => readings(text, items!)[0]);
    return values.every((value) => value !== undefined) && isGood(values);
  }
  const object: Record<string, unknown> = {};
  for (const [name, text] of texts.pairs) {
    if (Object.hasOwn(object, name)) return false;
    const value = readings(text, (Object.hasOwn(members!, name) ? members![name] : others) ?? [])[0];
    if (value === undefined) return false;
    object[name] = value;
  }
  return isGood(object);
}
