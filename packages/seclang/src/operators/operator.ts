/** What a match captured (TX.0 to TX.9); empty for operators that capture nothing. */
export type Match = false | readonly string[];

/** Values are bytes as latin1 strings. Cheap, never throws, and takes time linear in the value. */
export type Matcher = (value: string) => Match;

/** What operators need of the world around, so that this package reads no file by itself. */
export interface OperatorEnvironment {
  /** The bytes of a file that an argument names, as a latin1 string; throws where there is none. */
  readFile(name: string): string;
}

/** @throws OperatorFault for an argument that means nothing */
export type Operator = (argument: string, environment: OperatorEnvironment) => Matcher;

/** What is wrong with an operator or its argument, as a sentence; who loads the rules adds file and line. */
export class OperatorFault extends Error {
  override readonly name = 'OperatorFault';
}

/** A match without captures, shared. */
export const matched: readonly string[] = [];
