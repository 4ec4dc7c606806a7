import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { createCounterMemory } from './counter-memory.ts';
import { prepareLimit, SharedCounters } from './shared-counters.ts';
import type { CounterWork } from './testing/counter-work.ts';
import { GATE, TIME } from './testing/counter-work.ts';

const QUOTA = 40;
const HOT_KEYS = 50;
const THREADS = 4;
/** One request back each nine days: nothing is refilled while a test runs. */
const hot = prepareLimit({ id: 'hot', quota: QUOTA, windowSeconds: 366 * 86_400 });

function startAt(time: number, bytes: number) {
  const gate = new Int32Array(new SharedArrayBuffer(8));
  gate[TIME] = time;
  const memory = createCounterMemory(bytes);
  const work = { memory, gate, hot, hotKeys: HOT_KEYS, takesPerKey: 30, fillers: 0, ticking: false } as const;
  return { gate, memory, work };
}

function start(work: CounterWork): Worker {
  return new Worker(new URL('./testing/counter-worker.ts', import.meta.url), { workerData: work });
}

async function hammer(
  work: Omit<CounterWork, 'kind' | 'name'>,
  during?: () => Promise<void>,
): Promise<number[]> {
  const workers = Array.from({ length: THREADS }, (_, i) =>
    start({ ...work, kind: 'hammer', name: `w${i}` }),
  );
  const replies = Promise.all(workers.map((worker) => once(worker, 'message')));
  await Promise.all(workers.map((worker) => once(worker, 'online')));
  Atomics.store(work.gate, GATE, 1);
  Atomics.notify(work.gate, GATE);
  await during?.();
  const totals = new Array<number>(work.hotKeys).fill(0);
  for (const [allowed] of await replies) for (const [key, count] of allowed.entries()) totals[key]! += count;
  return totals;
}

suite('threads', { timeout: 60_000 }, () => {
  test('at one instant, each key gets exactly its quota, while slots of the past are taken over', async () => {
    const { gate, memory, work } = startAt(1_000_000, 32_768);
    const past = prepareLimit({ id: 'past', quota: 1, windowSeconds: 1 });
    const counters = new SharedCounters(memory, () => gate[TIME]!);
    const { slots } = counters.tallies();
    for (let i = 0; i < slots / 2; i++) counters.take(past, `past-${i}`, 1);
    gate[TIME]! += 10_000_000;

    const totals = await hammer({ ...work, fillers: 100 });
    assert.deepEqual(totals, new Array(HOT_KEYS).fill(QUOTA));
    const { evictions, exhausted } = counters.tallies();
    assert.deepEqual({ evictions, exhausted }, { evictions: 0, exhausted: 0 });
  });

  test('while time goes on and every filler is soon taken over', async () => {
    const { memory, work } = startAt(1_000_000, 16_384);
    const totals = await hammer({ ...work, hotKeys: 200, takesPerKey: 60, fillers: 12_000, ticking: true });
    assert.deepEqual(totals, new Array(200).fill(QUOTA));
    const { evictions, exhausted } = new SharedCounters(memory).tallies();
    assert.deepEqual({ evictions, exhausted }, { evictions: 0, exhausted: 0 });
  });

  test('while other threads are terminated at any instruction', async () => {
    const { memory, work } = startAt(1_000_000, 16_384);
    const killing = async () => {
      for (let i = 0; i < 12; i++) {
        const victim = start({ ...work, kind: 'fill', name: `victim-${i}`, ticking: true });
        await once(victim, 'message');
        await victim.terminate();
      }
    };
    const totals = await hammer({ ...work, takesPerKey: 2000, fillers: 20_000, ticking: true }, killing);
    assert.deepEqual(totals, new Array(HOT_KEYS).fill(QUOTA));
    assert.equal(new SharedCounters(memory).tallies().exhausted, 0);
  });

  test('a thread terminated while it holds a lock does not block the others', async () => {
    const { gate, memory, work } = startAt(1_000_000, 16_384);
    const holder = start({ ...work, kind: 'stop-in-lock', name: 'holder' });
    assert.deepEqual(await once(holder, 'message'), ['in lock']);
    await holder.terminate();

    const counters = new SharedCounters(memory, () => gate[TIME]!);
    let allowed = 0;
    for (let i = 0; i < 2 * QUOTA; i++) if (counters.take(hot, 'hot-0', 1).allowed) allowed++;
    assert.equal(allowed, QUOTA);
    assert.equal(counters.tallies().steals, 1);
  });

  test('a thread that goes on after its lock was stolen does not get a counter of its own', async () => {
    const { gate, memory, work } = startAt(1_000_000, 16_384);
    const holder = start({ ...work, kind: 'stop-in-lock', name: 'holder' });
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
