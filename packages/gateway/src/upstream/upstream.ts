import { isIP } from 'node:net';
import { buildConnector, type Dispatcher, Pool } from 'undici';
import type { ProblemName } from '../problems/catalogue.ts';

/** What an API's `upstream` says, with files read and durations in milliseconds. */
export interface UpstreamSettings {
  /** Origins, such as `http://10.0.0.1:3000`, or `unix:` and the path of a socket. */
  readonly targets: readonly string[];
  readonly balance: 'round-robin' | 'least-pending';
  /** `http2` speaks it with prior knowledge to http:// targets, and by ALPN to https:// ones. */
  readonly protocol: 'http1' | 'http2';
  /** The Host that the upstream sees: that of the target, or the caller's. */
  readonly host: 'target' | 'preserve';
  readonly connectTimeout: number;
  /** From the end of the request to the head of the reply. */
  readonly responseTimeout: number;
  /** Between two pieces of the reply, and for a WebSocket without traffic. */
  readonly idleTimeout: number;
  /** Further attempts for what was not sent yet, or is safe to repeat. */
  readonly retries: number;
  /** Connections to each target from each data thread. */
  readonly connections: number;
  /** Told in the place of what went wrong, where the upstream is a part of the gateway. */
  readonly failure: ProblemName | undefined;
  readonly tls: {
    /** PEM; undefined trusts the certificate authorities that Node ships. */
    readonly ca: string | undefined;
    readonly cert: string | undefined;
    readonly key: string | undefined;
    readonly serverName: string | undefined;
  };
}

export interface Target {
  readonly origin: string;
  /** Host field for this target. */
  readonly authority: string;
  /** The name or address that TLS verifies; undici would take it from the Host field, which the caller may have chosen. */
  readonly serverName: string;
  readonly pool: Pool;
  /** Requests of this thread that are in progress there. */
  pending: number;
}

/** With the name to verify, which undici takes but does not declare. */
export interface DispatchTo extends Dispatcher.DispatchOptions {
  readonly servername: string;
}

/** The servers behind one API, as one data thread sees them. */
export class Upstream {
  readonly settings: UpstreamSettings;
  readonly targets: readonly Target[];
  readonly #upgrades: Map<Target, Pool> = new Map();
  #next = 0;

  constructor(settings: UpstreamSettings) {
    this.settings = settings;
    this.targets = settings.targets.map((origin) => openTarget(origin, settings));
  }

  /** The target for the next attempt, another one than `except` where there is a choice. */
  pick(except: Target | undefined): Target {
    const targets = this.targets;
    if (targets.length === 1) return targets[0]!;
    const start = this.#next++ % targets.length;
    let best: Target | undefined;
    for (let i = 0; i < targets.length; i++) {
      const target = targets[(start + i) % targets.length]!;
      if (target === except) continue;
      if (this.settings.balance === 'round-robin') return target;
      if (best === undefined || target.pending < best.pending) best = target;
    }
    return best ?? targets[start]!;
  }

  /** A pool that speaks HTTP/1.1, which Upgrade needs whatever the target speaks otherwise. */
  poolForUpgrade(target: Target): Pool {
    if (this.settings.protocol === 'http1') return target.pool;
    let pool = this.#upgrades.get(target);
    if (pool === undefined) {
      pool = openPool(target.origin, this.settings, false);
      this.#upgrades.set(target, pool);
    }
    return pool;
  }

  /** Lets go once the requests in flight are over. */
  close(): void {
    for (const target of this.targets) void target.pool.close();
    for (const pool of this.#upgrades.values()) void pool.close();
  }
}

/** Requests over a socket have to name a host all the same. */
const hostOfSockets = 'localhost';

function openTarget(origin: string, settings: UpstreamSettings): Target {
  const socket = origin.startsWith('unix:') ? origin.slice('unix:'.length) : undefined;
  const url = socket === undefined ? origin : `http://${hostOfSockets}`;
  return {
    origin,
    authority: new URL(url).host,
    serverName: settings.tls.serverName ?? hostIn(url),
    pool: openPool(url, settings, settings.protocol === 'http2', socket),
    pending: 0,
  };
}

/** Without the brackets of IPv6. */
function hostIn(origin: string): string {
  return new URL(origin).hostname.replace(/^\[|\]$/g, '');
}

function openPool(origin: string, settings: UpstreamSettings, http2: boolean, socket?: string): Pool {
  const secure = origin.startsWith('https:');
  return new Pool(origin, {
    connections: settings.connections,
    // One request at a time on an HTTP/1.1 connection: a slow reply must not hold up another one.
    pipelining: http2 ? 100 : 1,
    headersTimeout: settings.responseTimeout,
    bodyTimeout: settings.idleTimeout,
    keepAliveTimeout: 30_000,
    // Shorter than what servers commonly keep, so that we, not they, end an idle connection.
    keepAliveTimeoutThreshold: 1_000,
    maxHeaderSize: 65_536,
    allowH2: http2,
    ...(http2 && !secure ? { useH2c: true } : {}),
    connect: connector(settings, http2, secure, socket),
  });
}

function connector(
  { tls, connectTimeout }: UpstreamSettings,
  http2: boolean,
  secure: boolean,
  socket: string | undefined,
): buildConnector.connector {
  const connect = buildConnector({
    timeout: connectTimeout,
    allowH2: http2,
    ...(http2 && !secure ? { useH2c: true } : {}),
    rejectUnauthorized: true,
    ...(socket === undefined ? {} : { socketPath: socket }),
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
  });
  return (options, callback) => {
    // An address is verified as such, but never sent as a name (RFC 6066 section 3).
    const { servername, ...rest } = options;
    if (servername === undefined || isIP(servername) !== 0) connect(rest, callback);
    else connect(options, callback);
  };
}
