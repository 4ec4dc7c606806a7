import { urlDecode } from '../transformations/url.ts';
import type { NamedValue } from './content.ts';

export interface UrlencodedArguments {
  readonly arguments: readonly NamedValue[];
  /** Whether a `%` stands before something else than two hexadecimal digits. */
  readonly isInvalid: boolean;
  /** Whether there are more arguments than the limit; those are left out. */
  readonly isCut: boolean;
}

/**
 * Arguments of a query or a body (application/x-www-form-urlencoded). It splits before it decodes, so that an encoded
 * separator separates nothing; a piece without `=` is a name with an empty value, an empty piece is nothing.
 */
export function parseUrlencoded(text: string, separator: string, limit: number): UrlencodedArguments {
  const found: NamedValue[] = [];
  for (let start = 0; start < text.length; ) {
    const next = text.indexOf(separator, start);
    const end = next < 0 ? text.length : next;
    if (end > start) {
      if (found.length === limit) return { arguments: found, isInvalid: hasBadEncoding(text), isCut: true };
      found.push(argument(text.slice(start, end)));
    }
    start = end + 1;
  }
  return { arguments: found, isInvalid: hasBadEncoding(text), isCut: false };
}

function argument(piece: string): NamedValue {
  const equals = piece.indexOf('=');
  if (equals < 0) return { name: urlDecode(piece), value: '' };
  return { name: urlDecode(piece.slice(0, equals)), value: urlDecode(piece.slice(equals + 1)) };
}

function hasBadEncoding(text: string): boolean {
  return text.includes('%') && /%(?![0-9A-Fa-f]{2})/.test(text);
}
