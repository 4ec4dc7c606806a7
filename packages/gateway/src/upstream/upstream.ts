import type { ProblemName } from '../problems/catalogue.ts';
import type { UpstreamClient } from './client.ts';
import { Http1Client } from './http1/client.ts';
import { type Connect, connector, isSocket } from './http1/connecting.ts';
import type { Http2Client } from './http2-client.ts';

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
  readonly client: UpstreamClient;
  /** Opens a connection of its own over HTTP/1.1, which Upgrade needs whatever the target speaks otherwise. */
  readonly connect: Connect;
  /** Requests of this thread that are in progress there. */
  pending: number;
}

/** The servers behind one API, as one data thread sees them. */
export class Upstream {
  readonly settings: UpstreamSettings;
  readonly targets: readonly Target[];
  #next = 0;

  /** @param http2 where the targets speak it; it brings undici along, which nobody else needs */
  constructor(settings: UpstreamSettings, http2: typeof Http2Client | undefined) {
    this.settings = settings;
    this.targets = settings.targets.map((origin) => openTarget(origin, settings, http2));
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

  /** Lets go once the requests in flight are over. */
  close(): void {
    for (const { client } of this.targets) client.close();
  }
}

/** Requests over a socket have to name a host all the same. */
const hostOfSockets = 'http://localhost';

function openTarget(
  origin: string,
  settings: UpstreamSettings,
  http2: typeof Http2Client | undefined,
): Target {
  const { host, hostname } = new URL(isSocket(origin) ? hostOfSockets : origin);
  // Not the Host field, which the caller may have chosen. Without the brackets of IPv6.
  const serverName = settings.tls.serverName ?? hostname.replace(/^\[|\]$/g, '');
  const connect = connector(origin, serverName, settings);
  return {
    origin,
    authority: host,
    client:
      http2 === undefined
        ? new Http1Client(origin, connect, settings)
        : new http2(origin, serverName, settings),
    connect,
    pending: 0,
  };
}
