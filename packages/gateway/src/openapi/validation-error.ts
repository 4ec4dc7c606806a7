import { escapePointer } from '../http/json-pointer.ts';
import type { JsonScanFault } from '../http/json-scanner.ts';
import type { SchemaError } from './schema-compiler.ts';

/** One thing that is wrong with a request. Names what, and never repeats a value of the request. */
export interface ValidationError {
  readonly in: 'path' | 'query' | 'header' | 'cookie' | 'body';
  /** Of the parameter. */
  readonly name?: string;
  /** JSON Pointer into the body, or into a parameter that is no single value. */
  readonly pointer?: string;
  /** Byte of the body, where it is no JSON that is taken. */
  readonly offset?: number;
  /**
   * The keyword of JSON Schema that is not met, or a word of ours: `unknown`, `readOnly`, `duplicate`, `missing`, and the
   * rules of http/json-scanner.ts.
   */
  readonly keyword: string;
  /** For example "must be integer". */
  readonly message: string;
}

/** Names and pointers come from the caller; a list of errors is no way to have megabytes sent back. */
const maximumLength = 200;

export function shortened(text: string): string {
  return text.length <= maximumLength ? text : `${text.slice(0, maximumLength)}…`.toWellFormed();
}

/** Where a schema error is; for a property that is too many, the property itself. */
export function pointerOf(error: SchemaError): string {
  const params = error.params as Readonly<Record<string, unknown>>;
  const extra = params.additionalProperty ?? params.unevaluatedProperty;
  return shortened(
    typeof extra === 'string' ? `${error.instancePath}/${escapePointer(extra)}` : error.instancePath,
  );
}

export function messageOf(error: SchemaError): string {
  const params = error.params as Readonly<Record<string, unknown>>;
  if (error.keyword === 'enum' && Array.isArray(params.allowedValues)) {
    const allowed = JSON.stringify(params.allowedValues).slice(1, -1);
    if (allowed.length <= maximumLength) return `must be one of ${allowed}`;
  }
  return error.message ?? 'is not valid';
}

/** Of whatever is no JSON that all read in one way, the first: what follows may be anything. */
export function jsonError({ rule, message, pointer, offset }: JsonScanFault): ValidationError {
  return { in: 'body', pointer: shortened(pointer), offset, keyword: rule, message };
}
