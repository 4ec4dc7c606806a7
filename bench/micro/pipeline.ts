import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfiguration } from '../../packages/gateway/src/config/load.ts';
import { serve } from '../../packages/gateway/src/pipeline.ts';
import { keySetFile, state, token, writeKeySet } from '../load/keys.ts';
import { answered, bestOf, StandIn, standInGateway } from './stand-in.ts';

/** What the gateway's own code costs for a request: everything between the parser of Node and the client of the upstream. */
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
const target = '/items/42?q=widget&page=2';

for (const profile of ['plain', 'full']) {
  process.env['BENCH_PORT'] = '9443';
  process.env['BENCH_KEY_SET'] = keySetFile;
  process.env['BENCH_DEFINITION'] = join(import.meta.dirname, '../load/shop.openapi.yaml');
  process.env['BENCH_LOG'] = join(state, 'access.log');
  const file = join(state, `${profile}-micro.yaml`);
  writeFileSync(file, readFileSync(join(import.meta.dirname, `../load/${profile}.yaml`)));
  const { bundle, policies } = await loadConfiguration(file, process.env);
  const gateway = await standInGateway(bundle, policies, { host: '127.0.0.1', path: '/items/42' });
  serve(gateway, new StandIn(target, rawFields));
  await new Promise((resolve) => setTimeout(resolve, 200));
  const best = bestOf(rounds, requests, () => serve(gateway, new StandIn(target, rawFields)));
  process.stdout.write(
    `${profile.padEnd(6)} ${best.toFixed(2)} µs CPU a request, ${answered.count} answered\n`,
  );
  gateway.close();
}
