import type { Transformation } from '../../transformations/transformation.ts';
import { allClasses, type Classes, join, noClasses } from './byte-classes.ts';
import { type Addition, additionsOf, triggerOf } from './triggers.ts';

/** A transformation as a chain has it. */
export interface Step {
  /** Where a value remembers what it came to. */
  readonly index: number;
  readonly run: Transformation;
  /** Without a byte of these nothing changes; undefined where anything may. */
  readonly trigger: Classes | undefined;
  /** Classes that come out of it although they did not go in. */
  readonly additions: readonly Addition[];
}

/** The transformations of a link. */
export interface Chain {
  readonly steps: readonly Step[];
  /** Without a byte of these the whole chain changes nothing; undefined where it may change anything. */
  readonly trigger: Classes | undefined;
}

export function stepOf(index: number, name: string, run: Transformation): Step {
  return { index, run, trigger: triggerOf(name), additions: additionsOf(name) };
}

export function chainOf(steps: readonly Step[]): Chain {
  return { steps, trigger: triggerOfAll(steps) };
}

function triggerOfAll(steps: readonly Step[]): Classes | undefined {
  let all = noClasses;
  for (const { trigger } of steps) {
    if (trigger === undefined) return undefined;
    all = join(all, trigger);
  }
  return all;
}

/** Whether a transformation, or a chain of them, may change a value with these classes. */
export function mayChange(trigger: Classes | undefined, { letters, marks }: Classes): boolean {
  return trigger === undefined || (letters & trigger.letters) !== 0 || (marks & trigger.marks) !== 0;
}

/**
 * The classes that values with these may have behind a chain. With them most rules are left out before any value has gone
 * through their chain.
 */
export function classesBehind({ steps }: Chain, before: Classes): Classes {
  let { letters, marks } = before;
  for (let at = 0; at < steps.length; at++) {
    const { trigger, additions } = steps[at]!;
    if (trigger === undefined) return allClasses;
    for (let index = 0; index < additions.length; index++) {
      const { cause, added } = additions[index]!;
      if ((letters & cause.letters) === 0 && (marks & cause.marks) === 0) continue;
      letters |= added.letters;
      marks |= added.marks;
    }
  }
  return { letters, marks };
}
