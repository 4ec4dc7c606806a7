import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { numbers } from '../fuzz/mutation.ts';
import { Counts, shown } from './counts.ts';
import { taking } from './definitions.ts';
import { type Discriminated, discriminated } from './discriminators.ts';
import { type Mutant, mutant, type Next } from './mutants.ts';
import { dialects } from './schemas.ts';
import { runs } from './settings.ts';
import { independent, judgeOf } from './verdicts.ts';

const mutants = 24;

for (const dialect of dialects) {
  test(`discriminators by ${dialect}`, async () => {
    const counts = new Counts();
    const cases = discriminated(dialect).chain((model) =>
      fc.record({ model: fc.constant(model), value: model.value, seed: fc.nat() }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ({ model, value, seed }) => {
        const { written, named, meant } = model;
        const isGood = independent(meant);
        assert.equal(isGood(value), true, `the value is meant to be good: ${shown(meant, value)}`);
        const operation = taking(dialect, 'application/json', written);
        const judge = await judgeOf(dialect, '/r/{segment}', operation, { named });
        const next = numbers(seed);
        const first = { what: 'unchanged', value };
        for (const each of [first, ...Array.from({ length: mutants }, () => changed(value, model, next))]) {
          const text = JSON.stringify(each.value);
          const expected = counts.add(isGood(JSON.parse(text)));
          assert.equal(await judge.takesBody(Buffer.from(text)), expected, shown([operation, named], each));
        }
      }),
      runs(20),
    );
    counts.assertBoth();
  });
}

/** In one place, one time of three in what the property says. */
function changed(value: unknown, { property, values }: Discriminated, next: Next): Mutant<unknown> {
  if (next(3) > 0) return mutant(value, next);
  const other = [...values, ...values, ...values.map((each) => each.toLowerCase()), 'Cow', '', 'constructor'];
  const kind = other[next(other.length)];
  return { what: `${property} is "${kind}"`, value: withKind(value, property, kind) };
}

/** Of the first object that has it. */
function withKind(value: unknown, property: string, kind: unknown): unknown {
  if (Array.isArray(value)) return [withKind(value[0], property, kind), ...(value as unknown[]).slice(1)];
  const object = value as Record<string, unknown>;
  if (!('pet' in object)) return { ...object, [property]: kind };
  return { pet: withKind(object['pet'], property, kind) };
}
