import { transformations } from '../transformations/registry.ts';
import { SyntaxProblem } from './problem.ts';

const byLowerCase = new Map(Object.keys(transformations).map((name) => [name.toLowerCase(), name]));
// Spellings of older manuals, under the name of the current one.
byLowerCase.set('normalisepath', 'normalizePath');
byLowerCase.set('normalisepathwin', 'normalizePathWin');

/** `t:lowercase`. Undefined for `t:none`, which drops what stands before it. @throws SyntaxProblem */
export function parseTransformation(text: string): string | undefined {
  if (text.toLowerCase() === 'none') return undefined;
  const name = byLowerCase.get(text.toLowerCase());
  if (name === undefined) throw new SyntaxProblem(`unknown transformation t:${text}`);
  return name;
}
