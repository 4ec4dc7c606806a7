import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome, VectorFile } from './vectors.ts';

/** Vectors that come out otherwise than they should, on purpose, and why. */
interface Difference {
  readonly because: string;
  /** For which the gateway refuses them; empty where it accepts them. */
  readonly reason: string;
  readonly of: Partial<Readonly<Record<VectorFile, readonly number[]>>>;
}

export interface Comparison {
  readonly passed: number;
  /** As they are listed. */
  readonly different: readonly (Outcome & { readonly because: string })[];
  /** What nobody expected, a line each. */
  readonly faults: readonly string[];
}

export function readDifferences(): readonly Difference[] {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'differences.json'), 'utf8')) as Difference[];
}

/** A difference that is not listed is a fault, and so is one that is listed and is none, or another one. */
export function compare(
  file: VectorFile,
  outcomes: readonly Outcome[],
  differences: readonly Difference[],
): Comparison {
  const listed = new Map<number, Difference>();
  const faults: string[] = [];
  for (const difference of differences) {
    for (const id of difference.of[file] ?? []) {
      if (listed.has(id)) faults.push(`${file} ${id}: listed twice`);
      listed.set(id, difference);
    }
  }
  const different: (Outcome & { because: string })[] = [];
  let passed = 0;
  for (const outcome of outcomes) {
    const difference = listed.get(outcome.id);
    listed.delete(outcome.id);
    const line = `${file} ${outcome.id} (${outcome.what}): expected ${outcome.expected}, is ${outcome.actual} ${outcome.reason}`;
    if (outcome.actual === outcome.expected) {
      passed++;
      if (difference !== undefined) faults.push(`${line.trimEnd()}, but a difference is listed`);
    } else if (difference === undefined) faults.push(line.trimEnd());
    else if (difference.reason !== outcome.reason) faults.push(`${line}, listed for ${difference.reason}`);
    else different.push({ ...outcome, because: difference.because });
  }
  for (const id of listed.keys()) faults.push(`${file} ${id}: listed, but there is no such vector`);
  return { passed, different, faults };
}
