import { resolve } from './model/resolve.ts';
import type { RuleSet } from './model/rule.ts';
import { type RuleFiles, RuleReader } from './parse/files.ts';
import type { Problem } from './parse/problem.ts';
import type { Dialect } from './parse/words.ts';

/** Where rules come from: files by path or pattern, or text. */
export type RuleSource =
  | { readonly path: string }
  /** `name` stands in messages; relative paths in the text are looked for beside it. */
  | { readonly text: string; readonly name: string };

export interface LoadOptions {
  /** Needed for paths, `Include` and the operators that read files. */
  readonly files?: RuleFiles;
  /** Default `apache`, with which CRS 3 is tested; to CRS 4 it makes no difference. */
  readonly dialect?: Dialect;
}

export type Loaded =
  | { readonly ok: true; readonly ruleSet: RuleSet; readonly warnings: readonly Problem[] }
  /** All problems, in the order in which they were found. */
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] };

/**
 * Reads rules in the order of the sources and puts them together. Nothing is skipped in silence: whatever is not understood is
 * a problem, and whatever is taken without effect a warning.
 */
export function loadRules(sources: readonly RuleSource[], options: LoadOptions = {}): Loaded {
  const reader = new RuleReader(options.files, options.dialect ?? 'apache');
  for (const source of sources) {
    if ('text' in source) reader.text(source.text, source.name);
    else reader.include(source.path, false, { file: source.path, line: 0 });
  }
  const { statements, data, problems } = reader.reading;
  const resolution = resolve(statements, data);
  const all = [...problems, ...resolution.problems];
  if (all.length > 0) return { ok: false, problems: all, warnings: resolution.warnings };
  return { ok: true, ruleSet: resolution.ruleSet, warnings: resolution.warnings };
}
