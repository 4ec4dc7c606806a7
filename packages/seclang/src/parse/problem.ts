/** Where a directive stands. */
export interface Position {
  /** As it was given to the parser, or as the reader named it. */
  readonly file: string;
  /** Of the directive's first line, from 1. */
  readonly line: number;
}

/** One thing that is wrong with the rules. */
export interface Problem extends Position {
  readonly message: string;
}

/** Thrown while a directive is read; the loader adds where, and goes on with the next directive. */
export class SyntaxProblem extends Error {
  override name = 'SyntaxProblem';
}

export const describeProblem = ({ file, line, message }: Problem): string => `${file}:${line}: ${message}`;
