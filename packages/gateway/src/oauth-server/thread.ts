import { parentPort, workerData } from 'node:worker_threads';
import { SharedCounters } from '../counters/shared-counters.ts';
import { openOauthDatabase } from '../stores/oauth-database.ts';
import { maintainOauthKeys } from './key-files.ts';
import type { FromOauthThread, OauthThreadStart, ToOauthThread } from './messages.ts';
import { Notices } from './notices.ts';
import { oauthSecrets } from './secrets.ts';
import type { OauthServer } from './server.ts';
import { clockTolerance, keyRulesOf } from './settings.ts';

/** The entry of the thread that the OAuth server runs in. What it is told comes from supervisor.ts. */

const port = parentPort;
if (port === null) throw new Error('thread.ts is the entry of a worker thread');
const { settings, stateFolder, socket, counters } = workerData as OauthThreadStart;
const tell = (message: FromOauthThread): void => port.postMessage(message);
const notices = new Notices((message) => tell({ type: 'notice', message }));

const keyRules = keyRulesOf(settings);
const lookAfterEvery = 30_000;

/** What oidc-provider has to say to developers; nothing but that it does not know this Node is expected. */
function passOnHints(): void {
  const say = (hint: unknown): void => {
    if (!String(hint).includes('Unsupported runtime')) notices.say(String(hint));
  };
  console.info = say;
  console.warn = say;
}

async function start(): Promise<OauthServer> {
  const database = openOauthDatabase(stateFolder);
  const secrets = oauthSecrets(stateFolder, database);
  let keys = maintainOauthKeys(stateFolder, Date.now(), keyRules);
  passOnHints();
  const { OauthServer } = await import('./server.ts');
  const server = new OauthServer(
    {
      settings,
      database,
      secrets,
      counters: new SharedCounters(counters),
      notice: (message) => notices.say(message),
    },
    keys,
  );
  const lookAfter = (): void => {
    try {
      const now = maintainOauthKeys(stateFolder, Date.now(), keyRules);
      if (now.map(({ kid }) => kid).join() !== keys.map(({ kid }) => kid).join()) server.useKeys(now);
      keys = now;
      server.consents.sweep();
      sweep(server.artifacts.sweep(clockTolerance / 1000));
    } catch (error) {
      notices.say(`its keys or its database cannot be looked after: ${(error as Error).message}`);
    }
  };
  setInterval(lookAfter, lookAfterEvery).unref();
  await listen(server);
  return server;
}

/** A step at a time, so that requests come through in between. */
function sweep(steps: Generator<void>): void {
  if (steps.next().done !== true) setImmediate(sweep, steps);
}

function listen({ http }: OauthServer): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', reject);
    http.listen({ path: socket }, () => resolve());
  });
}

const started = start();
started.then(
  () => tell({ type: 'listening' }),
  (error: Error) => tell({ type: 'failed', message: error.message }),
);

port.on('message', ({ timeout }: ToOauthThread) => {
  void started.then(
    ({ http }) => {
      const over = (): never => process.exit(0);
      setTimeout(over, timeout).unref();
      http.close(over);
      http.closeIdleConnections();
    },
    () => process.exit(1),
  );
});
