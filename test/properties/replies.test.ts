import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fields } from '../../packages/gateway/src/http/fields.ts';
import { ReplyValidator } from '../../packages/gateway/src/openapi/reply-validator.ts';
import { contentRule, responseFor } from '../../packages/gateway/src/openapi/responses.ts';
import { numbers } from '../fuzz/mutation.ts';
import { Counts, shown } from './counts.ts';
import { definitionOf, type Operation } from './definitions.ts';
import { brokenTexts, mutant } from './mutants.ts';
import { type Parameter, parameter, stated } from './parameters.ts';
import { inReply, valueInReply, withUndeclared } from './reply-schemas.ts';
import { changed, partOf } from './requests.ts';
import { bodies, type Dialect, dialects, type JsonSchema } from './schemas.ts';
import { runs } from './settings.ts';
import { type Extra, withExtras } from './unknown-fields.ts';
import { independent } from './verdicts.ts';
import { isWritable, together } from './writing.ts';

const mutants = 16;
/** No schema mentions them but `created` and `secret`, which only replies and only requests have. */
const extra: fc.Arbitrary<Extra> = fc.record({
  name: fc.constantFrom('role', 'created', 'secret', 'constructor', 'r\u00f4le', ''),
  value: fc.constantFrom<unknown>(1, 'a', null, [1]),
  at: fc.nat(3),
});

