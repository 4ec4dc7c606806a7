import type { Socket } from 'node:net';

/** What the gateway keeps of one client connection. */
export interface Connection {
  readonly socket: Socket;
  readonly peerAddress: string;
  readonly serverName: string | undefined;
  readonly secure: boolean;
  readonly redirectPort: number | undefined;
  /** Requests on it that have not been answered yet. */
  active: Set<{ disconnected(): void }>;
}

const connections = new WeakMap<Socket, Connection>();

/** IPv4 addresses arrive mapped into IPv6 on a dual-stack listener (RFC 4291 section 2.5.5.2). */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

/** The connection of a socket; one close listener each, whatever the number of requests. */
export function connectionOf(socket: Socket, redirectPort: number | undefined): Connection {
  const found = connections.get(socket);
  if (found !== undefined) return found;
  const tls = socket as Socket & { encrypted?: boolean; servername?: string | false };
  const made: Connection = {
    socket,
    peerAddress: plainAddress(socket.remoteAddress),
    serverName: typeof tls.servername === 'string' && tls.servername !== '' ? tls.servername.toLowerCase() : undefined,
    secure: tls.encrypted === true,
    redirectPort,
    active: new Set(),
  };
  connections.set(socket, made);
  socket.once('close', () => {
    for (const request of made.active) request.disconnected();
    made.active.clear();
  });
  return made;
}
