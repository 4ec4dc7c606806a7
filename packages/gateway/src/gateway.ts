import { setImmediate as turn } from 'node:timers/promises';
import type { Intermediates } from './certificates/intermediates.ts';
import type { SharedCounters } from './counters/shared-counters.ts';
import type { Documents } from './documents/documents.ts';
import type { Environment } from './environment.ts';
import type { AddressSet } from './http/address-set.ts';
import type { StallWatch } from './listener/stall-watch.ts';
import type { LiveExchange } from './live-exchange.ts';
import { increment } from './metrics/series.ts';
import type { Plan } from './plan.ts';
import type { RouteTable } from './routing/route-table.ts';

/** What a data thread has once, whichever configuration is in force. */
export interface ThreadParts {
  readonly counters: SharedCounters;
  readonly documents: Documents;
  readonly intermediates: Intermediates;
  /** Shared by all threads. */
  readonly secret: Buffer;
  readonly stalls: StallWatch;
  readonly load: { inProgress: number; connections: number };
  readonly openLog: (destination: string) => (line: string) => void;
  readonly warn: (message: string) => void;
  readonly keyUsed: Environment['keyUsed'];
  /** What policies keep over reloads, by name. */
  readonly kept: Map<string, unknown>;
}

/** What compile.ts makes of a configuration. */
export interface Compiled {
  readonly routes: RouteTable;
  /** For requests that no API takes: the policies that stand at the top of the configuration. */
  readonly planForNobody: Plan;
  readonly maximumInProgress: number;
  /** Whose word on hosts and clients is taken. */
  readonly trustedProxies: AddressSet;
  readonly warm: () => Iterable<void>;
  readonly start: () => void;
  readonly close: () => void;
}

/**
 * One configuration at work in one data thread. A reload makes a new one and puts it in the place of the old;
 * requests in flight keep theirs to the end.
 */
export class Gateway {
  readonly routes: RouteTable;
  readonly planForNobody: Plan;
  readonly maximumInProgress: number;
  readonly trustedProxies: AddressSet;
  readonly #parts: ThreadParts;
  readonly #compiled: Compiled;

  constructor(parts: ThreadParts, compiled: Compiled) {
    this.#parts = parts;
    this.#compiled = compiled;
    this.routes = compiled.routes;
    this.planForNobody = compiled.planForNobody;
    this.maximumInProgress = compiled.maximumInProgress;
    this.trustedProxies = compiled.trustedProxies;
  }

  get stalls(): StallWatch {
    return this.#parts.stalls;
  }

  get inProgress(): number {
    return this.#parts.load.inProgress;
  }

  began(): void {
    this.#parts.load.inProgress++;
  }

  /** Counts the exchange and runs the `record` policies. Happens once for every exchange, however it ended. */
  finish(exchange: LiveExchange): void {
    if (exchange.ended) return;
    exchange.ended = true;
    exchange.inbound.owner = undefined;
    exchange.inHand = undefined;
    this.#parts.load.inProgress--;
    exchange.duration = performance.now() - exchange.startedAt;
    count(exchange);
    for (const step of exchange.plan.steps.record) {
      try {
        step.run(exchange);
      } catch (fault) {
        this.fault(exchange, step.policy, fault);
      }
    }
  }

  /** The caller went away before its reply was complete. */
  abandon(exchange: LiveExchange): void {
    if (exchange.ended) return;
    exchange.aborted = true;
    exchange.inHand?.cancel();
    this.finish(exchange);
  }

  /** Tells the operator of a fault of our own, or of a policy; the caller learns nothing of it. */
  fault(exchange: LiveExchange, where: string, fault: unknown): void {
    const text = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
    this.#parts.warn(`fault in ${where}, request ${exchange.id}: ${text}`);
  }

  /** Begins what the configuration has to do as soon as it is in force. */
  start(): void {
    this.#compiled.start();
  }

  /** Does what may be done ahead of the first request, letting requests through between the steps. */
  async warm(): Promise<void> {
    for (const _ of this.#compiled.warm()) await turn();
  }

  /** Lets go of what the policies opened, once nothing needs it any more. */
  close(): void {
    this.#compiled.close();
  }
}

function count(exchange: LiveExchange): void {
  const { series } = exchange.plan;
  const status = exchange.aborted && exchange.status === 0 ? 499 : exchange.status;
  series.requests[status < series.requests.length ? status : 0]!++;
  series.duration.observe(exchange.duration / 1000);
  series.requestBytes += exchange.requestBytes;
  series.replyBytes += exchange.replyBytes;
  const { refusal, observations, upstream } = exchange;
  if (refusal !== undefined) increment(series.refusals, `${refusal.policy} ${refusal.problem}`);
  for (const { policy, problem } of observations) increment(series.observations, `${policy} ${problem}`);
  if (upstream?.duration !== undefined) series.upstreamDuration.observe(upstream.duration / 1000);
  if (upstream?.error !== undefined) increment(series.upstreamErrors, upstream.error);
}
