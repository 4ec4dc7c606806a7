import { relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { AdminServer } from '../admin/server.ts';
import { ConfigurationError, type Loaded, loadConfiguration } from '../config/load.ts';
import type { Configuration } from '../config/schema.ts';
import { type Marks, SourceFiles } from '../config/source-files.ts';
import { watchFiles } from '../config/watch.ts';
import type { ListenerSettings } from '../listener/listener.ts';
import type { CertificatesByListener } from '../listener/listeners.ts';
import { maintainOauthKeys, publicKeysFile } from '../oauth-server/key-files.ts';
import { keyRulesOf, type OauthSettings, settingsOf } from '../oauth-server/settings.ts';
import { OauthSupervisor, type Readied } from '../oauth-server/supervisor.ts';
import { databaseFile } from '../stores/api-keys.ts';
import { upgradeDatabase } from '../stores/database.ts';
import { stateFolder } from '../stores/state-folder.ts';
import { Control, ThreadsFailed } from '../threads/control.ts';
import type { ThreadFault } from '../threads/messages.ts';
import { readCertificates } from './certificates.ts';
import { logDefinitionFaults } from './definition-log.ts';
import { placeFaults } from './faults.ts';
import { IdentityKeeper } from './identity-keeper.ts';
import { listenMisfits, localHost } from './listen-check.ts';
import { type HeldPort, holdPort, portFault } from './ports.ts';
import { secureProcess } from './process.ts';
import { StartFault } from './start-fault.ts';

export interface Running {
  /** Ports as they are, where the configuration said 0. */
  readonly ports: {
    readonly http: number | undefined;
    readonly https: number | undefined;
    /** By name. */
    readonly internal: Readonly<Record<string, number>>;
    readonly admin: number | undefined;
  };
  readonly control: Control;
  /** Settled when the OAuth server answers too, or its first attempt to start has failed. Never rejects. */
  readonly complete: Promise<void>;
  /** @param cause what the log says it is done for, such as SIGHUP */
  reload(cause: string): Promise<boolean>;
  stop(): Promise<void>;
}

type Listen = Configuration['listen'];

const watchEvery = 1_000;

/**
 * Runs a configuration until it is stopped.
 * @returns when the APIs are served; the OAuth server may be on its way still
 * @throws ConfigurationError, StartFault
 */
export async function run(file: string, log: (message: string) => void): Promise<Running> {
  secureProcess();
  const sources = new SourceFiles();
  const loaded = await loadUsable(file, sources);
  const { configuration, stateFolder: state } = loaded.bundle;
  const { listen } = configuration;
  logDefinitionFaults(loaded.definitionFaults, log);
  explain(() => stateFolder(state));
  upgradeKeys(state, log);
  const identityKeys = new IdentityKeeper(log);
  identityKeys.ready(loaded.bundle);

  const held = await holdPorts(listen);
  const portOf = (name: string): number | undefined => held.get(name)?.port;
  const certificates = await readCertificates(loaded);
  makeOauthKeys(loaded, log);
  sources.renew(publicKeysFile(state));
  const control = new Control(loaded.bundle, listenersSettings(listen, portOf, certificates), {
    threads: configuration.threads,
    counterMemory: configuration.counters?.memory,
    onListening() {
      for (const each of held.values()) each.release();
    },
    log,
  });
  const oauth = new OauthSupervisor({ stateFolder: state, counters: control.counterMemory, log });
  const settings = oauthSettings(configuration);
  try {
    await control.start();
  } catch (error) {
    await oauth.end(0);
    throw error instanceof ThreadsFailed ? startFault(loaded, error.faults) : error;
  }
  identityKeys.follow(loaded.bundle);
  const admin =
    listen.admin === undefined
      ? undefined
      : new AdminServer({ control, oauthUp: () => oauth.up, identityKeySet: () => identityKeys.keySet });
  const adminPort = await openAdmin(admin, configuration, control, oauth);
  // Not beside the data threads, as they would be half a second later. Until it is there its paths are 503.
  const complete = settings === undefined ? Promise.resolve() : oauth.start(settings);

  let oauthInForce = settings;
  let inForce: Marks = sources.marks;
  let watched = inForce;
  warnOfUnwatched(sources, log);

  async function reload(cause: string): Promise<boolean> {
    log(`the configuration is read again: ${cause}`);
    const sources = new SourceFiles();
    try {
      const next = await loadUsable(file, sources);
      const renewed = await readCertificates(next);
      identityKeys.ready(next.bundle);
      const readied = await readyOauth(oauth, oauthInForce, next, log);
      const faults = await control.reload(next.bundle);
      if (faults.length > 0) {
        readied?.discard();
        throw startFault(next, faults);
      }
      readied?.commit();
      identityKeys.follow(next.bundle);
      oauthInForce = oauthSettings(next.bundle.configuration);
      control.setCertificates(renewed);
      if (restartNeeded(configuration, next.bundle.configuration)) {
        log(
          'the configuration is reloaded; changes of listen, threads, counters and state take effect at the next start',
        );
      } else log('the configuration is reloaded');
      inForce = sources.marks;
      watched = inForce;
      warnOfUnwatched(sources, log);
      control.totals.reloads.succeeded++;
      return true;
    } catch (error) {
      control.totals.reloads.failed++;
      // Whoever mends the one that failed may do so in a file that only this one knows.
      watched = new Map([...inForce, ...sources.marks]);
      log(`the configuration is not reloaded, the one before stays in force:\n${(error as Error).message}`);
      return false;
    }
  }

  // Reloads follow one another, and the start: two at once could put the older one in force last.
  let last: Promise<unknown> = complete;
  const reloadNext = (cause: string): Promise<boolean> => {
    const next = last.then(() => reload(cause));
    last = next;
    return next;
  };
  const watcher = watchFiles(
    () => watched,
    (changed) => void reloadNext(`${namesOf(changed)} changed`),
    { intervalMs: watchEvery },
  );
  return {
    ports: {
      http: portOf('http'),
      https: portOf('https'),
      internal: Object.fromEntries(Object.keys(listen.internal ?? {}).map((name) => [name, portOf(name)!])),
      admin: adminPort,
    },
    control,
    complete,
    reload: reloadNext,
    async stop() {
      watcher.stop();
      identityKeys.stop();
      await control.end(configuration.listen.drainTimeout ?? 30_000);
      await oauth.end(1_000);
      admin?.close();
    },
  };
}

function oauthSettings({ oauthServer, roles }: Configuration): OauthSettings | undefined {
  return oauthServer === undefined ? undefined : settingsOf(oauthServer, roles);
}

/** Before the threads look, as they read the current version alone; what they cannot read has no keys for them. */
function upgradeKeys(state: string, log: (message: string) => void): void {
  try {
    upgradeDatabase(databaseFile(state));
  } catch (error) {
    log(`the API keys in ${state} cannot be brought up to date: ${(error as Error).message}`);
  }
}

/** Authenticators may name the file of the keys, so that it is there before they look. */
function makeOauthKeys({ bundle }: Loaded, log: (message: string) => void): void {
  const settings = oauthSettings(bundle.configuration);
  if (settings === undefined) return;
  try {
    maintainOauthKeys(bundle.stateFolder, Date.now(), keyRulesOf(settings));
  } catch (error) {
    log(`OAuth server: ${(error as Error).message}`);
  }
}

/** Undefined where nothing of it has changed. @throws StartFault */
async function readyOauth(
  oauth: OauthSupervisor,
  before: OauthSettings | undefined,
  next: Loaded,
  log: (message: string) => void,
): Promise<Readied | undefined> {
  const settings = oauthSettings(next.bundle.configuration);
  if (isDeepStrictEqual(before, settings)) return undefined;
  makeOauthKeys(next, log);
  try {
    return await oauth.prepare(settings);
  } catch (error) {
    throw new StartFault(`the OAuth server cannot be started: ${(error as Error).message}`);
  }
}

/** A configuration whose listeners fit together: above all, none that would serve in plaintext unasked. */
async function loadUsable(file: string, sources: SourceFiles): Promise<Loaded> {
  const loaded = await loadConfiguration(file, process.env, sources);
  const misfits = listenMisfits(loaded.bundle.configuration);
  if (misfits.length > 0) throw new ConfigurationError(placeFaults(loaded, misfits));
  return loaded;
}

function warnOfUnwatched({ isComplete, marks }: SourceFiles, log: (message: string) => void): void {
  if (isComplete) return;
  log(`the configuration has above ${marks.size} files: changes of the others count at the next SIGHUP`);
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

/** By the name of the listener. @throws StartFault */
async function holdPorts({ http, https, internal = {} }: Listen): Promise<ReadonlyMap<string, HeldPort>> {
  const held = new Map<string, HeldPort>();
  if (http !== undefined) held.set('http', await holdPort('http', http));
  if (https !== undefined) held.set('https', await holdPort('https', https));
  for (const [name, { host = localHost, port }] of Object.entries(internal))
    held.set(name, await holdPort(`internal.${name}`, { host, port }));
  return held;
}

/** @param portOf the port that is held for a listener */
function listenersSettings(
  listen: Listen,
  portOf: (name: string) => number | undefined,
  certificates: CertificatesByListener,
) {
  const { http, https, internal = {} } = listen;
  const listeners: ListenerSettings[] = [];
  const redirectPort = http?.plaintext === true ? undefined : (listen.redirectPort ?? portOf('https'));
  if (http !== undefined) {
    const { host } = http;
    listeners.push({
      name: 'http',
      isInternal: false,
      host,
      port: portOf('http')!,
      redirectPort,
      tls: undefined,
    });
  }
  const others = [
    ...(https === undefined ? [] : [{ name: 'https', isInternal: false, ...https }]),
    ...Object.entries(internal).map(([name, each]) => ({
      name,
      isInternal: true,
      ...each,
      host: each.host ?? localHost,
    })),
  ];
  for (const { name, isInternal, host, clientCertificates } of others) {
    const shown = certificates.get(name);
    const tls = shown && { certificates: shown, requestsCertificates: clientCertificates === 'request' };
    listeners.push({ name, isInternal, host, port: portOf(name)!, redirectPort: undefined, tls });
  }
  return {
    listeners,
    headTimeout: listen.headTimeout ?? 10_000,
    idleTimeout: listen.idleTimeout ?? 60_000,
    maxConnections: listen.maxConnections ?? 10_000,
    maxHeadSize: 65_536,
  };
}

async function openAdmin(
  admin: AdminServer | undefined,
  { listen }: Configuration,
  control: Control,
  oauth: OauthSupervisor,
): Promise<number | undefined> {
  if (admin === undefined || listen.admin === undefined) return undefined;
  const { host = localHost, port } = listen.admin;
  try {
    return await admin.listen(host, port);
  } catch (error) {
    await control.end(0);
    await oauth.end(0);
    throw new StartFault(portFault('admin', host, port, error as NodeJS.ErrnoException));
  }
}

const namesShown = 5;

function namesOf(files: readonly string[]): string {
  const names = files.slice(0, namesShown).map((file) => relative(process.cwd(), file));
  return `${names.join(', ')}${files.length > namesShown ? ` and ${files.length - namesShown} more` : ''}`;
}

/** They are read anew by each reload. */
function withoutCertificates({ https, internal, ...others }: Listen) {
  const inner = Object.entries(internal ?? {}).map(([name, each]) => [
    name,
    { ...each, certificates: undefined },
  ]);
  return { ...others, https: https && { ...https, certificates: undefined }, internal: inner };
}

function restartNeeded(before: Configuration, after: Configuration): boolean {
  const fixed = ({ listen, threads, counters, state }: Configuration): string =>
    JSON.stringify([withoutCertificates(listen), threads, counters, state]);
  return fixed(before) !== fixed(after);
}
