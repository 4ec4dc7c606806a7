import { SyntaxProblem } from './problem.ts';

/** By their names in the current reference manual. */
export const transformationNames: ReadonlySet<string> = new Set([
  'base64Decode',
  'base64DecodeExt',
  'base64Encode',
  'cmdLine',
  'compressWhitespace',
  'cssDecode',
  'escapeSeqDecode',
  'hexDecode',
  'hexEncode',
  'htmlEntityDecode',
  'jsDecode',
  'length',
  'lowercase',
  'md5',
  'normalizePath',
  'normalizePathWin',
  'parityEven7bit',
  'parityOdd7bit',
  'parityZero7bit',
  'phpArgsNames',
  'removeComments',
  'removeCommentsChar',
  'removeNulls',
  'removeWhitespace',
  'replaceComments',
  'replaceNulls',
  'sha1',
  'sqlHexDecode',
  'trim',
  'trimLeft',
  'trimRight',
  'uppercase',
  'urlDecode',
  'urlDecodeUni',
  'urlEncode',
  'utf8toUnicode',
]);

const byLowerCase = new Map([...transformationNames].map((name) => [name.toLowerCase(), name]));
byLowerCase.set('normalisepath', 'normalizePath');
byLowerCase.set('normalisepathwin', 'normalizePathWin');

/** `t:lowercase`. Undefined for `t:none`, which drops what stands before it. @throws SyntaxProblem */
export function parseTransformation(text: string): string | undefined {
  if (text.toLowerCase() === 'none') return undefined;
  const name = byLowerCase.get(text.toLowerCase());
  if (name === undefined) throw new SyntaxProblem(`unknown transformation t:${text}`);
  return name;
}
