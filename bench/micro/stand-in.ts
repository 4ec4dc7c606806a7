import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { Intermediates } from '../../packages/gateway/src/certificates/intermediates.ts';
import { type Bundle, compile } from '../../packages/gateway/src/compile.ts';
import { createCounterMemory } from '../../packages/gateway/src/counters/counter-memory.ts';
import { SharedCounters } from '../../packages/gateway/src/counters/shared-counters.ts';
import { DocumentReader } from '../../packages/gateway/src/documents/documents.ts';
import { fetchJson } from '../../packages/gateway/src/documents/fetch-json.ts';
import type { ClientCertificate } from '../../packages/gateway/src/exchange.ts';
import type { Gateway } from '../../packages/gateway/src/gateway.ts';
import type { Inbound, Owner } from '../../packages/gateway/src/listener/inbound.ts';
import { Listener } from '../../packages/gateway/src/listener/listener.ts';
import { StallWatch } from '../../packages/gateway/src/listener/stall-watch.ts';
import type { AnyPolicy } from '../../packages/gateway/src/policies/index.ts';
import type { Call } from '../../packages/gateway/src/upstream/client.ts';

/**
 * A gateway without sockets: what stands in for the parser of Node and the client of the upstream costs next to nothing, so
 * that neither system calls nor sockets blur a figure.
 */

/** Requests that were answered with 200 so far. */
export const answered = { count: 0 };

const listener = new Listener({ name: 'http', isInternal: false, redirectPort: undefined, tls: undefined });

/** A GET that arrived. */
export class StandIn implements Inbound {
  readonly method = 'GET';
  readonly rawTarget: string;
  readonly rawFields: readonly string[];
  readonly rawAuthority = undefined;
  readonly httpVersion = '1.1';
  readonly secure = false;
  readonly listener = listener;
  readonly peerAddress = '127.0.0.1';
  readonly serverName = undefined;
  readonly clientCertificate: ClientCertificate | undefined;
  readonly hasBody = false;
  readonly upgrade = undefined;
  owner: Owner | undefined = undefined;

  constructor(rawTarget: string, rawFields: readonly string[], certificate?: ClientCertificate) {
    this.rawTarget = rawTarget;
    this.rawFields = rawFields;
    this.clientCertificate = certificate;
  }

  body = (): Readable => Readable.from([]);
  respond(status: number): void {
    answered.count++;
    if (status !== 200) throw new Error(`status ${status}`);
  }
  start(): void {}
  write(): boolean {
    return true;
  }
  end(): void {}
  onDrain(): void {}
  abort(): void {}
  closeAfter(): void {}
  takeOver(): never {
    throw new Error('no upgrade here');
  }
}

const reply = Buffer.from('{"id":42,"name":"widget","price":9.99,"tags":["a","b"],"stock":17}');
const replyFields = [
  'server',
  'nginx',
  'date',
  'Tue, 24 Nov 2026 15:31:16 GMT',
  'content-type',
  'application/json',
  'content-length',
  String(reply.length),
]; // prettier-ignore
const call: Call = { paused: false, pause() {}, resume() {}, abort() {} };

/**
 * Compiles a configuration, and lets its upstream answer at once.
 * @param target of a request for the API whose upstream that is
 */
export async function standInGateway(
  bundle: Bundle,
  policies: readonly AnyPolicy[],
  target: { readonly host: string; readonly path: string },
): Promise<Gateway> {
  const chunk = Buffer.alloc(65_536);
  const gateway = await compile(bundle, policies, {
    counters: new SharedCounters(createCounterMemory(1 << 20)),
    documents: new DocumentReader(fetchJson),
    intermediates: new Intermediates(),
    secret: randomBytes(32),
    stalls: new StallWatch(),
    load: { inProgress: 0, connections: 0 },
    openLog: () => (line) => void chunk.write(line),
    warn: (message) => process.stderr.write(`${message}\n`),
    keyUsed: () => {},
    kept: new Map(),
  });
  for (const { client } of gateway.routes.find(target.host, target.path, 'GET')!.plan.upstream!.targets) {
    client.dispatch = (_, handler): Call => {
      handler.sent();
      handler.head(200, [...replyFields]);
      handler.data(reply);
      handler.end([]);
      return call;
    };
  }
  return gateway;
}

/** Microseconds of processor time that a call takes in the best of several rounds. */
export function bestOf(rounds: number, calls: number, call: (index: number) => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < calls; i++) call(round * calls + i);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / calls);
  }
  return best;
}
