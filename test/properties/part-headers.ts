import fc from 'fast-check';
import type { FormPart } from './multipart-writing.ts';
import type { PartField } from './part-fields.ts';

const name = 'X-Count';

/** Values, and whether they are integers of at least 3. */
const values: readonly (readonly [text: string, isGood: boolean])[] = [
  ['3', true],
  ['12', true],
  ['2', false],
  ['07', false],
  ['7.0', false],
  ['', false],
  ['3, 3', false],
];

/** The field with a header in each of its parts (OpenAPI 3.1 section 4.8.15, `headers`). */
export function withHeader(fields: fc.Arbitrary<PartField>): fc.Arbitrary<PartField> {
  return fc.tuple(fields, fc.boolean()).map(([field, required]): PartField => {
    const headers = { [name]: { required, schema: { type: 'integer', minimum: 3 } } };
    const having = (text: string) => (part: FormPart) => ({
      ...part,
      fields: [...part.fields, `${name}: ${text}`],
    });
    const [first, ...rest] = field.parts as [FormPart];
    return {
      ...field,
      encoding: { ...field.encoding, headers },
      parts: field.parts.map(having('3')),
      change(next) {
        if (next(3) > 0) {
          const changed = field.change(next);
          return { ...changed, value: changed.value.map(having('3')) };
        }
        const others = rest.map(having('3'));
        const at = next(values.length + 1);
        const chosen = values[at];
        if (chosen === undefined) return { what: `no ${name}`, value: [first, ...others], isGood: !required };
        const [text, isGood] = chosen;
        return { what: `${name} "${text}"`, value: [having(text)(first), ...others], isGood };
      },
    };
  });
}
