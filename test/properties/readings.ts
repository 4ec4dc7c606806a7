import type { Parameter, Texts } from './parameters.ts';
import type { Model } from './schemas.ts';

/** Whether some reading of the texts is good; a property twice has none. */
export function isMeant(
  parameter: Pick<Parameter, 'model' | 'allowEmptyValue'>,
  texts: Texts,
  isGood: (value: unknown) => boolean,
): boolean {
  const { model } = parameter;
  switch (texts.kind) {
    case 'json':
      return !texts.isBroken && isGood(JSON.parse(texts.text));
    case 'scalar':
      if (texts.text === '' && parameter.allowEmptyValue) return true;
      return readings(texts.text, model.types).some(isGood);
    case 'array': {
      const values = texts.items.map((text) => readings(text, model.items!)[0]);
      return values.every((value) => value !== undefined) && isGood(values);
    }
    case 'object': {
      const object = objectOf(texts.pairs, model);
      return object !== undefined && isGood(object);
    }
  }
}

/** Undefined where a property occurs twice, or cannot be read. */
export function objectOf(
  pairs: readonly (readonly [name: string, text: string])[],
  { members, others }: Model,
): Readonly<Record<string, unknown>> | undefined {
  const object: Record<string, unknown> = {};
  for (const [name, text] of pairs) {
    if (Object.hasOwn(object, name)) return undefined;
    const value = readings(text, (Object.hasOwn(members!, name) ? members![name] : others) ?? [])[0];
    if (value === undefined) return undefined;
    object[name] = value;
  }
  return object;
}

/** A value that the texts stand for, as plain as the rule in the README: one spelling of each number. */
export function readings(text: string, types: readonly string[]): readonly unknown[] {
  const found: unknown[] = [];
  if (types.includes('null') && text === 'null') found.push(null);
  if (types.includes('boolean') && /^(?:true|false)$/.test(text)) found.push(text === 'true');
  const isInteger = /^(?:-?[1-9][0-9]*|-?0)$/.test(text);
  if (types.includes('integer') && isInteger && Number.isSafeInteger(Number(text))) found.push(Number(text));
  if (types.includes('int64') && isInteger && BigInt.asIntN(64, BigInt(text)) === BigInt(text))
    found.push(Number(text));
  if (types.includes('number') && isJsonNumber(text)) found.push(Number(text));
  if (types.includes('string')) found.push(text);
  return found;
}

function isJsonNumber(text: string): boolean {
  try {
    return /^[-0-9]/.test(text) && Number.isFinite(JSON.parse(text)) && text.trim() === text;
  } catch {
    return false;
  }
}
