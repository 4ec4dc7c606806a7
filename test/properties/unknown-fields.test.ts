import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { UnknownOption } from '../../packages/gateway/src/openapi/body-judge.ts';
import { Counts, shown } from './counts.ts';
import { taking } from './definitions.ts';
import { formField, formOperation, formType } from './forms.ts';
import { partOf } from './requests.ts';
import { bodies, dialects } from './schemas.ts';
import { runs } from './settings.ts';
import { countObjects, type Extra, lenient, withExtras } from './unknown-fields.ts';
import { independent, judgeOf } from './verdicts.ts';
import { isWritable, together } from './writing.ts';

/**
 * What becomes of fields that a definition does not mention. Which these are the independent validator says: those with
 * which the strict schema refuses a good value, and the lenient one does not.
 */

/** No schema here mentions them, unless it is `created`, which is read only where it is. */
const names = ['role', 'isAdmin', 'created', 'constructor', '$where', 'r\u00f4le', ''];
// No fields within them, of which each may be known or not.
const extra: fc.Arbitrary<Extra> = fc.record({
  name: fc.constantFrom(...names),
  value: fc.constantFrom<unknown>(1, 'a', null, [1, [2]], {}, 'role":"x'),
  at: fc.nat(3),
});

for (const dialect of dialects) {
  test(`unknown fields by ${dialect}`, async () => {
    const counts = new Counts();
    const cases = bodies(dialect).chain((model) =>
      fc.record({
        model: fc.constant(model),
        value: model.value,
        extras: fc.uniqueArray(extra, { minLength: 1, maxLength: 4, selector: ({ name }) => name }),
        isFirst: fc.boolean(),
        blank: fc.constantFrom('', ' ', '\n  '),
      }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ({ model: { written, meant }, value, extras, isFirst, blank }) => {
        fc.pre(countObjects(value) > 0);
        const strict = independent(meant);
        const loose = independent(lenient(meant));
        const withAll = withExtras(value, extras, isFirst);
        const kept = extras.filter((each) => strict(withExtras(value, [each], isFirst)));
        const isTaken = loose(withAll);
        const left = withExtras(value, kept, isFirst);
        const isLeftGood = strict(left);
        const isSilent = kept.length === extras.length;
        const operation = taking(dialect, 'application/json', written);
        const text = JSON.stringify(withAll, undefined, blank);
        const judged = async (unknownFields: UnknownOption) => {
          const judge = await judgeOf(dialect, '/r/{segment}', operation, { unknownFields });
          return judge.body(Buffer.from(text));
        };
        const message = shown(operation, [value, text, kept]);
        counts.add(isTaken && isLeftGood && !isSilent);

        assert.equal((await judged('allow')) === undefined, isTaken, `allow: ${message}`);

        const ignored = await judged('ignore');
        if (!isTaken) assert.ok(isErrors(ignored), `ignore: ${message}`);
        else if (isSilent) assert.equal(ignored, undefined, `ignore: ${message}`);
        else assert.ok(isObject(ignored) && 'ignored' in ignored, `ignore: ${message}`);

        const stripped = await judged('strip');
        if (!isTaken || !isLeftGood) assert.ok(isErrors(stripped), `strip: ${message}`);
        else if (isSilent) assert.equal(stripped, undefined, `strip: ${message}`);
        else {
          assert.ok(isObject(stripped) && 'body' in stripped, `strip: ${message}`);
          assert.equal(plain(stripped.body.toString()), JSON.stringify(left), `strip: ${message}`);
        }
      }),
      runs(30),
    );
    counts.assertBoth();
  });

  test(`unknown fields in forms by ${dialect}`, async () => {
    const fields = ['a', 'b', 'c'].map((name) => partOf(formField(dialect, name)));
    const more = fc.record({
      piece: fc.constantFrom('role=1', 'r%6Fle2=%20+', 'isAdmin', '=x', '%C3%A9=1'),
      at: fc.nat(9),
    });
    const cases = fc.record({
      all: fc.tuple(...fields),
      isClosed: fc.boolean(),
      extras: fc.uniqueArray(more, { minLength: 1, maxLength: 3, selector: ({ piece }) => piece }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ all, isClosed, extras }) => {
        const parts = all.filter(({ parameter, texts }) => isWritable(parameter, texts));
        fc.pre(parts.length > 0);
        const parameters = parts.map(({ parameter }) => parameter);
        // Swagger 2.0 cannot say that there are no others.
        const isRefused = isClosed && dialect !== '2.0';
        const operation = formOperation(dialect, parameters, isRefused ? false : undefined);
        const { query } = together(parts.map(({ written }) => written));
        let pieces = query;
        for (const { piece, at } of extras) pieces = pieces.toSpliced(at, 0, piece);
        const message = shown(operation, pieces);
        for (const unknownFields of ['allow', 'ignore', 'strip'] as const) {
          const judge = await judgeOf(dialect, '/r/{segment}', operation, { unknownFields });
          const judgement = await judge.body(Buffer.from(pieces.join('&')), formType);
          if (isRefused) assert.ok(isErrors(judgement), `${unknownFields}: ${message}`);
          else if (unknownFields === 'allow') assert.equal(judgement, undefined, message);
          else if (unknownFields === 'ignore')
            assert.ok(
              isObject(judgement) && 'ignored' in judgement && judgement.ignored.length === extras.length,
              message,
            );
          else {
            assert.ok(isObject(judgement) && 'body' in judgement, message);
            assert.equal(judgement.body.toString(), query.join('&'), message);
          }
        }
      }),
      runs(20),
    );
  });
}

/** In the order in which it is written, without blanks. */
function plain(text: string): string {
  return JSON.stringify(JSON.parse(text));
}

function isObject(judgement: unknown): judgement is object {
  return typeof judgement === 'object' && judgement !== null;
}

function isErrors(judgement: unknown): boolean {
  return isObject(judgement) && 'errors' in judgement;
}
