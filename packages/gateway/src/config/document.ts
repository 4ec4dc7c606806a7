import { dirname } from 'node:path';
import { LineCounter } from 'yaml';
import type { ZodType } from 'zod';
import type { DocumentNode, Env } from './document-node.ts';
import { plainValue } from './document-node.ts';
import type { ConfigFault, Path, Report } from './fault-text.ts';
import { expectation, found, pathText, quoted, remedy } from './fault-text.ts';
import { readTree } from './references.ts';
import { readSecret, secretNodes } from './secret.ts';
import type { Issue } from './suggest.ts';
import {
  anotherShape,
  asNumberOrBoolean,
  authors,
  branchCost,
  knownKeys,
  nearest,
  validate,
} from './suggest.ts';

export type { ConfigFault } from './fault-text.ts';

export interface ReadOptions {
  readonly env: Env;
  /** Told of each file with a secret before it is read. */
  readonly onFile?: (file: string) => void;
}

export type ReadOutcome<T> =
  | {
      readonly ok: true;
      readonly value: T;
      /** The document before references were replaced: it holds no secret and may be shown. */
      readonly raw: unknown;
      /** Where something stands that turns out wrong later on: a fault at the key, or at the nearest one above it. */
      readonly faultAt: (path: Path, message: string) => ConfigFault;
    }
  | { readonly ok: false; readonly faults: readonly ConfigFault[] };

/**
 * Reads one YAML 1.2 document (core schema; no merge keys, no tags of its own, at most 4 MiB), replaces its
 * references and secrets, and checks it against `schema`, which must be synchronous.
 *
 * All faults are reported at once, by position; faults of the YAML itself alone, as nothing after them is certain.
 * @param file name of the file in faults; relative secret files start in its folder
 */
export function readDocument<T>(
  text: string,
  file: string,
  schema: ZodType<T>,
  options: ReadOptions,
): ReadOutcome<T> {
  const lines = new LineCounter();
  const faults: ConfigFault[] = [];
  const report: Report = (offset, path, message, suggestion) => {
    const { line, col } = lines.linePos(offset);
    const where = { file, line: Math.max(1, line), column: Math.max(1, col), path: pathText(path) };
    faults.push(suggestion === undefined ? { ...where, message } : { ...where, message, suggestion });
  };
  const root = readTree(text, lines, options.env, report);
  if (root === undefined) return { ok: false, faults: inOrder(faults) };

  fillNumbers(schema, root);
  const secrets = secretNodes(schema, root);
  for (const node of secrets) {
    const read = readSecret(node, dirname(file), options.env, options.onFile);
    if (read.ok) node.value = read.text;
    else if (!node.faulty) report(node.offset, node.path, read.message, read.suggestion);
    if (!read.ok) node.faulty = true;
  }

  const outcome = validate(schema, plainValue(root));
  if (!outcome.success) new IssueReporter(root, new Set(secrets), report).each(outcome.error.issues);
  if (faults.length > 0) return { ok: false, faults: inOrder(faults) };
  if (!outcome.success) throw new Error('the schema refused the document without an issue');
  const faultAt = (path: Path, message: string): ConfigFault => {
    report(placeOf(root, path).last.keyOffset, path, message);
    return faults.pop()!;
  };
  return { ok: true, value: outcome.data as T, raw: plainValue(root, 'raw'), faultAt };
}

/** Where the schema wants a number or a boolean and a reference stands, its text is read as one. */
function fillNumbers(schema: ZodType, root: DocumentNode): void {
  // A value filled in may uncover the next one, where zod had stopped early.
  for (let round = 0; round < 10; round += 1) {
    const outcome = validate(schema, plainValue(root));
    if (outcome.success) return;
    const wanted = referencesWanted(outcome.error.issues, root);
    if (wanted.size === 0) return;
    for (const node of wanted) node.value = asNumberOrBoolean(String(node.value));
  }
}

function inOrder(faults: readonly ConfigFault[]): ConfigFault[] {
  const seen = new Set<string>();
  return faults
    .filter((fault) => {
      const key = JSON.stringify([fault.line, fault.column, fault.path, fault.message]);
      return !seen.has(key) && seen.add(key);
    })
    .sort((a, b) => a.line - b.line || a.column - b.column);
}

/** Nodes made of references at which the schema, in whatever branch, wants a number or a boolean. */
function referencesWanted(issues: readonly Issue[], root: DocumentNode): Set<DocumentNode> {
  const wanted = new Set<DocumentNode>();
  const collect = (list: readonly Issue[], prefix: readonly PropertyKey[]): void => {
    for (const issue of list) {
      const path = [...prefix, ...issue.path];
      if (issue.code === 'invalid_union') for (const branch of issue.errors) collect(branch, path);
      const { node } = placeOf(root, path);
      if (node === undefined || node.references.length === 0 || typeof node.value !== 'string') continue;
      const meaning = asNumberOrBoolean(node.value);
      const wants =
        (issue.code === 'invalid_type' && ['number', 'int', 'boolean'].includes(issue.expected)) ||
        (issue.code === 'invalid_value' && issue.values.some((value) => value === meaning));
      if (wants && meaning !== undefined) wanted.add(node);
    }
  };
  collect(issues, []);
  return wanted;
}

