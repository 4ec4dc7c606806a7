import { OptionFault } from '../policy.ts';

export type Where = readonly (string | number)[];

/** What is wrong with a configuration, collected, so that all of it is told at once. */
export class Faults {
  readonly all: OptionFault[] = [];

  /** @param where option within the policy */
  add(where: Where, message: string): void {
    this.all.push(new OptionFault(where, message));
  }

  /** @returns undefined when the action threw, which is kept as a fault, or as several where it was an AggregateError */
  try<T>(where: Where, action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      const errors = error instanceof AggregateError ? error.errors : [error];
      for (const each of errors) this.add(where, (each as Error).message);
      return undefined;
    }
  }

  /** @throws AggregateError of OptionFault where there are any */
  throwAll(): void {
    if (this.all.length > 0) throw new AggregateError(this.all, 'the options of a policy cannot be used');
  }
}
