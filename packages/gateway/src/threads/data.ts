import { setImmediate as turn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { type Bundle, compile } from '../compile.ts';
import { importExtensions } from '../config/extensions.ts';
import { SharedCounters } from '../counters/shared-counters.ts';
import type { Gateway, ThreadParts } from '../gateway.ts';
import { Listeners } from '../listener/listeners.ts';
import { StallWatch } from '../listener/stall-watch.ts';
import type { ApiSeries } from '../metrics/series.ts';
import { refuseUnparsed, serve } from '../pipeline.ts';
import { withExtensions } from '../policies/index.ts';
import { PrepareFault } from '../prepare-plan.ts';
import type { DataThreadStart, FromDataThread, ThreadFault, ToDataThread } from './messages.ts';
import { Outbox } from './outbox.ts';
import { RemoteDocuments } from './remote-documents.ts';
import { sharedIntermediates } from './shared-intermediates.ts';

/** The entry of a data thread: it carries the requests. What it is told comes from threads/control.ts. */

const port = parentPort;
if (port === null) throw new Error('data.ts is the entry of a worker thread');
const send = (message: FromDataThread): void => port.postMessage(message);

const start = workerData as DataThreadStart;
const load = { inProgress: 0, connections: 0 };
const outbox: Outbox = new Outbox(
  (batch, transfer) => port.postMessage(batch, [...transfer]),
  load,
  () => listeners.connections,
);
const stalls = new StallWatch();
const documents = new RemoteDocuments((id, location, youngerThan) =>
  send({ type: 'readDocument', id, location, youngerThan }),
);
const parts: ThreadParts = {
  counters: new SharedCounters(start.counters),
  documents,
  intermediates: sharedIntermediates(),
  secret: Buffer.from(start.secret),
  stalls,
  load,
  openLog: (destination) => outbox.openLog(destination),
  warn: (message) => send({ type: 'warning', message }),
  keyUsed: (...use) => outbox.keyUsed(...use),
  kept: new Map(),
};

interface Prepared {
  readonly gateway: Gateway;
  readonly series: ApiSeries[];
}

let current!: Prepared;
const prepared = new Map<number, Prepared>();

const listeners = new Listeners(
  start.listeners,
  (inbound) => serve(current.gateway, inbound),
  (inbound, problem, reason) => refuseUnparsed(current.gateway, inbound, problem, reason),
  stalls,
  (code) => outbox.clientError(code),
);

async function prepare(bundle: Bundle): Promise<Prepared> {
  const series: ApiSeries[] = [];
  const extensions = await importExtensions(bundle.extensions);
  const gateway = await compile(bundle, withExtensions(extensions), parts, (each) => series.push(each));
  return { gateway, series };
}

function putInForce(next: Prepared): void {
  const before = current;
  current = next;
  for (const each of next.series) outbox.addSeries(each);
  next.gateway.start();
  if (before !== undefined) retire(before);
}

/** Requests in flight finish under the configuration that they began with. */
const retireAfter = 60_000;

function retire({ gateway, series }: Prepared): void {
  setTimeout(() => {
    gateway.close();
    outbox.dropSeries(series);
  }, retireAfter).unref();
}

/** What changes the configuration happens in the order in which it was told, beginning with the start. */
let inOrder: Promise<void> = Promise.resolve();

function handle(message: ToDataThread): void {
  switch (message.type) {
    case 'prepare':
    case 'swap':
    case 'discard':
      inOrder = inOrder.then(() => configure(message));
      return;
    case 'certificates':
      return listeners.setCertificates(message.certificates);
    case 'ticketKeys':
      return listeners.setTicketKeys(Buffer.from(message.keys));
    case 'document':
      return documents.answered(message.id, message.reading);
    case 'flush':
      outbox.flush(true);
      return send({ type: 'flushed', id: message.id });
    case 'drain':
      return void drain(message.timeout);
  }
}

async function configure(
  message: Extract<ToDataThread, { type: 'prepare' | 'swap' | 'discard' }>,
): Promise<void> {
  switch (message.type) {
    case 'prepare': {
      let faults: readonly ThreadFault[] = [];
      try {
        const next = await prepare(message.bundle);
        await next.gateway.warm();
        prepared.set(message.generation, next);
      } catch (error) {
        faults = describe(error);
      }
      return send({ type: 'prepared', generation: message.generation, faults });
    }
    case 'swap': {
      const next = prepared.get(message.generation);
      prepared.delete(message.generation);
      if (next !== undefined) putInForce(next);
      return send({ type: 'swapped', generation: message.generation });
    }
    case 'discard':
      prepared.get(message.generation)?.gateway.close();
      prepared.delete(message.generation);
  }
}

/** How long idle connections stay open when the thread ends, for requests that are on their way. Milliseconds. */
const idleGrace = 1_000;

let draining = false;

async function drain(timeout: number): Promise<void> {
  if (draining) return;
  draining = true;
  await listeners.drain(timeout, idleGrace);
  // What was broken off is recorded once the end of its connection is told, a few turns of the event loop later.
  for (let turns = 0; turns < 100 && load.inProgress > 0; turns++) await turn();
  outbox.flush(true);
  // Messages are handed over before the thread ends.
  setImmediate(() => process.exit(dying ? 1 : 0));
}

function describe(error: unknown): ThreadFault[] {
  if (error instanceof AggregateError) return error.errors.flatMap(describe);
  const place = error instanceof PrepareFault ? error.place : [];
  return [{ place, message: error instanceof Error ? error.message : String(error) }];
}

let dying = false;

/**
 * An error that nobody caught, most likely in a policy of the user: what state it left is unknown, so the thread is
 * replaced. It takes requests until another one does, or where it is the only one callers would be turned away; the
 * main thread says when. Milliseconds.
 */
const longestReplacement = 10_000;

function die(error: unknown): void {
  if (dying) return;
  dying = true;
  send({ type: 'dying', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  setTimeout(() => void drain(10_000), longestReplacement);
}

process.on('uncaughtException', die);
process.on('unhandledRejection', die);

async function begin(): Promise<void> {
  try {
    putInForce(await prepare(start.bundle));
    await listeners.listen();
    send({ type: 'listening' });
    await current.gateway.warm();
  } catch (error) {
    send({ type: 'failed', faults: describe(error) });
  }
}

inOrder = begin();
port.on('message', handle);
await inOrder;