interface Place {
  /** Undefined when the key is missing, or when the schema made the value from the one above. */
  readonly node: DocumentNode | undefined;
  /** The node itself, or the last one above it that is there. */
  readonly last: DocumentNode;
  readonly path: Path;
}

function placeOf(root: DocumentNode, path: readonly PropertyKey[]): Place {
  const steps = path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  let node: DocumentNode | undefined = root;
  let last = root;
  for (const step of steps) {
    node = node?.entries.get(String(step));
    if (node !== undefined) last = node;
  }
  return { node, last, path: steps };
}

/**
 * Reports every issue that zod found, in words of ours. The position is the value's; for an unknown key, or a key
 * that is not allowed, the key's; for a missing key that of the key above it.
 */
class IssueReporter {
  readonly #root: DocumentNode;
  readonly #report: Report;
  readonly #redact: (text: string) => string;
  /** Paths of keys that are missing only because they are misspelt; their absence is no news. */
  readonly #meant = new Set<string>();

  constructor(root: DocumentNode, secrets: ReadonlySet<DocumentNode>, report: Report) {
    this.#root = root;
    this.#report = report;
    this.#redact = redactor(root, secrets);
  }

  each(issues: readonly Issue[], prefix: readonly PropertyKey[] = []): void {
    // Unknown keys first, as they say which missing ones are misspelt.
    const unknown = issues.filter((issue) => issue.code === 'unrecognized_keys');
    const others = issues.filter((issue) => issue.code !== 'unrecognized_keys');
    for (const issue of [...unknown, ...others]) this.#one(issue, [...prefix, ...issue.path]);
  }

