/** Who cleans up: a TestContext, or `{ after }` of node:test for a whole file. */
export interface Owner {
  after(action: () => unknown): void;
}
