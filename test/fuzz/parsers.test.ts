import { test } from 'node:test';
import { targets } from './all-targets.ts';
import { mutated, numbers } from './mutation.ts';

/** A short run with the same inputs each time; `node test/fuzz/run.ts` goes on for as long as it is told. */
const steps = 3_000;

for (const target of targets) {
  test(`${target.name}: ${steps} inputs`, () => {
    const next = numbers(1);
    for (let step = 0; step < steps; step++) {
      const input = mutated(target, next);
      try {
        target.check(input);
      } catch (error) {
        throw new Error(`step ${step}: ${JSON.stringify(input.toString('latin1').slice(0, 500))}`, {
          cause: error,
        });
      }
    }
  });
}
