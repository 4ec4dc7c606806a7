import { requiredLiterals } from '../../regex/literals.ts';
import type { OperatorNeeds } from '../operator.ts';
import type { Classes } from './byte-classes.ts';
import type { Summary } from './columns.ts';
import { shortestLiteral } from './literal-index.ts';
import { type Needs, needsOf, needsOfBytes, needsOfPhrases } from './needs.ts';
import type { Planner } from './planner.ts';

/** What an operator cannot match without, as bits. */
export interface Filter {
  /** Of each pair of words, letters and marks, one bit must be there. */
  readonly pairs: Int32Array;
  /** Where the bit of its literals is; 0 for `bit` without any. */
  readonly word: number;
  readonly bit: number;
}

/** @returns undefined where any value may match */
export function compileFilter(needs: OperatorNeeds | undefined, planner: Planner): Filter | undefined {
  if (needs === undefined) return undefined;
  switch (needs.kind) {
    case 'pattern': {
      return filter(needsOf(needs.root), requiredLiterals(needs.root), planner);
    }
    case 'phrases':
      return filter(needsOfPhrases(needs.phrases), needs.phrases, planner);
    case 'bytes':
      return filter(needsOfBytes(needs.sets), undefined, planner);
  }
}

function filter(needs: Needs, literals: readonly string[] | undefined, planner: Planner): Filter | undefined {
  const isIndexed = literals?.every(({ length }) => length >= shortestLiteral) === true;
  if (needs.length === 0 && !isIndexed) return undefined;
  const pairs = Int32Array.from(needs.flatMap(({ letters, marks }) => [letters, marks]));
  if (!isIndexed) return { pairs, word: 0, bit: 0 };
  const group = planner.group(literals);
  return { pairs, word: group >> 5, bit: 1 << (group & 31) };
}

/** Whether a value with these classes may match, or one of several that have them together. */
export function mayHave({ pairs }: Filter, { letters, marks }: Classes): boolean {
  for (let at = 0; at < pairs.length; at += 2)
    if ((letters & pairs[at]!) === 0 && (marks & pairs[at + 1]!) === 0) return false;
  return true;
}

/** The same by what else is known. */
export function mayMatch(filter: Filter, summary: Summary): boolean {
  return mayHave(filter, summary) && (filter.bit === 0 || (summary.groups[filter.word]! & filter.bit) !== 0);
}
