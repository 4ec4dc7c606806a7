/** A thread that takes from shared counters, for shared-counters.threads.test.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { prepareLimit, SharedCounters } from '../shared-counters.ts';
import type { CounterWork } from './counter-work.ts';
import { ARRIVED, GATE, TIME } from './counter-work.ts';

const filler = prepareLimit({ id: 'filler', quota: 1, windowSeconds: 1e-6 });

function meet({ gate, threads }: CounterWork, wave: number): void {
  if (Atomics.add(gate, ARRIVED, 1) + 1 === threads * (wave + 1)) {
    Atomics.store(gate, GATE, wave + 1);
    Atomics.notify(gate, GATE);
  }
  while (Atomics.load(gate, GATE) <= wave) Atomics.wait(gate, GATE, wave);
}

/** How many takes each hot key was allowed, wave after wave. */
function hammer(work: CounterWork, counters: SharedCounters): Int32Array {
  const { waves, keysPerWave, takesPerKey, fillEvery } = work;
  const allowed = new Int32Array(waves * keysPerWave);
  for (let wave = 0; wave < waves; wave++) {
    meet(work, wave);
    for (let i = 0; i < keysPerWave * takesPerKey; i++) {
      const key = wave * keysPerWave + (i % keysPerWave);
      if (counters.take(work.hot, `hot-${key}`, 1).allowed) allowed[key]!++;
      if (i % fillEvery === 0) counters.take(filler, `${work.name}-${wave}-${i}`, 1);
    }
  }
  return allowed;
}

function fill(work: CounterWork, counters: SharedCounters): void {
  parentPort?.postMessage('filling');
  for (let i = 0; ; i++) counters.take(filler, `${work.name}-${i}`, 1);
}

function stopInLock(work: CounterWork): void {
  let readings = 0;
  const counters = new SharedCounters(work.memory, () => {
    if (++readings === 2) {
      parentPort?.postMessage('in lock');
      Atomics.wait(work.gate, GATE, 0);
    }
    return Atomics.load(work.gate, TIME);
  });
  parentPort?.postMessage(counters.take(work.hot, 'hot-0', 1).allowed);
}

const work = workerData as CounterWork;
if (work.kind === 'stop-in-lock') {
  stopInLock(work);
} else {
  const clock = work.ticking
    ? () => Atomics.add(work.gate, TIME, 1) + 1
    : () => Atomics.load(work.gate, TIME);
  const counters = new SharedCounters(work.memory, clock);
  if (work.kind === 'fill') fill(work, counters);
  else parentPort?.postMessage(hammer(work, counters));
}
