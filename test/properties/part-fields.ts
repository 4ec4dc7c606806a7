import fc from 'fast-check';
import type { FormPart } from './multipart-writing.ts';
import { type Mutant, mutant, type Next } from './mutants.ts';
import { mutantTexts, type Texts } from './parameters.ts';
import { isMeant } from './readings.ts';
import {
  arrays,
  bodies,
  type Dialect,
  everything,
  type JsonSchema,
  type Model,
  objects,
  scalars,
} from './schemas.ts';
import { independent } from './verdicts.ts';

/** A property of a multipart, its good parts, and these changed in one place. */
export interface PartField {
  readonly name: string;
  readonly required: boolean;
  /** In the words of the version; of Swagger 2.0 what a parameter in `formData` has. */
  readonly written: JsonSchema;
  readonly encoding?: object;
  readonly isRepeated: boolean;
  readonly parts: readonly FormPart[];
  readonly change: (next: Next) => ChangedParts;
}

export interface ChangedParts extends Mutant<readonly FormPart[]> {
  readonly isGood: boolean;
}

export function partField(dialect: Dialect, name: string): fc.Arbitrary<PartField> {
  const text = textField(name, scalars(dialect, everything), 'scalar');
  const many = textField(name, arrays(scalars(dialect, everything), 1), 'array');
  if (dialect === '2.0') return fc.oneof(text, many.map(asMulti));
  const json = objects(bodies(dialect, 0));
  return fc.oneof(text, many, jsonField(name, json, false), jsonField(name, json, true));
}

/** Which has `csv` where nothing is stated. */
function asMulti(field: PartField): PartField {
  return { ...field, written: { ...(field.written as object), collectionFormat: 'multi' } };
}

function textField(
  name: string,
  models: fc.Arbitrary<Model>,
  kind: 'scalar' | 'array',
): fc.Arbitrary<PartField> {
  return withValue(models).map(({ model, value, required }) => {
    const isGood = independent(model.meant);
    const texts: Texts =
      kind === 'array' ? { kind, items: (value as unknown[]).map(String) } : { kind, text: String(value) };
    return {
      name,
      required,
      written: model.written,
      isRepeated: kind === 'array',
      parts: partsOf(name, texts),
      change(next) {
        const { what, value: changed } = mutantTexts(texts, next);
        const parts = partsOf(name, changed);
        const isAbsent = parts.length === 0;
        return {
          what,
          value: parts,
          isGood: isAbsent ? !required : isMeant({ model, allowEmptyValue: false }, changed, isGood),
        };
      },
    };
  });
}

/** An object is JSON where nothing else is stated; anything is with a `contentType`. */
function jsonField(name: string, models: fc.Arbitrary<Model>, isStated: boolean): fc.Arbitrary<PartField> {
  return withValue(models).map(({ model, value, required }) => {
    const isGood = independent(model.meant);
    const type = isStated ? ['Content-Type: application/json'] : [];
    const parts = (each: unknown): FormPart[] => [
      { name, fields: type, content: Buffer.from(JSON.stringify(each)) },
    ];
    return {
      name,
      required,
      written: model.written,
      ...(isStated && { encoding: { contentType: 'application/json' } }),
      isRepeated: false,
      parts: parts(value),
      change(next) {
        const { what, value: changed } = mutant(value, next);
        return { what, value: parts(changed), isGood: isGood(JSON.parse(JSON.stringify(changed))) };
      },
    };
  });
}

function withValue(models: fc.Arbitrary<Model>) {
  return models.chain((model) =>
    fc.record({ model: fc.constant(model), value: model.value, required: fc.boolean() }),
  );
}

function partsOf(name: string, texts: Texts): readonly FormPart[] {
  const all = texts.kind === 'array' ? texts.items : 'text' in texts ? [texts.text] : [];
  return all.map((text) => ({ name, fields: [], content: Buffer.from(text) }));
}
