import { Agent, type Dispatcher } from 'undici';
import type { Owner } from './owner.ts';

export interface LoadOptions {
  readonly origin: string;
  /** PEM to trust, for https. */
  readonly ca?: string;
  readonly http2?: boolean;
  readonly connections: number;
  /** Requests under way at once. Default: as many as connections. */
  readonly concurrency?: number;
  readonly path?: string;
  /** A new connection for each request. */
  readonly reset?: boolean;
  /** Attempts after the first, as a careful client makes them for a GET that got no reply. Default 0. */
  readonly retries?: number;
}

export interface Load {
  readonly answered: () => number;
  /** What went wrong so far: statuses other than 200, and connections that broke. */
  readonly failures: () => readonly string[];
  /** Replies by the value of a reply field. */
  readonly seen: (field: string) => ReadonlyMap<string, number>;
  /** Lets the requests under way finish. */
  readonly stop: () => Promise<void>;
}

/** Sends GET requests, one after the other in each of `concurrency` loops, until it is stopped. */
export function startLoad(owner: Owner, options: LoadOptions): Load {
  const { origin, connections, concurrency = connections, path = '/', retries = 0, reset = false } = options;
  const agent = clientFor(owner, options);
  const failures: string[] = [];
  const replies: Dispatcher.ResponseData['headers'][] = [];
  let stopped = false;

  async function attempt(): Promise<void> {
    const { statusCode, headers, body } = await agent.request({ origin, path, method: 'GET', reset });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`${statusCode} ${text.slice(0, 200)}`);
    replies.push(headers);
  }

  async function one(): Promise<void> {
    for (let left = retries; ; left--) {
      try {
        return await attempt();
      } catch (error) {
        if (left > 0) continue;
        failures.push(String(error));
        return;
      }
    }
  }

  async function loop(): Promise<void> {
    while (!stopped && failures.length < 20) await one();
  }

  const loops = Promise.all(Array.from({ length: concurrency }, loop));
  async function stop(): Promise<void> {
    stopped = true;
    await loops;
  }
  owner.after(stop);

  return {
    answered: () => replies.length,
    failures: () => failures,
    seen(field) {
      const counts = new Map<string, number>();
      for (const each of replies) {
        const value = String(each[field]);
        counts.set(value, (counts.get(value) ?? 0) + 1);
      }
      return counts;
    },
    stop,
  };
}

/** An undici client that trusts the certificate; it ends with its owner. */
export function clientFor(
  owner: Owner,
  { ca, http2 = false, connections }: Pick<LoadOptions, 'ca' | 'http2' | 'connections'>,
): Agent {
  const agent = new Agent({
    connections,
    allowH2: http2,
    ...(http2 && { pipelining: 10 }),
    ...(ca !== undefined && { connect: { ca } }),
  });
  owner.after(() => agent.destroy());
  return agent;
}
