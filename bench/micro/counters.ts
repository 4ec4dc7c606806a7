/**
 * What one `take` costs, with few counters and with a million of them. Run: node bench/micro/counters.ts
 * The table is read in random order, as its hash is keyed by random; the strings themselves are visited in order, as
 * the address of a request that has just arrived is in the cache. Each figure is the best of the rounds, as the
 * machine's other work only ever adds to it; the ratio is the median over rounds that take turns.
 */
import { createCounterMemory } from '../../packages/gateway/src/counters/counter-memory.ts';
import { prepareLimit, SharedCounters } from '../../packages/gateway/src/counters/shared-counters.ts';

const MIB = 2 ** 20;
const TAKES = 1_000_000;
const ROUNDS = 9;

interface Row {
  readonly name: string;
  readonly insertNs: number;
  readonly takeNs: number;
  readonly refuseNs: number;
  readonly heapBytes: number;
  readonly evictions: number;
}

/** 15 characters each, like an IPv4 address, and flat in memory, as they come from a socket. */
function addresses(count: number): string[] {
  const keys: string[] = [];
  for (let i = 0; i < count; i++) {
    const address = `${100 + (i % 100)}.${100 + (Math.floor(i / 100) % 100)}.${100 + Math.floor(i / 10_000)}.250`;
    keys.push(Buffer.from(address, 'latin1').toString('latin1'));
  }
  return keys;
}

function nanosecondsEach(times: number, work: () => void): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / times;
}

/** The median of many small trials, which a collection in some of them does not disturb. */
function allocatedEach(work: () => void, times: number): number {
  const trials = Array.from({ length: 51 }, () => {
    const before = process.memoryUsage().heapUsed;
    work();
    return (process.memoryUsage().heapUsed - before) / times;
  });
  return median(trials);
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

function takeAll(
  counters: SharedCounters,
  limit: ReturnType<typeof prepareLimit>,
  keys: string[],
  times: number,
) {
  const count = keys.length;
  let allowed = 0;
  for (let i = 0; i < times; i++) if (counters.take(limit, keys[i % count]!, 1).allowed) allowed++;
  return allowed;
}

function expect(actual: number, expected: number, what: string): void {
  if (actual !== expected) throw new Error(`${what}: ${actual} instead of ${expected}`);
}

/** A table with that many counters in it, and what a take costs in one round. */
function fill(name: string, count: number, bytes: number) {
  const counters = new SharedCounters(createCounterMemory(bytes));
  // Windows long enough that every counter stays live.
  const generous = prepareLimit({ id: 'generous', quota: 40_000, windowSeconds: 366 * 86_400 });
  const strict = prepareLimit({ id: 'generous', quota: 1, windowSeconds: 366 * 86_400 });
  const keys = addresses(count);
  const insertNs = nanosecondsEach(count, () =>
    expect(takeAll(counters, generous, keys, count), count, 'inserted'),
  );
  const row = { name, insertNs, takeNs: Infinity, refuseNs: Infinity, heapBytes: 0, evictions: 0 };
  const round = (): number => {
    const takeNs = nanosecondsEach(TAKES, () =>
      expect(takeAll(counters, generous, keys, TAKES), TAKES, 'allowed'),
    );
    row.takeNs = Math.min(row.takeNs, takeNs);
    row.refuseNs = Math.min(
      row.refuseNs,
      nanosecondsEach(TAKES, () => expect(takeAll(counters, strict, keys, TAKES), 0, 'allowed')),
    );
    return takeNs;
  };
  const finish = (): Row => ({
    ...row,
    heapBytes: allocatedEach(() => takeAll(counters, generous, keys, 1000), 1000),
    evictions: counters.tallies().evictions,
  });
  return { round, finish };
}

function print(cells: readonly (string | number)[]): void {
  const line = cells
    .map((cell, i) => (i === 0 ? String(cell).padEnd(22) : String(cell).padStart(11)))
    .join('');
  process.stdout.write(`${line}\n`);
}

fill('warm up', 1000, 64 * 1024).round();
const filledFew = fill('1,000 keys, 64 MiB', 1000, 64 * MIB);
const filledMany = fill('1,000,000 keys, 64 MiB', 1_000_000, 64 * MIB);
// By turns, as the machine has slow and fast minutes.
const ratios = Array.from({ length: ROUNDS }, () => {
  const one = filledFew.round();
  return filledMany.round() / one;
});
const few = filledFew.finish();
const many = filledMany.finish();

print(['', 'take', 'refused', 'insert', 'heap', 'evictions']);
for (const row of [few, many]) {
  const ns = [row.takeNs, row.refuseNs, row.insertNs].map((value) => `${value.toFixed(0)} ns`);
  print([row.name, ...ns, `${row.heapBytes.toFixed(0)} B`, row.evictions]);
}
const request = 40_000;
print([`ratio of a take`, median(ratios).toFixed(2)]);
print([`of a 40 us request`, ((request + many.takeNs) / (request + few.takeNs)).toFixed(3)]);
print([`resident memory`, `${(process.memoryUsage().rss / MIB).toFixed(0)} MiB`]);
