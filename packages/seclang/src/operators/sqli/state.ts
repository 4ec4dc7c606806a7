/** Where in a query a value would stand, and how far what stands before is to be trusted to be a value's beginning. */
export interface Context {
  /** Where SQL begins: 0, or behind the quote that ends the string. */
  readonly start: number;
  /** The quote that the query put before the value; empty for none. */
  readonly quote: '' | "'" | '"';
  /** Whether an operand stands before `start`. */
  readonly isAfterOperand: boolean;
  /** The value's own text before the quote looks like a word, a name or a number, not like prose or code. */
  readonly isSimple: boolean;
  readonly hasEscapes: boolean;
}

/** What is open: a parenthesis, the arguments of a function, CASE; the comparison around it, to go on with at its end. */
export interface Frame {
  readonly kind: 'group' | 'call' | 'case' | 'top';
  readonly isBuilder: boolean;
  readonly outer: Side;
  /** The clause that one is in: nothing, the list behind SELECT, the tables behind FROM, or what follows. */
  clause: '' | 'list' | 'from' | 'rest';
  /** SELECT stands behind an operator, UNION or a semicolon, not at the very beginning. */
  isInjected: boolean;
  /** How many names may stand behind an operand without an operator: an alias. */
  aliases: number;
}

/** One side of a comparison. */
export interface Side {
  isConstant: boolean;
  text: string;
  /** The left side, once the operator was read. */
  left: { readonly isConstant: boolean; readonly text: string } | undefined;
  /** The condition was begun by a word of the value itself, AND or OR for instance. */
  isInjected: boolean;
}

export const freshSide = (isInjected: boolean): Side => ({
  isConstant: true,
  text: '',
  left: undefined,
  isInjected,
});
