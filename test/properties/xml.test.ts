import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { numbers } from '../fuzz/mutation.ts';
import { Counts, shown } from './counts.ts';
import { taking } from './definitions.ts';
import { dialects } from './schemas.ts';
import { runs } from './settings.ts';
import { judgeOf } from './verdicts.ts';
import { documents, schemaOf, written } from './xml-documents.ts';
import { changedXml } from './xml-mutants.ts';

/**
 * Documents are written by the XML objects of the definition. No parser that is not ours has a part in it: what a document
 * stands for is known from before it was written.
 */

const mutants = 32;
const type = 'application/xml';

for (const dialect of dialects) {
  test(`XML by ${dialect}`, async () => {
    const counts = new Counts();
    const cases = fc.record({ document: documents(dialect), seed: fc.nat() });
    await fc.assert(
      fc.asyncProperty(cases, async ({ document, seed }) => {
        const operation = taking(dialect, type, schemaOf(document));
        const judge = await judgeOf(dialect, '/r/{segment}', operation);
        const takes = (xml: string): Promise<boolean> => judge.takesBody(Buffer.from(xml), type);
        const good = written(document);
        assert.equal(await takes(good), true, shown(operation, good));
        const next = numbers(seed);
        for (let count = 0; count < mutants; count++) {
          const mutation = changedXml(document, next);
          const expected = counts.add(mutation.isGood);
          assert.equal(await takes(mutation.value), expected, shown(operation, mutation));
        }
      }),
      runs(25),
    );
    counts.assertBoth();
  });
}
