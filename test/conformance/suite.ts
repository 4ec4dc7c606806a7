/** Vectors of another project, and how they come out with our code. */
export interface Suite {
  /** As `npm run conformance --` names it; its folder here has the differences. */
  readonly name: string;
  /** In `shared/corpora` beside the clone. */
  readonly corpus: string;
  readonly summary: string;
  /** Why it cannot run on this machine, whatever the corpus is; undefined where it can. */
  readonly missing?: string | undefined;
  /** The same with options of the command line; undefined where it takes none. */
  withOptions?(options: SuiteOptions): Suite;
  /** Parts that are compared one by one, mostly files. */
  parts(folder: string): readonly string[];
  outcomes(folder: string, part: string): readonly Outcome[] | Promise<readonly Outcome[]>;
  /** Ends what the outcomes started. */
  close?(): Promise<void>;
}

/** What stands behind `--` on the command line. */
export interface SuiteOptions {
  readonly rules?: string | undefined;
  /** 1 to 4. */
  readonly paranoia?: number | undefined;
}

export interface Outcome {
  /** Unique in its part. */
  readonly id: string | number;
  /** What the vector is about. */
  readonly what: string;
  /** `either` where it is left open, and only a crash or a hang would be wrong. */
  readonly expected: 'valid' | 'invalid' | 'either';
  readonly actual: 'valid' | 'invalid';
  /** Why it was refused; empty for what passed. */
  readonly reason: string;
  /** Whether it was refused before that which is tested got to see it; such are counted apart. */
  readonly isApart?: boolean;
}
