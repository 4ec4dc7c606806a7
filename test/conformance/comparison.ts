import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome } from './suite.ts';

/** Vectors that come out otherwise than they should, on purpose, and why. */
export interface Difference {
  readonly because: string;
  /** For which they are refused; empty where they are accepted. */
  readonly reason: string;
  /** Ids by part. */
  readonly of: Readonly<Record<string, readonly Outcome['id'][]>>;
}

export interface Comparison {
  readonly passed: number;
  /** As they are listed. */
  readonly different: readonly (Outcome & { readonly because: string })[];
  /** What nobody expected, a line each. */
  readonly faults: readonly string[];
}

/** Of a suite: `differences.json` in its folder; none without. */
export function readDifferences(suite: string): readonly Difference[] {
  const file = join(import.meta.dirname, suite, 'differences.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Difference[]) : [];
}

/**
 * Those that are there in exactly this way. With other vectors, or other rules, than the differences were listed for, the others
 * say nothing.
 */
export function applicable(
  part: string,
  outcomes: readonly Outcome[],
  differences: readonly Difference[],
): readonly Difference[] {
  const failed = new Map(
    outcomes.filter(({ actual, expected }) => actual !== expected).map(({ id, reason }) => [id, reason]),
  );
  return differences.map(({ of, ...rest }) => ({
    ...rest,
    of: { [part]: (of[part] ?? []).filter((id) => failed.get(id) === rest.reason) },
  }));
}

/** A difference that is not listed is a fault, and so is one that is listed and is none, or another one. */
export function compare(
  part: string,
  outcomes: readonly Outcome[],
  differences: readonly Difference[],
): Comparison {
  const listed = new Map<Outcome['id'], Difference>();
  const faults: string[] = [];
  for (const difference of differences) {
    for (const id of difference.of[part] ?? []) {
      if (listed.has(id)) faults.push(`${part} ${id}: listed twice`);
      listed.set(id, difference);
    }
  }
  const different: (Outcome & { because: string })[] = [];
  let passed = 0;
  for (const outcome of outcomes) {
    const difference = listed.get(outcome.id);
    listed.delete(outcome.id);
    const line = `${part} ${outcome.id} (${outcome.what}): expected ${outcome.expected}, is ${outcome.actual} ${outcome.reason}`;
    if (outcome.expected === 'either' || outcome.actual === outcome.expected) {
      passed++;
      if (difference !== undefined) faults.push(`${line.trimEnd()}, but a difference is listed`);
    } else if (difference === undefined) faults.push(line.trimEnd());
    else if (difference.reason !== outcome.reason) faults.push(`${line}, listed for ${difference.reason}`);
    else different.push({ ...outcome, because: difference.because });
  }
  for (const id of listed.keys()) faults.push(`${part} ${id}: listed, but there is no such vector`);
  return { passed, different, faults };
}
