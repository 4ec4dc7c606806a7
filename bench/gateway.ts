import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { run } from '../packages/gateway/src/cli/run.ts';
import { untilStopped } from '../packages/gateway/src/cli/start.ts';

const { positionals } = parseArgs({ allowPositionals: true, options: { port: { type: 'string' } } });
