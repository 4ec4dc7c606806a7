import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { UpstreamConfig } from '../config/schema.ts';
import type { ProblemName } from '../problems/catalogue.ts';
import { Upstream, type UpstreamSettings } from './upstream.ts';

/**
 * @param failure what to tell callers when it fails, where it is a part of the gateway
 * @throws Error naming the file when one cannot be read
 */
export async function openUpstream(
  config: UpstreamConfig,
  folder: string,
  failure?: ProblemName,
): Promise<Upstream> {
  const read = (file: string | undefined): string | undefined =>
    file === undefined ? undefined : readFileSync(resolve(folder, file), 'utf8');
  const { tls } = config;
  if ((tls?.cert === undefined) !== (tls?.key === undefined))
    throw new Error('tls: cert and key belong together');
  const settings: UpstreamSettings = {
    targets: config.targets,
    balance: config.balance ?? 'round-robin',
    protocol: config.protocol ?? 'http1',
    host: config.host ?? 'target',
    connectTimeout: config.connectTimeout ?? 5_000,
    responseTimeout: config.responseTimeout ?? 30_000,
    idleTimeout: config.idleTimeout ?? 60_000,
    retries: config.retries ?? 1,
    connections: config.connections ?? 256,
    failure,
    tls: { ca: read(tls?.ca), cert: read(tls?.cert), key: read(tls?.key), serverName: tls?.serverName },
  };
  const http2 = settings.protocol === 'http2' ? (await import('./http2-client.ts')).Http2Client : undefined;
  return new Upstream(settings, http2);
}
