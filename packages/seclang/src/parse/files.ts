import { parseDirective } from './directives.ts';
import { logicalLines } from './lines.ts';
import { fileOperators } from './operator.ts';
import { type Position, type Problem, SyntaxProblem } from './problem.ts';
import type { Statement } from './statement.ts';
import type { Dialect } from './words.ts';

/** How rule files are reached. Paths have slashes. */
export interface RuleFiles {
  /** The bytes of the file as a latin1 string. Throws if there is none. */
  read(path: string): string;
  /** The files that a path with `*`, `?` or `[…]` names, in the order in which they are to be read. */
  list(pattern: string): readonly string[];
}

/** Nothing larger is read; CRS 4 has 1 MiB in 50 files. */
export const limits = {
  includeDepth: 16,
  files: 2_000,
  bytes: 64 * 1_048_576,
  statements: 50_000,
  problems: 1_000,
};

export interface Reading {
  readonly statements: readonly Statement[];
  /** The files that operators name, by path. */
  readonly data: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

/** Reads rules and all that they include. Every problem is collected; one bad directive does not hide the next. */
export class RuleReader {
  readonly #files: RuleFiles | undefined;
  readonly #dialect: Dialect;
  readonly #statements: Statement[] = [];
  readonly #data = new Map<string, string>();
  readonly #problems: Problem[] = [];
  #fileCount = 0;
  #bytes = 0;

  constructor(files: RuleFiles | undefined, dialect: Dialect) {
    this.#files = files;
    this.#dialect = dialect;
  }

  get reading(): Reading {
    return { statements: this.#statements, data: this.#data, problems: this.#problems };
  }

  /** Reads files by path or pattern. */
  include(pattern: string, optional: boolean, at: Position, depth = 0): void {
    if (depth > limits.includeDepth)
      return this.#report(at, `Include nested deeper than ${limits.includeDepth}`);
    for (const path of this.#listed(pattern, optional, at)) {
      if (++this.#fileCount > limits.files) return this.#report(at, `more than ${limits.files} files`);
      const text = this.#read(path, at);
      if (text !== undefined) this.text(text, path, depth);
    }
  }

  /** @param file stands in messages, and what the text includes is looked for beside it */
  text(text: string, file: string, depth = 0): void {
    const lines = logicalLines(text, file, (line, message) => this.#report({ file, line }, message));
    for (const line of lines) {
      if (this.#statements.length >= limits.statements)
        return this.#report(line, `more than ${limits.statements} directives`);
      try {
        this.#statement(parseDirective(line, this.#dialect), depth);
      } catch (error) {
        if (!(error instanceof SyntaxProblem)) throw error;
        this.#report(line, error.message);
        // A rule that failed may have begun or continued a chain: what is read next must know.
        if (/^SecRule\s/i.test(line.text))
          this.#statements.push({ ...line, kind: 'ignored', name: 'SecRule' });
      }
    }
  }

  #statement(statement: Statement, depth: number): void {
    if (statement.kind === 'include') {
      const pattern = beside(statement.file, statement.pattern);
      return this.include(pattern, statement.optional, statement, depth + 1);
    }
    this.#statements.push(statement);
    if (statement.kind !== 'rule' || !fileOperators.has(statement.operator.name)) return;
    for (const path of dataPaths(statement.file, statement.operator.argument.join(''))) {
      if (this.#data.has(path)) continue;
      const text = this.#read(path, statement);
      if (text !== undefined) this.#data.set(path, text);
    }
  }

  #listed(pattern: string, optional: boolean, at: Position): readonly string[] {
    if (!/[*?[]/.test(pattern)) return optional && this.#files?.list(pattern).length === 0 ? [] : [pattern];
    const paths = this.#files?.list(pattern) ?? [];
    if (paths.length === 0 && !optional) this.#report(at, `no file matches ${pattern}`);
    return paths;
  }

  #read(path: string, at: Position): string | undefined {
    if (this.#files === undefined) {
      this.#report(at, `cannot read ${path}: rules given as text name no files`);
      return undefined;
    }
    try {
      const text = this.#files.read(path);
      this.#bytes += text.length;
      if (this.#bytes <= limits.bytes) return text;
      this.#report(at, `rules and their data have more than ${limits.bytes} bytes`);
    } catch (error) {
      this.#report(at, `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
    return undefined;
  }

  #report({ file, line }: Position, message: string): void {
    if (this.#problems.length < limits.problems) this.#problems.push({ file, line, message });
  }
}

/** A path as it stands in a file, from the folder of that file. */
export function beside(file: string, path: string): string {
  return path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path)
    ? path
    : file.slice(0, file.lastIndexOf('/') + 1) + path;
}

/** The files of `@pmFromFile one.data two.data`. */
export const dataPaths = (file: string, argument: string): string[] =>
  argument.split(/\s+/).map((path) => beside(file, path));
