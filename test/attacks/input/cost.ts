import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';

/** What requests cost the process that they are sent to: its processor time, which another busy process does not add to. */

/** Whether the system tells of processes what Linux tells. */
export const noProc = existsSync('/proc/self/stat') ? false : 'there is no /proc';

/** Processor time of a process so far, of all its threads, in milliseconds; it is counted in steps of ten. */
export function processorTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) * 10;
}

/** Bytes in memory. */
export function residentMemory(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096;
}

/** What a refusal of a megabyte may cost, in milliseconds: some ten times what is measured, as machines differ. */
export const largeBound = 300;

/** The same for a request that is small: less than any that is held up would notice. */
export const smallBound = 15;

const tries = 4;

/**
 * That a request costs the process less than this many milliseconds. Compilation and the collection of garbage fall upon
 * whoever is there, so that the least of some tries counts; small ones are repeated, as the clock has steps of ten.
 */
export async function assertCost(
  pid: number,
  name: string,
  send: () => Promise<unknown>,
  bound: number,
): Promise<void> {
  const times = Math.ceil(100 / bound);
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < tries && least >= bound; round++) {
    const before = processorTime(pid);
    for (let time = 0; time < times; time++) await send();
    least = Math.min(least, (processorTime(pid) - before) / times);
  }
  assert.ok(least < bound, `${name}: ${least.toFixed(1)} ms`);
}
