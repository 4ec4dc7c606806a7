import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { numbers } from '../fuzz/mutation.ts';
import { Counts, shown } from './counts.ts';
import { taking } from './definitions.ts';
import { brokenTexts, type Mutant, mutant, type Next } from './mutants.ts';
import { bodies, type Dialect, dialects, type JsonSchema } from './schemas.ts';
import { runs } from './settings.ts';
import { independent, judgeOf } from './verdicts.ts';

/** Many JSON texts in one body: it is good if each of them is, and nothing stands between them but what should. */

const mutants = 16;

/** What stands before each text, and behind it. */
const frames = {
  'application/x-ndjson': ['', '\n'],
  'application/jsonl': ['', '\r\n'],
  'application/json-seq': ['\x1e', '\n'],
} as const;
type Type = keyof typeof frames;

for (const dialect of dialects) {
  test(`lines by ${dialect}`, async () => {
    const counts = new Counts();
    const cases = bodies(dialect, 1)
      .filter(({ types }) => !types.includes('array'))
      .chain((model) =>
        fc.record({
          model: fc.constant(model),
          values: fc.array(model.value, { minLength: 1, maxLength: 4 }),
          type: fc.constantFrom(...(Object.keys(frames) as Type[])),
          saidBy: fc.constantFrom('schema', 'items', ...(dialect === '3.2.0' ? ['itemSchema'] : [])),
          seed: fc.nat(),
        }),
      );
    await fc.assert(
      fc.asyncProperty(cases, async ({ model: { written, meant }, values, type, saidBy, seed }) => {
        const isGood = independent(meant);
        const operation = operationOf(dialect, type, written, saidBy);
        const judge = await judgeOf(dialect, '/r/{segment}', operation);
        const texts = values.map((value) => JSON.stringify(value));
        const body = framed(texts, type);
        assert.equal(await judge.takesBody(body, type), true, shown(operation, body.toString()));
        const next = numbers(seed);
        for (let count = 0; count < mutants; count++) {
          const at = next(values.length);
          const { what, value } = mutant(values[at], next);
          const text = JSON.stringify(value);
          const expected = counts.add(isGood(JSON.parse(text)));
          const changed = framed(texts.with(at, text), type);
          assert.equal(
            await judge.takesBody(changed, type),
            expected,
            shown(operation, `${at}: ${what}: ${changed.toString()}`),
          );
        }
        for (const { what, value } of [...brokenLines(texts, type, next), ...brokenFrames(texts, type)])
          assert.equal(
            await judge.takesBody(value, type),
            false,
            shown(operation, `${what}: ${value.toString()}`),
          );
      }),
      runs(25),
    );
    counts.assertBoth();
  });
}

function operationOf(dialect: Dialect, type: string, schema: JsonSchema, saidBy: string) {
  const items: JsonSchema = { type: 'array', items: schema };
  if (saidBy === 'itemSchema') return taking(dialect, type, items, { schema: undefined, itemSchema: schema });
  return taking(dialect, type, saidBy === 'items' ? items : schema);
}

function framed(texts: readonly (string | Buffer)[], type: Type): Buffer {
  const [before, behind] = frames[type];
  return Buffer.concat(
    texts.flatMap((text) => [Buffer.from(before), Buffer.from(text), Buffer.from(behind)]),
  );
}

/** One of the texts is not JSON. */
function brokenLines(texts: readonly string[], type: Type, next: Next): readonly Mutant<Buffer>[] {
  const at = next(texts.length);
  return brokenTexts(texts[at]!).map(({ what, value }) => ({
    what,
    value: framed([...texts.slice(0, at), value, ...texts.slice(at + 1)], type),
  }));
}

function brokenFrames(texts: readonly string[], type: Type): readonly Mutant<Buffer>[] {
  const all = {
    'an empty text': framed([...texts, '', ...texts], type),
    'two texts in one': framed([`${texts[0]} ${texts[0]}`], type),
    'a comma between': framed([texts[0]!, `,${texts[0]!}`], type),
    'one array': framed([JSON.stringify(texts.map((text) => JSON.parse(text)))], type),
    ...(type === 'application/json-seq'
      ? {
          'cut off': framed(texts, type).subarray(0, -1),
          'no separator': framed(texts, type).subarray(1),
        }
      : {
          'a record separator': framed(
            texts.map((text) => `\x1e${text}`),
            type,
          ),
        }),
  };
  return Object.entries(all).map(([what, value]) => ({ what, value }));
}
