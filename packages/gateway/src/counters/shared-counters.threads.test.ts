import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { createCounterMemory } from './counter-memory.ts';
import { prepareLimit, SharedCounters } from './shared-counters.ts';
import type { CounterWork } from './testing/counter-work.ts';
import { GATE, TIME } from './testing/counter-work.ts';

const QUOTA = 400;
const THREADS = 4;
/** One request back each 22 hours: nothing is refilled while a test runs. */
const hot = prepareLimit({ id: 'hot', quota: QUOTA, windowSeconds: 366 * 86_400 });

/** Together the threads ask for three times the quota of each key. */
const HAMMER = { hot, threads: THREADS, waves: 20, keysPerWave: 20, takesPerKey: 300 } as const;
const EXACT = new Array<number>(HAMMER.waves * HAMMER.keysPerWave).fill(QUOTA);

function startAt(time: number) {
  const gate = new Int32Array(new SharedArrayBuffer(12));
  gate[TIME] = time;
  const memory = createCounterMemory(32_768);
  return { gate, memory, work: { ...HAMMER, memory, gate, fillEvery: 20, ticking: false } };
}

function start(t: TestContext, work: CounterWork): Worker {
  const worker = new Worker(new URL('./testing/counter-worker.ts', import.meta.url), { workerData: work });
  t.after(() => worker.terminate());
  return worker;
}

type Hammer = Omit<CounterWork, 'kind' | 'name'>;

/** Runs the threads, and says how many takes all of them together were allowed of each key. */
async function hammer(t: TestContext, work: Hammer, during?: () => Promise<void>): Promise<number[]> {
  const names = Array.from({ length: THREADS }, (_, i) => `w${i}`);
  const workers = names.map((name) => start(t, { ...work, kind: 'hammer', name }));
  const replies = Promise.all(workers.map((worker) => once(worker, 'message')));
  await during?.();
  const totals = new Array<number>(EXACT.length).fill(0);
  for (const [allowed] of await replies) for (const [key, count] of allowed.entries()) totals[key]! += count;
  return totals;
}

suite('threads', { timeout: 60_000 }, () => {
  test('at one instant, each key gets exactly its quota, while slots of the past are taken over', async (t) => {
    const { gate, memory, work } = startAt(1_000_000);
    const past = prepareLimit({ id: 'past', quota: 1, windowSeconds: 1 });
    const counters = new SharedCounters(memory, () => gate[TIME]!);
    const { slots } = counters.tallies();
    for (let i = 0; i < slots / 2; i++) counters.take(past, `past-${i}`, 1);
    gate[TIME]! += 10_000_000;

    // 400 hot keys and 320 fillers, none of which ends, in 1771 slots
    assert.deepEqual(await hammer(t, { ...work, fillEvery: 1500 }), EXACT);
    const { evictions, exhausted } = counters.tallies();
    assert.deepEqual({ evictions, exhausted }, { evictions: 0, exhausted: 0 });
  });

  test('while time goes on and every filler is soon taken over', async (t) => {
    const { memory, work } = startAt(1_000_000);
    assert.deepEqual(await hammer(t, { ...work, ticking: true }), EXACT);
    const { evictions, exhausted } = new SharedCounters(memory).tallies();
    assert.deepEqual({ evictions, exhausted }, { evictions: 0, exhausted: 0 });
  });

  test('while other threads are terminated at any instruction', async (t) => {
    const { memory, work } = startAt(1_000_000);
    const killing = async () => {
      for (let i = 0; i < 12; i++) {
        const victim = start(t, { ...work, kind: 'fill', name: `victim-${i}`, ticking: true });
        await once(victim, 'message');
        await victim.terminate();
      }
    };
    assert.deepEqual(await hammer(t, { ...work, takesPerKey: 1000, ticking: true }, killing), EXACT);
    assert.equal(new SharedCounters(memory).tallies().exhausted, 0);
  });

  test('a thread terminated while it holds a lock does not block the others', async (t) => {
    const { gate, memory, work } = startAt(1_000_000);
    const holder = start(t, { ...work, kind: 'stop-in-lock', name: 'holder' });
    assert.deepEqual(await once(holder, 'message'), ['in lock']);
    await holder.terminate();

    const counters = new SharedCounters(memory, () => gate[TIME]!);
    let allowed = 0;
    for (let i = 0; i < 2 * QUOTA; i++) if (counters.take(hot, 'hot-0', 1).allowed) allowed++;
    assert.equal(allowed, QUOTA);
    assert.equal(counters.tallies().steals, 1);
  });

  test('a thread that goes on after its lock was stolen does not get a counter of its own', async (t) => {
    const { gate, memory, work } = startAt(1_000_000);
    const holder = start(t, { ...work, kind: 'stop-in-lock', name: 'holder' });
    assert.deepEqual(await once(holder, 'message'), ['in lock']);

    const counters = new SharedCounters(memory, () => gate[TIME]!);
    assert.equal(counters.take(hot, 'hot-0', QUOTA - 1).allowed, true);
    assert.equal(counters.tallies().steals, 1);
    const reply = once(holder, 'message');
    Atomics.store(gate, GATE, 1);
    Atomics.notify(gate, GATE);
    assert.deepEqual(await reply, [true]);
    assert.equal(counters.take(hot, 'hot-0', 1).allowed, false);
  });
});
