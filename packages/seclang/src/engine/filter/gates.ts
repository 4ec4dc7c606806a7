import type { LinkGate } from '../link.ts';
import type { State } from '../state.ts';
import type { ReachPlan } from './columns.ts';

/**
 * For each rule of a phase what must be there before it can match, in arrays that lie together: most rules of most requests
 * end here, and to call each of them would take longer than what they then look at.
 */
export class Gates {
  readonly #reaches: readonly (ReachPlan | undefined)[];
  /** By rule, where its pairs of words begin in the array below; one more for the end of the last. */
  readonly #starts: Int32Array;
  readonly #pairs: Int32Array;

  /** @param gates undefined for a rule that is always to be asked */
  constructor(gates: readonly (LinkGate | undefined)[]) {
    this.#reaches = gates.map((gate) => gate?.reach);
    const starts = [0];
    for (const gate of gates) starts.push(starts.at(-1)! + (gate?.pairs.length ?? 0));
    this.#starts = Int32Array.from(starts);
    this.#pairs = Int32Array.from(gates.flatMap((gate) => [...(gate?.pairs ?? [])]));
  }

  /** Whether the rule may match: whether what it looks at has values, and together all that it cannot do without. */
  isOpen(rule: number, state: State): boolean {
    const reach = this.#reaches[rule];
    if (reach === undefined) return true;
    const { columns } = state;
    if (!columns.reaches(reach, state)) return false;
    const letters = columns.lettersOf(reach);
    const marks = columns.marksOf(reach);
    const end = this.#starts[rule + 1]!;
    for (let at = this.#starts[rule]!; at < end; at += 2)
      if ((letters & this.#pairs[at]!) === 0 && (marks & this.#pairs[at + 1]!) === 0) return false;
    return true;
  }
}
