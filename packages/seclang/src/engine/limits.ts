/** Bounds on what rules make of what clients send. Going beyond one is a fault, with the outcome that faults have. */

/** Of a variable that rules set; a rule that appends to itself for each match would double it otherwise. */
export const maximumVariableLength = 1 << 20;
/** Members of TX whose names rules make up from those of arguments. */
export const maximumMembers = 5_000;
/** Members of MATCHED_VARS. */
export const maximumMatchedVariables = 10_000;
/** Matches that a transaction records; those beyond are counted alone. */
export const maximumMatches = 250;
/** Members of a collection that outlives the transaction; the oldest goes for another. */
export const maximumStoredMembers = 200;
/** Arguments of `@within %{tx.allowed}` and its like that are kept compiled, for each operator. */
export const maximumCompiledArguments = 64;

/** Thrown where one is exceeded. */
export class LimitFault extends Error {
  override name = 'LimitFault';
}

/** Thrown where a transaction takes too much time, or would. */
export class BudgetFault extends Error {
  override name = 'BudgetFault';
}
