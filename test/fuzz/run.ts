import { parseArgs } from 'node:util';
import { targets } from './all-targets.ts';
import { mutated, numbers } from './mutation.ts';

/**
 * Feeds the parsers with changed inputs for a time and says what broke or took long:
 *
 *     node_modules/.bin/node test/fuzz/run.ts --seconds 60 --target xml --seed 7
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
const milliseconds = (Number(values.seconds) * 1000) / chosen.length;
/** Processor time of one input, in microseconds. */
const bound = 20_000;

for (const target of chosen) {
  const next = numbers(seed);
  const end = performance.now() + milliseconds;
  let count = 0;
  let slowest = 0;
  while (performance.now() < end) {
    const input = mutated(target, next);
    const before = process.cpuUsage();
    try {
      target.check(input);
    } catch (error) {
      process.stdout.write(`${target.name}, input ${count} of seed ${seed}: ${shown(input)}\n`);
      throw error;
    }
    const used = process.cpuUsage(before).user;
    // The collector of garbage takes its time in somebody's turn: only what is slow again is slow.
    if (used > bound && again(target.check, input) > bound) {
      process.stdout.write(`${target.name}: ${Math.round(used / 1000)} ms for ${shown(input)}\n`);
      process.exitCode = 1;
    }
    slowest = Math.max(slowest, used > bound ? again(target.check, input) : used);
    count++;
  }
  process.stdout.write(
    `${target.name}: ${count} inputs of seed ${seed}, the slowest ${(slowest / 1000).toFixed(1)} ms\n`,
  );
}

/** The beginning; seed and number give the whole. */
function shown(input: Buffer): string {
  return JSON.stringify(input.toString('latin1', 0, 200));
}

/** The best of five. */
function again(check: (bytes: Buffer) => void, input: Buffer): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const before = process.cpuUsage();
    check(input);
    best = Math.min(best, process.cpuUsage(before).user);
  }
  return best;
}
