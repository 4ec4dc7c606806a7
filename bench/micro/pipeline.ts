import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { compile } from '../../packages/gateway/src/compile.ts';
import { loadConfiguration } from '../../packages/gateway/src/config/load.ts';
import { createCounterMemory } from '../../packages/gateway/src/counters/counter-memory.ts';
import { SharedCounters } from '../../packages/gateway/src/counters/shared-counters.ts';
import { DocumentReader } from '../../packages/gateway/src/documents/documents.ts';
import { fetchJson } from '../../packages/gateway/src/documents/fetch-json.ts';
import type { Inbound, Owner } from '../../packages/gateway/src/listener/inbound.ts';
import { StallWatch } from '../../packages/gateway/src/listener/stall-watch.ts';
import { serve } from '../../packages/gateway/src/pipeline.ts';
import { keySetFile, state, token, writeKeySet } from '../load/keys.ts';

/**
 * What the gateway's own code costs for a request: everything between the parser of Node and the client of undici,
 * both of which are stand-ins here, so that neither system calls nor sockets blur the figure.
 */
writeKeySet();
const rounds = 8;
const requests = 40_000;
const rawFields = [
  'Host',
  '127.0.0.1:9443',
  'User-Agent',
  'Mozilla/5.0 (X11; Linux x86_64)',
  'Accept',
  'application/json',
  'authorization',
  `Bearer ${token()}`,
]; // prettier-ignore
const reply = Buffer.from('{"id":42,"name":"widget","price":9.99,"tags":["a","b"],"stock":17}');
const replyFields = {
  server: 'nginx',
  date: 'Tue, 24 Nov 2026 15:31:16 GMT',
  'content-type': 'application/json',
  'content-length': String(reply.length),
  connection: 'keep-alive',
};
const controller = { pause() {}, resume() {}, abort() {}, aborted: false, paused: false, reason: null };

class StandIn implements Inbound {
  readonly method = 'GET';
  readonly rawTarget = '/items/42?q=widget&page=2';
  readonly rawFields = rawFields;
  readonly rawAuthority = undefined;
  readonly httpVersion = '1.1';
  readonly secure = false;
  readonly redirectPort = undefined;
  readonly peerAddress = '127.0.0.1';
  readonly serverName = undefined;
  readonly clientCertificate = undefined;
  readonly hasBody = false;
  readonly upgrade = undefined;
  owner: Owner | undefined = undefined;
  body = (): Readable => Readable.from([]);
  respond(status: number): void {
    answered++;
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

let answered = 0;

for (const profile of ['plain', 'full']) {
  process.env['BENCH_PORT'] = '9443';
  process.env['BENCH_KEY_SET'] = keySetFile;
  process.env['BENCH_DEFINITION'] = join(import.meta.dirname, '../load/shop.openapi.yaml');
  process.env['BENCH_LOG'] = join(state, 'access.log');
  const file = join(state, `${profile}-micro.yaml`);
  writeFileSync(file, readFileSync(join(import.meta.dirname, `../load/${profile}.yaml`)));
  const { bundle, policies } = await loadConfiguration(file, process.env);
  const chunk = Buffer.alloc(65_536);
  const gateway = await compile(bundle, policies, {
    counters: new SharedCounters(createCounterMemory(1 << 20)),
    documents: new DocumentReader(fetchJson),
    secret: randomBytes(32),
    stalls: new StallWatch(),
    load: { inProgress: 0, connections: 0 },
    openLog: () => (line) => void chunk.write(line),
    warn: (message) => process.stderr.write(`${message}\n`),
  });
  for (const target of gateway.routes.find('127.0.0.1', '/items/42', 'GET')!.plan.upstream!.targets) {
    target.pool.dispatch = (_options: unknown, handler: Dispatcher.DispatchHandler): boolean => {
      handler.onRequestStart?.(controller, null);
      handler.onResponseStart?.(controller, 200, replyFields);
      handler.onResponseData?.(controller, reply);
      handler.onResponseEnd?.(controller, {});
      return true;
    };
  }
  serve(gateway, new StandIn());
  await new Promise((resolve) => setTimeout(resolve, 200));
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < requests; i++) serve(gateway, new StandIn());
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / requests);
  }
  process.stdout.write(`${profile.padEnd(6)} ${best.toFixed(2)} µs CPU a request, ${answered} answered\n`);
  gateway.close();
}
