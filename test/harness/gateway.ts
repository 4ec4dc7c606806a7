import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, removeFolder } from './folder.ts';
import type { Owner } from './owner.ts';
import { startPortcullis } from './program.ts';
import { waitFor, within } from './wait.ts';

export interface GatewayOptions {
  /** The text of portcullis.yaml; ports are 0. */
  readonly config: string;
  /** Further files beside it, by name. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Where to run, in the place of a new folder: one that is somebody else's, and left alone. */
  readonly folder?: string;
  /** Its main module, in the place of the one of the repository. */
  readonly program?: string;
}

/** A line of the access log. */
export type AccessRecord = Readonly<Record<string, unknown>>;

/** The gateway as a process of its own, on free ports, in a folder of its own. */
export interface GatewayUnderTest {
  readonly pid: number;
  readonly folder: string;
  /** 0 where the configuration has no such listener; so have the origins. */
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly adminPort: number;
  /** The port of any listener by its name, internal ones too. */
  readonly portOf: (name: string) => number;
  /** `http://127.0.0.1:PORT`, `https://localhost:PORT`, `http://127.0.0.1:PORT`. */
  readonly http: string;
  readonly https: string;
  readonly admin: string;
  /** PEM of the self-signed certificate, for clients that verify. */
  readonly ca: () => string;
  /** All that it said on stderr so far. */
  readonly log: () => string;
  /** All of stdout so far: the access log, where `access-log` names no file. */
  readonly output: () => string;
  /** The records of the access log so far: of access.log in the folder or in .portcullis, else of stdout. */
  readonly accessLog: () => AccessRecord[];
  /** Writes a file of its folder in one step. */
  readonly write: (file: string, text: string) => void;
  /** Sends SIGHUP, with a new configuration if one is given, and waits for what comes of it. */
  readonly reload: (config?: string) => Promise<'reloaded' | 'not reloaded'>;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** A path of the admin port: /metrics, /healthz, /readyz. */
  readonly askAdmin: (path: string) => Promise<{ readonly status: number; readonly text: string }>;
  /** One sample of /metrics, 0 where there is none: `metric('portcullis_requests_total{api="x",status="200"}')`. */
  readonly metric: (sample: string) => Promise<number>;
  /** Ends it with SIGTERM; answers its exit code. */
  readonly stop: () => Promise<number | null>;
  /** Waits for it to end by itself. */
  readonly ended: () => Promise<number | null>;
}

/** Starts the gateway and waits until it is ready; it ends with its owner. */
export async function startGateway(
  owner: Owner,
  { config, files = {}, env = {}, folder: given, program }: GatewayOptions,
): Promise<GatewayUnderTest> {
  const folder = given ?? makeFolder({ ...files, 'portcullis.yaml': config });
  if (given !== undefined) writeFileSync(join(given, 'portcullis.yaml'), config);
  const child = startPortcullis(['start', '--config', 'portcullis.yaml'], { cwd: folder, env }, program);
  let log = '';
  let output = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const exited = once(child, 'close').then(([code]) => code as number | null);
  owner.after(async () => {
    // Whoever wants to see a graceful end calls stop().
    child.kill('SIGKILL');
    await exited;
    if (given === undefined) removeFolder(folder);
  });

  const ready = await waitFor(
    'the gateway to be ready',
    () => {
      if (child.exitCode !== null) return 'ended' as const;
      return /^portcullis: ready: (.*)$/m.exec(log)?.[1];
    },
    20_000,
  ).catch(() => 'late' as const);
  if (ready === 'ended' || ready === 'late') throw new Error(`the gateway did not start (${ready}):\n${log}`);
  const portOf = (name: string): number => Number(new RegExp(`\\b${name} on (\\d+)`).exec(ready)?.[1] ?? 0);
  const [httpPort, httpsPort, adminPort] = [portOf('http'), portOf('https'), portOf('admin')];
  const admin = `http://127.0.0.1:${adminPort}`;

  async function stop(): Promise<number | null> {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    try {
      return await within('the gateway to end', exited, 45_000);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  function write(file: string, text: string): void {
    writeFileSync(join(folder, `${file}.new`), text);
    renameSync(join(folder, `${file}.new`), join(folder, file));
  }

  async function askAdmin(path: string): Promise<{ status: number; text: string }> {
    const reply = await fetch(`${admin}${path}`);
    return { status: reply.status, text: await reply.text() };
  }

  return {
    pid: child.pid!,
    folder,
    httpPort,
    httpsPort,
    adminPort,
    portOf,
    http: `http://127.0.0.1:${httpPort}`,
    https: `https://localhost:${httpsPort}`,
    admin,
    ca: () => readFileSync(join(folder, '.portcullis', 'self-signed.crt'), 'utf8'),
    log: () => log,
    output: () => output,
    accessLog() {
      const file = ['access.log', '.portcullis/access.log']
        .map((each) => join(folder, each))
        .find(existsSync);
      const text = file === undefined ? output : readFileSync(file, 'utf8');
      const whole = text.slice(0, text.lastIndexOf('\n') + 1);
      return whole
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as AccessRecord);
    },
    write,
    async reload(text) {
      const from = log.length;
      if (text !== undefined) write('portcullis.yaml', text);
      child.kill('SIGHUP');
      const said = await waitFor(
        'a reload',
        // One that the watch of the files began before may end after the signal is sent.
        () =>
          /^portcullis: the configuration is read again: SIGHUP$.*?^portcullis: the configuration is (reloaded|not reloaded)\b/ms.exec(
            log.slice(from),
          )?.[1],
      );
      return said as 'reloaded' | 'not reloaded';
    },
    signal: (signal) => void child.kill(signal),
    askAdmin,
    async metric(sample) {
      const { text } = await askAdmin('/metrics');
      const line = text.split('\n').find((each) => each.startsWith(`${sample} `));
      return line === undefined ? 0 : Number(line.slice(sample.length + 1));
    },
    stop,
    ended: () => exited,
  };
}
