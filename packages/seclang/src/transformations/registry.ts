import { base64Decode, base64DecodeExt, base64Encode } from './base64.ts';
import { cmdLine } from './command-line.ts';
import { removeComments, removeCommentsChar, replaceComments } from './comments.ts';
import { md5, sha1 } from './digests.ts';
import { cssDecode, escapeSeqDecode, jsDecode } from './escapes.ts';
import { hexDecode, hexEncode, sqlHexDecode } from './hex.ts';
import { htmlEntityDecode } from './html.ts';
import { lowercase, uppercase } from './letters.ts';
import { removeNulls, replaceNulls } from './nulls.ts';
import { parityEven7bit, parityOdd7bit, parityZero7bit } from './parity.ts';
import { normalizePath, normalizePathWin } from './path.ts';
import { phpArgsNames } from './php.ts';
import type { Transformation } from './transformation.ts';
import { urlDecode, urlDecodeUni, urlEncode } from './url.ts';
import { utf8toUnicode } from './utf8.ts';
import { compressWhitespace, removeWhitespace, trim, trimLeft, trimRight } from './whitespace.ts';

/** By name as the language spells it. `none` is no transformation: it empties the chain of those before it. */
export const transformations: Readonly<Record<string, Transformation>> = {
  base64Decode,
  base64DecodeExt,
  base64Encode,
  cmdLine,
  compressWhitespace,
  cssDecode,
  escapeSeqDecode,
  hexDecode,
  hexEncode,
  htmlEntityDecode,
  jsDecode,
  length: (value) => String(value.length),
  lowercase,
  md5,
  normalisePath: normalizePath,
  normalisePathWin: normalizePathWin,
  normalizePath,
  normalizePathWin,
  parityEven7bit,
  parityOdd7bit,
  parityZero7bit,
  phpArgsNames,
  removeComments,
  removeCommentsChar,
  removeNulls,
  removeWhitespace,
  replaceComments,
  replaceNulls,
  sha1,
  sqlHexDecode,
  trim,
  trimLeft,
  trimRight,
  uppercase,
  urlDecode,
  urlDecodeUni,
  urlEncode,
  utf8toUnicode,
};

const byLowerCase = new Map(Object.entries(transformations).map(([name, run]) => [name.toLowerCase(), run]));

/** Names are matched without regard to case. @returns undefined for a name that the language does not have */
export function findTransformation(name: string): Transformation | undefined {
  return byLowerCase.get(name.toLowerCase());
}
