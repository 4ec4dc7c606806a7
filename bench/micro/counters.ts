/**
 * What one `take` costs, with few counters and with a million of them. Run: node bench/micro/counters.ts
 * The table is read in random order, as its hash is keyed by random; the strings themselves are visited in order, as
 * the address of a request that has just arrived is in the cache. Each figure is the best of the rounds: the
 * machine's other work only ever adds to it.
 */
import { createCounterMemory } from '../../packages/gateway/src/counters/counter-memory.ts';
import { prepareLimit, SharedCounters } from '../../packages/gateway/src/counters/shared-counters.ts';

const MIB = 2 ** 20;
const TAKES = 1_000_000;
const ROUNDS = 5;

interface Row {
  readonly name: string;
  readonly keys: number;
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
  return trials.sort((a, b) => a - b)[25]!;
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

function measure(name: string, count: number, bytes: number): Row {
  const counters = new SharedCounters(createCounterMemory(bytes));
  // Windows long enough that every counter stays live.
  const generous = prepareLimit({ id: 'generous', quota: 20_000, windowSeconds: 366 * 86_400 });
  const strict = prepareLimit({ id: 'generous', quota: 1, windowSeconds: 366 * 86_400 });
  const keys = addresses(count);
  const insertNs = nanosecondsEach(count, () =>
    expect(takeAll(counters, generous, keys, count), count, 'inserted'),
  );
  let takeNs = Infinity;
  let refuseNs = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    takeNs = Math.min(
      takeNs,
      nanosecondsEach(TAKES, () => expect(takeAll(counters, generous, keys, TAKES), TAKES, 'allowed')),
    );
  }
  for (let round = 0; round < ROUNDS; round++) {
    refuseNs = Math.min(
      refuseNs,
      nanosecondsEach(TAKES, () => expect(takeAll(counters, strict, keys, TAKES), 0, 'allowed')),
    );
  }
  const heapBytes = allocatedEach(() => takeAll(counters, generous, keys, 1000), 1000);
  return {
    name,
    keys: count,
    insertNs,
    takeNs,
    refuseNs,
    heapBytes,
    evictions: counters.tallies().evictions,
  };
}

function print(cells: readonly (string | number)[]): void {
  const line = cells
    .map((cell, i) => (i === 0 ? String(cell).padEnd(22) : String(cell).padStart(11)))
    .join('');
  process.stdout.write(`${line}\n`);
}

measure('warm up', 1000, 64 * 1024);
const few = measure('1,000 keys, 64 MiB', 1000, 64 * MIB);
const many = measure('1,000,000 keys, 64 MiB', 1_000_000, 64 * MIB);

print(['', 'take', 'refused', 'insert', 'heap', 'evictions']);
for (const row of [few, many]) {
  const ns = [row.takeNs, row.refuseNs, row.insertNs].map((value) => `${value.toFixed(0)} ns`);
  print([row.name, ...ns, `${row.heapBytes.toFixed(0)} B`, row.evictions]);
}
const request = 40_000;
print([`ratio of a take`, (many.takeNs / few.takeNs).toFixed(2)]);
print([`of a 40 us request`, ((request + many.takeNs) / (request + few.takeNs)).toFixed(3)]);
print([`resident memory`, `${(process.memoryUsage().rss / MIB).toFixed(0)} MiB`]);
