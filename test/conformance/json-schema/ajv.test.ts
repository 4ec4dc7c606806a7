import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { passedByAjv } from './ajv-baseline.ts';
import { jsonSchema } from './vectors.ts';

const corpora = process.env['PORTCULLIS_CORPORA'];
const skip = corpora === undefined ? 'PORTCULLIS_CORPORA names no folder with json-schema' : false;

test('of the vectors for 2020-12 no fewer come out right than with ajv by itself', { skip }, async () => {
  const folder = join(corpora!, 'json-schema');
  const byAjv = passedByAjv(folder, jsonSchema.parts(folder));
  let ours = 0;
  let its = 0;
  for (const [part, count] of byAjv) {
    const outcomes = await jsonSchema.outcomes(folder, part);
    ours += outcomes.filter(({ expected, actual }) => expected === actual).length;
    its += count;
  }
  assert.ok(its > 1_500, `ajv has ${its} right`);
  assert.ok(ours >= its, `${ours} come out right, with ajv by itself ${its}`);
});
