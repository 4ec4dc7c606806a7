import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectSecure, createSecureContext } from 'node:tls';
import type { UpstreamSettings } from '../upstream.ts';

/** How bytes come in: into one buffer that is used again and again, or as events of a stream. */
export interface Reading {
  readonly buffer: Buffer;
  /** @returns false to read no more for now */
  callback(bytes: number, buffer: Buffer): boolean;
}

/** Opens a socket to one target; it is not connected yet. */
export type Connect = (reading: Reading | undefined) => Socket;

/** The event of a socket that can carry a request. */
export function readyEvent(origin: string): 'connect' | 'secureConnect' {
  return origin.startsWith('https:') ? 'secureConnect' : 'connect';
}

const socketScheme = 'unix:';

/** Whether a target is a Unix socket: `unix:` and its path. */
export function isSocket(origin: string): boolean {
  return origin.startsWith(socketScheme);
}

/** @param serverName the name or address that TLS verifies */
export function connector(origin: string, serverName: string, { tls }: UpstreamSettings): Connect {
  if (isSocket(origin)) {
    const path = origin.slice(socketScheme.length);
    return (reading) => connectPlain({ path, ...(reading === undefined ? {} : { onread: reading }) });
  }
  const url = new URL(origin);
  const secure = url.protocol === 'https:';
  const base = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
  };
  if (!secure) {
    return (reading) => connectPlain({ ...base, ...(reading === undefined ? {} : { onread: reading }) });
  }
  const secureContext = createSecureContext({
    minVersion: 'TLSv1.2',
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
  });
  // An address is verified as such, but never sent as a name (RFC 6066 section 3).
  const name = isIP(serverName) === 0 ? { servername: serverName } : {};
  let session: Buffer | undefined;
  return (reading) => {
    const socket = connectSecure({
      ...base,
      ...name,
      secureContext,
      rejectUnauthorized: true,
      ALPNProtocols: ['http/1.1'],
      ...(session === undefined ? {} : { session }),
      ...(reading === undefined ? {} : { onread: reading }),
    });
    socket.on('session', (fresh: Buffer) => {
      session = fresh;
    });
    // A session that the upstream does not take any more must not be offered for ever.
    socket.on('error', () => {
      session = undefined;
    });
    return socket;
  };
}
