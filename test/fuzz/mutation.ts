import type { Target } from './targets.ts';

/** A generator of numbers below 2^32 that depends on its seed alone (mulberry32). */
export function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const largest = 64 * 1024;

/** An input: a seed of the target with some bytes changed, words put in, pieces repeated and taken out. */
export function mutated({ seeds, words }: Target, next: (below: number) => number): Buffer {
  let bytes = Buffer.from(seeds[next(seeds.length)]!, 'latin1');
  for (let count = 1 + next(6); count > 0; count--) {
    const at = next(bytes.length + 1);
    const to = at + next(Math.min(64, bytes.length - at + 1));
    const before = bytes.subarray(0, at);
    switch (next(6)) {
      case 0:
        bytes = Buffer.concat([before, Buffer.from([next(256)]), bytes.subarray(at + 1)]);
        break;
      case 1:
      case 2:
        bytes = Buffer.concat([
          before,
          Buffer.from(words[next(words.length)]!, 'latin1'),
          bytes.subarray(at),
        ]);
        break;
      case 3:
        bytes = Buffer.concat([before, bytes.subarray(to)]);
        break;
      case 4: {
        const piece = bytes.subarray(at, to);
        const times = next(8) === 0 ? next(4_000) : next(8);
        bytes = Buffer.concat([before, ...new Array<Buffer>(times).fill(piece), bytes.subarray(at)]);
        break;
      }
      default:
        bytes = Buffer.concat([before, bytes.subarray(at, to), bytes.subarray(0, to), bytes.subarray(at)]);
    }
    if (bytes.length > largest) bytes = bytes.subarray(0, largest);
  }
  return bytes;
}
