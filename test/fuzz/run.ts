import { parseArgs } from 'node:util';
import { targets } from './all-targets.ts';
import { mutated, numbers } from './mutation.ts';
import type { Target } from './targets.ts';
import { mostMilliseconds, shown, shrunk, tried } from './trial.ts';

/**
 * Feeds the parsers with changed inputs for a time, and fails at one that breaks something or holds the thread for more than
 * 20 ms, again and again:
 *
 *     node_modules/.bin/node test/fuzz/run.ts --seconds 60 --target xml --seed 7
 *
 * The seconds are shared by the targets; without `--target` these are all.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    target: { type: 'string' },
    seed: { type: 'string' },
  },
});
const chosen = targets.filter(({ name }) => values.target === undefined || name === values.target);
if (chosen.length === 0) throw new Error(`targets are ${targets.map(({ name }) => name).join(', ')}`);
const seed = Number(values.seed ?? Date.now() % 1_000_000);

for (const target of chosen) await run(target, (Number(values.seconds) * 1000) / chosen.length);

async function run(target: Target, milliseconds: number): Promise<void> {
  const next = numbers(seed);
  const end = performance.now() + milliseconds;
  let count = 0;
  let slowest = 0;
  while (performance.now() < end) {
    const input = mutated(target, next);
    const outcome = await tried(target, input);
    if (outcome.kind !== 'fine') {
      process.exitCode = 1;
      tell(
        `${target.name}, input ${count} of seed ${seed}: ${shown(await shrunk(target, input, outcome.kind))}`,
      );
      if (outcome.kind === 'slow') tell(`  takes ${outcome.milliseconds.toFixed(1)} ms`);
      else tell(`  ${outcome.error instanceof Error ? outcome.error.stack : String(outcome.error)}`);
      return;
    }
    slowest = Math.max(slowest, outcome.milliseconds);
    count++;
  }
  tell(
    `${target.name}: ${count} inputs of seed ${seed}, the slowest ${slowest.toFixed(1)} of ${mostMilliseconds} ms`,
  );
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}
