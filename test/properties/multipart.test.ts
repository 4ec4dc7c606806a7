import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { numbers } from '../fuzz/mutation.ts';
import { Counts, shown } from './counts.ts';
import type { Operation } from './definitions.ts';
import { fileField, maxFileSize } from './file-fields.ts';
import { brokenFrames, type FormPart, multipart, multipartType } from './multipart-writing.ts';
import type { Next } from './mutants.ts';
import { type ChangedParts, type PartField, partField } from './part-fields.ts';
import { withHeader } from './part-headers.ts';
import { type Dialect, dialects } from './schemas.ts';
import { runs } from './settings.ts';
import { judgeOf } from './verdicts.ts';

const mutants = 24;

for (const dialect of dialects) {
  test(`multipart by ${dialect}`, async () => {
    const counts = new Counts();
    const fields = ['a', 'b c', 'd-\u00e9'].map((name) =>
      fc.oneof(
        { weight: 2, arbitrary: partField(dialect, name) },
        { weight: 1, arbitrary: fileField(dialect, name) },
      ),
    );
    const withHeaders = fields.map((field) => fc.oneof(field, dialect === '2.0' ? field : withHeader(field)));
    const cases = fc.record({ fields: fc.tuple(...withHeaders), seed: fc.nat() });
    await fc.assert(
      fc.asyncProperty(cases, async ({ fields: all, seed }) => {
        const operation = operationOf(dialect, all);
        const judge = await judgeOf(dialect, '/r/{segment}', operation, { maxFileSize });
        const takes = (body: Buffer): Promise<boolean> => judge.takesBody(body, multipartType);
        const parts = all.flatMap((field) => field.parts);
        assert.equal(await takes(multipart(parts)), true, shown(operation, multipart(parts).toString()));
        const next = numbers(seed);
        for (let count = 0; count < mutants; count++) {
          const { what, value, isGood } = changed(all, next);
          // A body without parts is none.
          const body = multipart(value);
          const expected = counts.add(isGood && value.length > 0);
          assert.equal(await takes(body), expected, shown(operation, `${what}: ${body.toString()}`));
        }
        for (const { what, body } of brokenFrames(parts))
          assert.equal(await takes(body), false, shown(operation, `${what}: ${body.toString()}`));
      }),
      runs(25),
    );
    counts.assertBoth();
  });
}

function operationOf(dialect: Dialect, fields: readonly PartField[]): Operation {
  const type = 'multipart/form-data';
  if (dialect === '2.0') {
    const parameters = fields.map(({ name, required, written }) => ({
      name,
      in: 'formData',
      required,
      ...(written as object),
    }));
    return { consumes: [type], parameters };
  }
  const required = fields.filter((field) => field.required).map(({ name }) => name);
  const schema = {
    type: 'object',
    properties: Object.fromEntries(fields.map(({ name, written }) => [name, written])),
    ...(required.length > 0 && { required }),
  };
  const encoding = Object.fromEntries(
    fields.flatMap(({ name, encoding: each }) => (each ? [[name, each]] : [])),
  );
  return { requestBody: { required: true, content: { [type]: { schema, encoding } } } };
}

/** All parts, of which one is changed, or is there or not. */
function changed(fields: readonly PartField[], next: Next): ChangedParts {
  const at = next(fields.length);
  const field = fields[at]!;
  const put = (parts: readonly FormPart[]): readonly FormPart[] =>
    fields.flatMap((each, index) => (index === at ? parts : each.parts));
  if (next(3) > 0) {
    const { what, value, isGood } = field.change(next);
    return { what: `${field.name}: ${what}`, value: put(value), isGood };
  }
  const all = fields.flatMap(({ parts }) => parts);
  const [first] = field.parts as [FormPart];
  const isFile = first.filename !== undefined;
  const typed = (type: string): readonly FormPart[] =>
    put([{ ...first, fields: [`Content-Type: ${type}`] }, ...field.parts.slice(1)]);
  const changes: readonly ChangedParts[] = [
    { what: 'left out', value: put([]), isGood: !field.required },
    { what: 'in another order', value: fields.toReversed().flatMap(({ parts }) => parts), isGood: true },
    { what: 'an unknown field', value: [...all, { ...first, name: 'role' }], isGood: false },
    {
      what: 'a name in upper case',
      value: put([{ ...first, name: first.name.toUpperCase() }]),
      isGood: false,
    },
    { what: 'HTML', value: typed('text/html'), isGood: false },
    ...(field.isRepeated ? [] : [{ what: 'twice', value: put([first, first]), isGood: false }]),
    ...(isFile ? [] : texts(first, put)),
  ];
  return changes[next(changes.length)]!;
}

/** Changes of a part that is no file. */
function texts(
  first: FormPart,
  put: (parts: readonly FormPart[]) => readonly FormPart[],
): readonly ChangedParts[] {
  const content = Buffer.concat([first.content, Buffer.from([0xc3])]);
  return [
    { what: 'with the name of a file', value: put([{ ...first, filename: 'a.txt' }]), isGood: false },
    { what: 'half a character', value: put([{ ...first, content }]), isGood: false },
    {
      what: 'in UTF-16',
      value: put([{ ...first, fields: ['Content-Type: text/plain; charset=utf-16'] }]),
      isGood: false,
    },
  ];
}
