import { performance } from 'node:perf_hooks';
import type { Target } from './targets.ts';

/** Nothing that a client sends may hold a thread for longer. */
export const mostMilliseconds = 20;

/** What an input came to. */
export type Outcome =
  | { readonly kind: 'fine'; readonly milliseconds: number }
  | { readonly kind: 'broken'; readonly error: unknown }
  | { readonly kind: 'slow'; readonly milliseconds: number };

const repetitions = 3;

/**
 * Gives a target one input. What took longer than `most` is done three times more, and the least counts: the collector of
 * garbage takes its time in somebody's turn, and a compiler in the first ones.
 */
export async function tried(target: Target, input: Buffer, most = mostMilliseconds): Promise<Outcome> {
  let milliseconds: number;
  try {
    milliseconds = await processorTime(() => target.check(input));
  } catch (error) {
    return { kind: 'broken', error };
  }
  if (milliseconds <= most) return { kind: 'fine', milliseconds };
  const work = (): unknown => (target.work ?? target.check)(input);
  for (let round = 0; round < repetitions && milliseconds > most; round++)
    milliseconds = Math.min(milliseconds, await processorTime(work));
  return { kind: milliseconds > most ? 'slow' : 'fine', milliseconds };
}

/** What it takes of the processor on this thread, however busy the machine is with other things. */
async function processorTime(work: () => unknown): Promise<number> {
  const before = process.threadCpuUsage();
  const done = work();
  if (done instanceof Promise) await done;
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

/** Looking for a shorter input stops after so long. */
const mostSearch = 20_000;

/** An input, as short as it was found, that comes to this kind of end. */
export async function shrunk(
  target: Target,
  input: Buffer,
  kind: Outcome['kind'],
  most?: number,
): Promise<Buffer> {
  const end = performance.now() + mostSearch;
  const comesToSame = async (shorter: Buffer): Promise<boolean> =>
    (await tried(target, shorter, most)).kind === kind;
  return withoutNeedless(input, async (shorter) => performance.now() < end && (await comesToSame(shorter)));
}

/** Takes out pieces, ever smaller ones, as long as the rest still does what is looked for. */
export async function withoutNeedless(
  input: Buffer,
  stillDoes: (shorter: Buffer) => Promise<boolean>,
): Promise<Buffer> {
  let least = input;
  for (let size = Math.ceil(input.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < least.length; ) {
      const shorter = Buffer.concat([least.subarray(0, at), least.subarray(at + size)]);
      if (await stillDoes(shorter)) least = shorter;
      else at += size;
    }
  }
  return least;
}

/** Of a length that can be read, also where nothing shorter was found. */
export function shown(input: Buffer): string {
  const text = JSON.stringify(input.toString('latin1', 0, 1_000));
  return input.length > 1_000 ? `${text} and ${input.length - 1_000} bytes more` : text;
}
