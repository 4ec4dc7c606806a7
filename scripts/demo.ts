import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { StartFault } from '../packages/gateway/src/cli/start-fault.ts';
import type { ApiKeyStore } from '../packages/gateway/src/stores/api-keys.ts';
import { banner } from './banner.ts';

/** `npm start`: the Bookshop and the gateway in front of it; with `--config FILE`, the gateway alone. */

const example = join(import.meta.dirname, '..', 'examples', 'bookshop');
const state = join(example, '.portcullis');

async function demo(): Promise<number> {
  // The gateway's modules are loaded while the shop starts: both take about as long.
  const [shop, { run }, { untilStopped }, { ApiKeyStore }, { makeDemoAccounts }] = await Promise.all([
    startShop(),
    import('../packages/gateway/src/cli/run.ts'),
    import('../packages/gateway/src/cli/start.ts'),
    import('../packages/gateway/src/stores/api-keys.ts'),
    import('./demo-accounts.ts'),
  ]);
  try {
    const [running] = await Promise.all([
      run(join(example, 'portcullis.yaml'), (message) => process.stderr.write(`portcullis: ${message}\n`)),
      makeDemoAccounts(state),
    ]);
    const stopped = untilStopped(running);
    process.stdout.write(banner(running.ports, demoKey(new ApiKeyStore(state))));
    return await stopped;
  } finally {
    shop.kill();
  }
}

/** @throws StartFault with what the shop said, when it does not start */
async function startShop(): Promise<ChildProcess> {
  const port = process.env['BOOKSHOP_PORT'] ?? '3100';
  const shop = spawn(process.execPath, [join(example, 'server.ts'), '--port', port], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaint = '';
  shop.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
    process.stderr.write(text);
  });
  const ready = once(createInterface(shop.stdout), 'line').then(([line]) => String(line));
  const ended = once(shop, 'close').then(() => undefined);
  const listening = await Promise.race([ready, ended]);
  if (listening === undefined) {
    throw new StartFault(
      `the Bookshop did not start: ${complaint.trim().split('\n').at(-1) || 'it said nothing'}`,
    );
  }
  // The configuration names the shop by this; where it was 0, only the shop knows its port.
  process.env['BOOKSHOP_PORT'] = new URL(listening.slice(listening.indexOf('http'))).port;
  return shop;
}

/** A key for trying things out, made once. Only here is a key kept in the clear: the state folder is its owner's alone. */
function demoKey(store: ApiKeyStore): string {
  const file = join(state, 'demo-key');
  try {
    if (existsSync(file)) {
      const kept = readFileSync(file, 'utf8').trim();
      if (store.find(kept, Date.now()) !== undefined) return kept;
    }
    const { key } = store.create({
      name: 'demo of npm start',
      scopes: ['books:read', 'orders:read'],
      roles: [],
    });
    writeFileSync(file, `${key}\n`, { mode: 0o600 });
    return key;
  } finally {
    store.close();
  }
}

async function gateway(args: readonly string[]): Promise<number> {
  const { start } = await import('../packages/gateway/src/cli/start.ts');
  return start.run(args);
}

const args = process.argv.slice(2);
process.exitCode = await (args.length === 0 ? demo() : gateway(args)).catch(async (error: unknown) => {
  const { report } = await import('../packages/gateway/src/cli/report.ts');
  return report(error);
});
