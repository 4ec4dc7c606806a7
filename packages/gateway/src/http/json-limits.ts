/** Bounds on a JSON text. */
export interface JsonLimits {
  /** Levels of objects and arrays; at most `deepest`. */
  readonly depth: number;
  /** Of one object. */
  readonly members: number;
  /** Of one array. */
  readonly items: number;
  /** Values in all, objects and arrays among them. */
  readonly values: number;
  /** Bytes between the quotes, as written; names are strings too. */
  readonly stringLength: number;
  /** Characters. */
  readonly numberLength: number;
  /** Takes numbers that a double does not hold. */
  readonly inexactNumbers: boolean;
  /** Takes the names that lead to the prototype of objects: `__proto__`, and `prototype` in `constructor`. */
  readonly prototypeNames: boolean;
}

/** Recursive readers behind the gateway, and the scanner itself, would run out of stack beyond some thousands. */
export const deepest = 512;

export const usualLimits: JsonLimits = {
  // Deeper documents are no data.
  depth: 64,
  // What costs most is names: so many, all different, take some 10 ms to scan and to parse.
  members: 1_000,
  items: 25_000,
  values: 25_000,
  stringLength: 1_048_576,
  numberLength: 128,
  inexactNumbers: false,
  prototypeNames: false,
};
