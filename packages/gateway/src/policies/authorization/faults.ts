import { OptionFault } from '../../policy.ts';

export type Where = readonly (string | number)[];

/** What is wrong with a configuration, collected, so that all of it is told at once. */
export class Faults {
  readonly all: OptionFault[] = [];

  /** @param where option within the policy */
  add(where: Where, message: string): void {
    this.all.push(new OptionFault(where, message));
  }

  /** @returns undefined when the action threw, which is kept as a fault */
  try<T>(where: Where, action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.add(where, (error as Error).message);
      return undefined;
    }
  }
}
