import { z } from 'zod';

/** Longer names are not compared: the distance costs the product of both lengths. */
const longestName = 64;

/**
 * The name of `known` that `written` most likely stands for, or undefined when none is near.
 * Near is one slip for every three characters, and at least one; upper and lower case, `-` and `_` do not count.
 * Of names equally near, the first is taken.
 */
export function nearest(written: string, known: Iterable<string>): string | undefined {
  if (written.length === 0 || written.length > longestName) return undefined;
  const folded = fold(written);
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(written.length / 3)) + 1;
  for (const name of known) {
    if (name === written || name.length > longestName) continue;
    const distance = editDistance(folded, fold(name));
    // A name of one or two characters is "near" to every other one; only its other spellings are offered.
    if (distance > 0 && Math.min(name.length, written.length) < 3) continue;
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll('-', '').replaceAll('_', '');
}

/**
 * Damerau-Levenshtein distance in its restricted form (optimal string alignment): the number of characters
 * added, left out, replaced, or swapped with their neighbour. Time is the product of the lengths.
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      }
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}

/*
 * zod keeps nothing of the schema in an issue but its message. We ask it for messages which say that the author of
 * the schema wrote none (so the words are ours to find), followed by the keys that the schema knows.
 */
const ours = '\u0000';

/** Checks a value against a schema, with issues as the functions below want them. */
export function validate<S extends z.core.$ZodType>(
  schema: S,
  value: unknown,
): z.core.util.SafeParseResult<z.core.output<S>> {
  return z.safeParse(schema, value, {
    reportInput: true,
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? `${ours}${JSON.stringify(keysOf(issue.inst))}` : ours,
  });
}

function keysOf(schema: unknown): string[] {
  const def = (schema as z.core.$ZodTypes | undefined)?._zod.def;
  if (def?.type === 'object') return Object.keys(def.shape);
  if (def?.type === 'record') return [...(def.keyType._zod.values ?? [])].map(String);
  return [];
}

/** The keys that the schema knows, of an issue about unknown ones. */
export function knownKeys(issue: Issue): string[] {
  return issue.message.startsWith(ours) ? JSON.parse(issue.message.slice(ours.length)) : [];
}

export type Issue = z.core.$ZodIssue;

/**
 * Which branch of a union the value was most likely meant for: the one whose shape it has. A mapping is nothing that
 * a text could become, a wrong discriminating literal says that another branch was meant, an unknown key weighs more
 * than a missing one, and faults further down say nothing against the branch.
 * @param branches the issues of each branch
 * @returns index in `branches`
 */
export function likeliestBranch(branches: readonly (readonly Issue[])[]): number {
  const costs = branches.map(branchCost);
  return costs.indexOf(Math.min(...costs));
}

/** See likeliestBranch; a thousand or more is a value of another kind altogether. */
export function branchCost(issues: readonly Issue[]): number {
  return issues.reduce((sum, issue) => sum + issueCost(issue), 0);
}

/** Cost of a value of another kind altogether. */
export const anotherShape = 1000;

function issueCost(issue: Issue): number {
  if (issue.code === 'invalid_union') {
    if (issue.errors.length > 0 && issue.path.length === 0) return Math.min(...issue.errors.map(branchCost));
    return issue.path.length === 1 && issue.errors.length === 0 ? 100 : 2;
  }
  if (issue.path.length === 0) {
    if (issue.code === 'invalid_type' || issue.code === 'invalid_value') return anotherShape;
    return issue.code === 'unrecognized_keys' ? 10 * issue.keys.length : 2;
  }
  if (issue.path.length > 1) return 1;
  if (issue.code === 'invalid_value' && issue.values.length === 1) return 100;
  return issue.input === undefined ? 5 : 2;
}

/** The message that the author of the schema wrote. */
export function authors(issue: Issue): string | undefined {
  return issue.message.startsWith(ours) ? undefined : issue.message;
}

/**
 * What a value that was read as text stands for where the schema wants a number or a boolean, as `port: ${PORT}`
 * does; undefined when it is neither. The forms are those of the YAML 1.2 core schema (section 10.3.2), decimal only.
 */
export function asNumberOrBoolean(text: string): number | boolean | undefined {
  if (text.length > 64) return undefined;
  if (/^(?:true|True|TRUE)$/.test(text)) return true;
  if (/^(?:false|False|FALSE)$/.test(text)) return false;
  return /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$/.test(text) ? Number(text) : undefined;
}