for (const dialect of dialects) {
  test(`content of replies by ${dialect}`, async () => {
    const counts = new Counts();
    const cases = bodies(dialect).chain((model) =>
      fc.record({
        model: fc.constant(model),
        value: model.value.map(valueInReply),
        extras: fc.uniqueArray(extra, { minLength: 1, maxLength: 3, selector: ({ name }) => name }),
        isFirst: fc.boolean(),
        seed: fc.nat(),
      }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ({ model: { written, meant }, value, extras, isFirst, seed }) => {
        const declared = inReply(meant);
        const strict = independent(declared);
        const loose = independent(withUndeclared(declared));
        const check = await checking(dialect, written);
        const next = numbers(seed);
        const all = Array.from({ length: mutants }, () => mutant(value, next));
        for (const each of [{ what: 'unchanged', value }, ...all]) {
          const text = JSON.stringify(each.value);
          const found = check(text);
          const isGood = counts.add(strict(JSON.parse(text)));
          const message = shown(written, each);
          if (isGood) assert.equal(found, undefined, message);
          else if (found === undefined) assert.equal(loose(JSON.parse(text)), true, message);
          else assert.equal(found.errors.length === 0, loose(JSON.parse(found.left.toString())), message);
        }
        for (const { what, value: bytes } of brokenTexts(JSON.stringify(value)))
          assert.ok((check(bytes)?.errors.length ?? 0) > 0, shown(written, what));
        if (!strict(value)) return;
        const withAll = withExtras(value, extras, isFirst);
        const removed = extras.filter((each) => {
          const one = withExtras(value, [each], isFirst);
          return !strict(one) && loose(one);
        });
        const left = withExtras(
          value,
          extras.filter((each) => !removed.includes(each)),
          isFirst,
        );
        const found = check(JSON.stringify(withAll));
        const message = shown(written, [withAll, left]);
        if (JSON.stringify(withAll) === JSON.stringify(value)) return;
        assert.equal(found?.undeclared.length ?? 0, removed.length, message);
        if (found !== undefined) assert.equal(found.left.toString(), JSON.stringify(left), message);
        assert.equal((found?.errors.length ?? 0) === 0, loose(left), message);
      }),
      runs(35),
    );
    counts.assertBoth();
  });

  test(`fields of replies by ${dialect}`, async () => {
    const counts = new Counts();
    const parts = ['a', 'b', 'c'].map((name) => partOf(parameter(dialect, name).filter(isField)));
    await fc.assert(
      fc.asyncProperty(fc.record({ all: fc.tuple(...parts), seed: fc.nat() }), async ({ all, seed }) => {
        const usable = all.filter(({ parameter: each, texts }) => isWritable(each, texts));
        fc.pre(usable.length > 0);
        const headers = Object.fromEntries(
          usable.map(({ parameter: each }) => {
            const { name: _name, in: _in, ...header } = stated(dialect, each) as Record<string, unknown>;
            return [each.name, header];
          }),
        );
        const { operations, shared } = await definitionOf(dialect, '/r', {
          responses: { 200: { description: '', headers } },
        });
        const validator = new ReplyValidator(shared);
        const response = responseFor(operations[0]!, 200)!;
        const takes = (fields: readonly (readonly [string, string])[]): boolean =>
          validator.checkFields(response, new Fields(fields.flat())) === undefined;
        const good = together(usable.map(({ written }) => written));
        assert.equal(takes(good.fields), true, shown(headers, good.fields));
        const next = numbers(seed);
        for (let count = 0; count < mutants; count++) {
          const mutation = changed(usable, next, (written) => [{ what: 'unchanged', written, isGood: true }]);
          // Replies have no query that a field could stand in.
          if (mutation === undefined || mutation.written.query.length > 0) continue;
          const expected = counts.add(mutation.isGood);
          assert.equal(takes(mutation.written.fields), expected, shown(headers, mutation));
        }
      }),
      runs(20),
    );
    counts.assertBoth();
  });

  test(`statuses and types of replies by ${dialect}`, async () => {
    const keys = ['200', '404', '2XX', '4XX', 'default'].filter(
      (key) => dialect !== '2.0' || !key.includes('X'),
    );
    const types = ['application/json', 'application/problem+json', 'application/*', '*/*'];
    const cases = fc.record({
      stated: fc.uniqueArray(fc.constantFrom(...keys), { minLength: 1 }),
      types: fc.uniqueArray(fc.constantFrom(...types.slice(0, dialect === '2.0' ? 2 : 4)), { minLength: 1 }),
      status: fc.constantFrom(200, 201, 299, 301, 404, 499, 500),
      type: fc.constantFrom(
        ...types.slice(0, 2),
        'application/JSON; charset=utf-8',
        'text/plain',
        'text/json',
      ),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ stated: codes, types: offered, status, type }) => {
        const answers = (key: string, each: string): JsonSchema => ({ type: 'string', enum: [key + each] });
        const responses = Object.fromEntries(
          codes.map((key) => [key, answering(dialect, key, offered, answers)]),
        );
        const { operations } = await definitionOf(dialect, '/r', { responses, produces: offered });
        const response = responseFor(operations[0]!, status);
        const code = [String(status), `${String(status)[0]}XX`, 'default'].find((key) => codes.includes(key));
        const message = shown([codes, offered], [status, type]);
        assert.equal(response !== undefined, code !== undefined, message);
        if (response === undefined || code === undefined) return;
        const [plain = ''] = type.toLowerCase().split(';');
        const key = [plain, plain.replace(/\/.*/, '/*'), '*/*'].find((each) => offered.includes(each));
        const rule = contentRule(response, [type]);
        if (key === undefined) assert.equal(rule.kind, 'undeclared', message);
        else if (!/^application\/json$|[+]json$/.test(plain)) assert.equal(rule.kind, 'opaque', message);
        else {
          const schema = dialect === '2.0' ? answers(code, '') : answers(code, key);
          assert.equal(JSON.stringify(rule), JSON.stringify({ kind: 'json', schema }), message);
        }
      }),
      runs(35),
    );
  });
}

/** In JSON in a field of a reply nothing is unknown. */
function isField({ in: location, kind }: Parameter): boolean {
  return location === 'header' && kind !== 'json';
}

/** Swagger 2.0 has one schema for all types, which `produces` states. */
function answering(
  dialect: Dialect,
  key: string,
  types: readonly string[],
  schemaOf: (key: string, type: string) => JsonSchema,
): object {
  if (dialect === '2.0') return { description: '', schema: schemaOf(key, '') };
  const content = Object.fromEntries(types.map((type) => [type, { schema: schemaOf(key, type) }]));
  return { description: '', content };
}

async function checking(dialect: Dialect, schema: JsonSchema) {
  const types = ['application/json'];
  const responses = { 200: answering(dialect, '200', types, () => schema) };
  const operation: Operation = { responses, produces: types };
  const { operations, shared } = await definitionOf(dialect, '/r', operation);
  const validator = new ReplyValidator(shared);
  const rule = contentRule(responseFor(operations[0]!, 200)!, types);
  if (rule.kind !== 'json') throw new Error(`the reply is ${rule.kind}`);
  return (text: string | Buffer) => validator.checkJson(rule.schema, Buffer.from(text));
}
