import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { run } from '../../packages/gateway/src/cli/run.ts';
import { untilStopped } from '../../packages/gateway/src/cli/start.ts';
import { keySetFile, state, writeKeySet } from './keys.ts';

/**
 * `npm run -s bench:gateway -- PROFILE --port N`: the gateway in the foreground with one data thread on a plaintext
 * port, before an upstream on 127.0.0.1:9001. Profiles are the files beside this one.
 */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { port: { type: 'string', default: '9443' } },
});
const [profile = 'plain'] = positionals;
writeKeySet();
const definition = join(import.meta.dirname, 'shop.openapi.yaml');
const text = readFileSync(join(import.meta.dirname, `${profile}.yaml`), 'utf8');
// The paths of this run; everything else is what the profile says.
const file = join(state, `${profile}-${values.port}.yaml`);
process.env['BENCH_PORT'] = values.port;
process.env['BENCH_KEY_SET'] = keySetFile;
process.env['BENCH_DEFINITION'] = definition;
process.env['BENCH_LOG'] = join(state, 'access.log');
writeFileSync(file, text);
const running = await run(file, (message) => process.stderr.write(`portcullis: ${message}\n`));
process.exitCode = await untilStopped(running);
