/** The JSON types that a piece of text can stand for. */
export type PrimitiveType = 'null' | 'boolean' | 'integer' | 'number' | 'string';

export type Primitive = null | boolean | number | string;

/** In the order in which a text is tried as one of several types: everything is a string, so that is last. */
export const primitiveTypes: readonly PrimitiveType[] = ['null', 'boolean', 'integer', 'number', 'string'];

const integer = /^-?(?:0|[1-9][0-9]*)$/;
const number = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

/** No number that means anything is longer, and BigInt takes quadratic time. */
const maximumNumberLength = 400;

/**
 * The value that a parameter's text stands for, or undefined if it is no spelling of the type. Strict, because a
 * spelling that only some readers take (`0x10`, ` 7`, `1e3` for an integer, `True`) lets the gateway and the
 * service disagree: integers without leading zero, numbers as in JSON (RFC 8259 section 6) and finite.
 *
 * Integers must be safe in a double, except for those of `format: int64`, whose range is that of the format.
 */
export function coerce(text: string, type: PrimitiveType, format?: unknown): Primitive | undefined {
  switch (type) {
    case 'string':
      return text;
    case 'integer':
      return coerceInteger(text, format);
    case 'number': {
      if (text.length > maximumNumberLength || !number.test(text)) return undefined;
      const value = Number(text);
      return Number.isFinite(value) ? value : undefined;
    }
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'null':
      return text === 'null' ? null : undefined;
  }
}

function coerceInteger(text: string, format: unknown): number | undefined {
  if (text.length > maximumNumberLength || !integer.test(text)) return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  return format === 'int64' && BigInt.asIntN(64, BigInt(text)) === BigInt(text) ? value : undefined;
}
