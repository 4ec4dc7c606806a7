/** One value of a variable. */
export interface Item {
  /** In capitals, with `&` in front for a count. */
  readonly variable: string;
  /** Of a member of a collection. */
  readonly key: string | undefined;
  readonly value: string;
}

/** MATCHED_VAR_NAME: `ARGS:id`, `REQUEST_URI`. */
export const itemName = ({ variable, key }: Item): string =>
  key === undefined ? variable : `${variable}:${key}`;