  #one(issue: Issue, path: readonly PropertyKey[]): void {
    const place = placeOf(this.#root, path);
    if (place.last.faulty) return;
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) this.#unknownKey(place, key, knownKeys(issue));
    } else if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      this.#union(issue.errors, place);
    } else if (issue.code === 'invalid_element') {
      this.each(issue.issues, path);
    } else if (issue.code === 'invalid_key') {
      const why = issue.issues.map((inner) => this.#expected(inner) ?? 'it is not valid').join(', ');
      this.#report(place.last.keyOffset, place.path, `the key is not allowed: ${why}`);
    } else {
      this.#wrong(place, this.#expected(issue) ?? 'the value is not valid', [issue]);
    }
  }

  /** The sentence about an issue: the one that the schema's author wrote, or ours. */
  #expected(issue: Issue): string | undefined {
    const written = authors(issue);
    if (written !== undefined) return this.#redact(written);
    const expected = expectation(issue);
    return expected === undefined ? undefined : `expected ${expected}`;
  }

  /** @param causes the issues that `sentence` was made from */
  #wrong({ node, last, path }: Place, sentence: string, causes: readonly Issue[]): void {
    // A sentence that says what was expected can be continued; one of another kind stands alone.
    const open = sentence.startsWith('expected ') && causes.every((issue) => issue.code !== 'custom');
    if (node !== undefined) {
      const whole = open ? `${sentence}, found ${found(node, causes)}` : sentence;
      this.#report(node.offset, path, whole, open ? remedy(node, causes) : undefined);
    } else if (causes.some((issue) => issue.input !== undefined && issue.code !== 'invalid_union')) {
      this.#report(last.offset, path, sentence);
    } else if (!this.#meant.has(pathText(path))) {
      this.#report(last.keyOffset, path, open ? `missing; ${sentence}` : sentence);
    }
  }

  #unknownKey({ node, last, path }: Place, key: string, known: readonly string[]): void {
    const free = known.filter((name) => !node?.entries.has(name));
    const near = nearest(key, free);
    if (near !== undefined) this.#meant.add(pathText([...path, near]));
    const names = free.length === 0 ? known : free;
    const list = names.length === 0 || names.length > 12 ? undefined : `known here: ${names.join(', ')}`;
    const offset = node?.entries.get(key)?.keyOffset ?? last.keyOffset;
    const suggestion = near === undefined ? list : `did you mean "${near}"?`;
    this.#report(offset, [...path, key], 'unknown key', suggestion);
  }

  #union(branches: readonly (readonly Issue[])[], place: Place): void {
    const costs = branches.map(branchCost);
    const least = Math.min(...costs);
    const best = branches.filter((_, index) => costs[index] === least);
    // Where no branch takes a value of this kind at all, all of them are named.
    const causes = wholeIssues(least >= anotherShape ? branches : best);
    if (causes !== undefined) {
      const phrases = causes.map((issue) => this.#expected(issue) ?? '');
      const [first = '', ...others] = new Set(phrases);
      const sentence = [first, ...others.map((phrase) => phrase.replace(/^expected /, ''))].join(' or ');
      this.#wrong(place, sentence, causes);
    } else if (
      best.length === 1 ||
      place.node?.kind !== 'mapping' ||
      !this.#oneOfKeys(best, place, place.node)
    ) {
      const rest: Issue[] = [];
      for (const issue of best[0] ?? []) {
        if (issue.code !== 'unrecognized_keys' || issue.path.length > 0) rest.push(issue);
        else for (const key of issue.keys) this.#strangeKey(place, key, knownKeys(issue), branches);
      }
      this.each(rest, place.path);
    }
  }

  /** A key that the branch does not know, but maybe another one does. */
  #strangeKey(
    place: Place,
    key: string,
    known: readonly string[],
    branches: readonly (readonly Issue[])[],
  ): void {
    const { node } = place;
    const rivals = branches
      .flat()
      .filter((issue) => issue.code === 'unrecognized_keys' && issue.path.length === 0)
      .map(knownKeys)
      .filter((keys) => keys.includes(key));
    const kept = [...(node?.entries.keys() ?? [])].find(
      (name) => known.includes(name) && rivals.some((keys) => !keys.includes(name)),
    );
    if (kept === undefined) {
      this.#unknownKey(place, key, known);
    } else {
      const offset = node?.entries.get(key)?.keyOffset ?? place.last.keyOffset;
      this.#report(offset, [...place.path, key], `expected only one of "${kept}" and "${key}", found both`);
    }
  }

  /** Mappings like `{ oauth2: ... }` or `{ apiKey: ... }` that differ by a key: true when that key was the fault. */
  #oneOfKeys(branches: readonly (readonly Issue[])[], place: Place, node: DocumentNode): boolean {
    const missing = new Set<string>();
    const strangers: { keys: string[]; known: string[] }[] = [];
    for (const branch of branches) {
      for (const issue of branch) {
        if (issue.code === 'unrecognized_keys' && issue.path.length === 0) {
          strangers.push({ keys: issue.keys, known: knownKeys(issue) });
        } else if (issue.path.length === 1 && issue.input === undefined) {
          missing.add(String(issue.path[0]));
        } else {
          return false;
        }
      }
    }
    if (strangers.length === 0) {
      const message = `expected one of the keys ${quoted([...missing])}, found none of them`;
      this.#report(node.keyOffset, place.path, message);
      return true;
    }
    if (strangers.length < branches.length) return false;
    const known = [...new Set(strangers.flatMap((stranger) => stranger.known))];
    const keys = new Set(strangers.flatMap((stranger) => stranger.keys));
    const nowhere = [...keys].filter((key) => !known.includes(key));
    for (const key of nowhere) this.#unknownKey(place, key, known);
    return nowhere.length > 0;
  }
}

/** The one issue of each branch, if each has one only, about the value as a whole, that can be put in words. */
function wholeIssues(branches: readonly (readonly Issue[])[]): Issue[] | undefined {
  const causes: Issue[] = [];
  const collect = (list: readonly (readonly Issue[])[]): boolean =>
    list.every((branch) => {
      const [issue] = branch;
      if (issue === undefined || branch.length > 1 || issue.path.length > 0) return false;
      if (issue.code === 'invalid_union' && issue.errors.length > 0) return collect(issue.errors);
      if (issue.code === 'unrecognized_keys' || (authors(issue) ?? expectation(issue)) === undefined)
        return false;
      causes.push(issue);
      return true;
    });
  return collect(branches) ? causes : undefined;
}

/** Messages of the schema's author may repeat a value: what came from outside the file is shown as its reference. */
function redactor(root: DocumentNode, secrets: ReadonlySet<DocumentNode>): (text: string) => string {
  const hidden: { value: string; shown: string }[] = [];
  const collect = (node: DocumentNode): void => {
    // Shorter values are no secrets, and hiding each "1" of a sentence would garble it.
    for (const { value, written } of node.references)
      if (value.length > 2) hidden.push({ value, shown: written });
    if (secrets.has(node) && typeof node.value === 'string' && node.value !== '') {
      hidden.push({ value: node.value, shown: node.value === node.raw ? '(secret)' : String(node.raw) });
    }
    for (const child of node.entries.values()) collect(child);
  };
  collect(root);
  hidden.sort((a, b) => b.value.length - a.value.length);
  return (text) => hidden.reduce((result, { value, shown }) => result.replaceAll(value, shown), text);
}
