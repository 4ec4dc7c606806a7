import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { AdminServer } from '../admin/server.ts';
import { ConfigurationError, type Loaded, loadConfiguration } from '../config/load.ts';
import type { Configuration } from '../config/schema.ts';
import { watchFiles } from '../config/watch.ts';
import type { Certificate } from '../listener/tls.ts';
import { stateFolder } from '../stores/state-folder.ts';
import { Control, ThreadsFailed } from '../threads/control.ts';
import type { ThreadFault } from '../threads/messages.ts';
import { readCertificates } from './certificates.ts';
import { placeFaults } from './faults.ts';
import { listenMisfits } from './listen-check.ts';
import { secureProcess } from './process.ts';
import { StartFault } from './start-fault.ts';

export interface Running {
  /** Ports as they are, where the configuration said 0. */
  readonly ports: {
    readonly http: number | undefined;
    readonly https: number | undefined;
    readonly admin: number | undefined;
  };
  readonly control: Control;
  reload(): Promise<boolean>;
  stop(): Promise<void>;
}

const watchEvery = 1_000;

/**
 * Runs a configuration until it is stopped.
 * @throws ConfigurationError, StartFault
 */
export async function run(file: string, log: (message: string) => void): Promise<Running> {
  secureProcess();
  let loaded = await loadUsable(file);
  const { configuration, stateFolder: state } = loaded.bundle;
  const { listen } = configuration;
  for (const { api, place, message } of loaded.definitionFaults) log(`api ${api}: ${place}: ${message}`);
  explain(() => stateFolder(state));

  const ports = {
    http: listen.http === undefined ? undefined : await freePort('http', listen.http.host, listen.http.port),
    https:
      listen.https === undefined ? undefined : await freePort('https', listen.https.host, listen.https.port),
  };
  const certificates = await readCertificates(loaded);
  const control = new Control(loaded.bundle, listenerSettings(configuration, ports, certificates), {
    threads: configuration.threads,
    counterMemory: configuration.counters?.memory,
    log,
  });
  try {
    await control.start();
  } catch (error) {
    throw error instanceof ThreadsFailed ? startFault(loaded, error.faults) : error;
  }
  const admin = listen.admin === undefined ? undefined : new AdminServer(control);
  const adminPort = await openAdmin(admin, configuration, control);

  async function reload(): Promise<boolean> {
    try {
      const next = await loadUsable(file);
      const renewed = await readCertificates(next);
      const faults = await control.reload(next.bundle);
      if (faults.length > 0) throw startFault(next, faults);
      control.setCertificates(renewed);
      if (restartNeeded(configuration, next.bundle.configuration)) {
        log(
          'the configuration is reloaded; changes of listen, threads, counters and state take effect at the next start',
        );
      } else log('the configuration is reloaded');
      loaded = next;
      control.totals.reloads.succeeded++;
      return true;
    } catch (error) {
      control.totals.reloads.failed++;
      log(`the configuration is not reloaded, the one before stays in force:\n${(error as Error).message}`);
      return false;
    }
  }

  // Reloads follow one another: two at once could put the older one in force last.
  let last: Promise<unknown> = Promise.resolve();
  const reloadNext = (): Promise<boolean> => {
    const next = last.then(reload);
    last = next;
    return next;
  };
  const watcher = watchFiles(
    () => loaded.files,
    () => void reloadNext(),
    { intervalMs: watchEvery },
  );
  return {
    ports: { ...ports, admin: adminPort },
    control,
    reload: reloadNext,
    async stop() {
      watcher.stop();
      await control.end(configuration.listen.drainTimeout ?? 30_000);
      admin?.close();
    },
  };
}

/** A configuration whose listeners fit together: above all, none that would serve in plaintext unasked. */
async function loadUsable(file: string): Promise<Loaded> {
  const loaded = await loadConfiguration(file, process.env);
  const misfits = listenMisfits(loaded.bundle.configuration);
  if (misfits.length > 0) throw new ConfigurationError(placeFaults(loaded, misfits));
  return loaded;
}

function startFault(loaded: Loaded, faults: readonly ThreadFault[]): Error {
  const placed = faults.filter(({ place }) => place.length > 0);
  if (placed.length === 0) return new StartFault(faults[0]?.message ?? 'the gateway cannot start');
  return new ConfigurationError(placeFaults(loaded, placed));
}

function explain<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new StartFault((error as Error).message);
  }
}

function listenerSettings(
  { listen }: Configuration,
  ports: { http: number | undefined; https: number | undefined },
  certificates: readonly Certificate[],
) {
  const { http, https } = listen;
  const redirectPort = http?.plaintext === true ? undefined : (listen.redirectPort ?? ports.https);
  return {
    http:
      http === undefined || ports.http === undefined
        ? undefined
        : { host: http.host, port: ports.http, redirectPort },
    https:
      https === undefined || ports.https === undefined
        ? undefined
        : {
            host: https.host,
            port: ports.https,
            requestsCertificates: https.clientCertificates === 'request',
          },
    certificates,
    headTimeout: listen.headTimeout ?? 10_000,
    idleTimeout: listen.idleTimeout ?? 60_000,
    maxConnections: listen.maxConnections ?? 10_000,
    maxHeadSize: 65_536,
  };
}

/**
 * Makes sure that nobody has the port, which the data threads would not notice: they share it with whoever shares.
 * @returns the port, a free one for 0
 */
function freePort(name: string, host: string | undefined, port: number): Promise<number> {
  return new Promise((done, failed) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      failed(new StartFault(portFault(name, host, port, error)));
    });
    probe.listen({ host, port }, () => {
      const taken = (probe.address() as AddressInfo).port;
      probe.close(() => done(taken));
    });
  });
}

function portFault(
  name: string,
  host: string | undefined,
  port: number,
  error: NodeJS.ErrnoException,
): string {
  const where = `port ${port}${host === undefined ? '' : ` of ${host}`}`;
  if (error.code === 'EADDRINUSE')
    return `listen.${name}: ${where} is taken by another program; stop it or choose another port`;
  if (error.code === 'EACCES')
    return `listen.${name}: ${where} needs rights that this user does not have; ports below 1024 usually do`;
  if (error.code === 'EADDRNOTAVAIL') return `listen.${name}: this machine does not have the address ${host}`;
  return `listen.${name}: ${where} cannot be opened: ${error.message}`;
}

async function openAdmin(
  admin: AdminServer | undefined,
  { listen }: Configuration,
  control: Control,
): Promise<number | undefined> {
  if (admin === undefined || listen.admin === undefined) return undefined;
  const { host = '127.0.0.1', port } = listen.admin;
  try {
    return await admin.listen(host, port);
  } catch (error) {
    await control.end(0);
    throw new StartFault(portFault('admin', host, port, error as NodeJS.ErrnoException));
  }
}

function restartNeeded(before: Configuration, after: Configuration): boolean {
  const fixed = ({ listen, threads, counters, state }: Configuration): string =>
    JSON.stringify([
      { ...listen, https: { ...listen.https, certificates: undefined } },
      threads,
      counters,
      state,
    ]);
  return fixed(before) !== fixed(after);
}
