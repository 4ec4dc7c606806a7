import { hash, type X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { ClientCertificate } from '../exchange.ts';
import type { Listener } from './listener.ts';

/** A request of HTTP/1.1 that has not been answered yet. */
export interface Unanswered {
  /** The connection went away under it. */
  disconnected(): void;
}

/** What the gateway keeps of one client connection. */
export class Connection {
  readonly socket: Socket;
  readonly peerAddress: string;
  readonly serverName: string | undefined;
  readonly secure: boolean;
  readonly listener: Listener;
  /** HTTP/1.1: it ends with the reply under way, and whatever follows on it was framed by somebody who was not believed. */
  closing = false;
  /** HTTP/1.1: the request under way. */
  current: Unanswered | undefined = undefined;
  /** HTTP/2: streams whose exchange is not over. */
  streams = 0;
  #certificate: ClientCertificate | null | undefined = undefined;

  constructor(socket: Socket, listener: Listener) {
    const tls = socket as Socket & { encrypted?: boolean };
    this.socket = socket;
    this.peerAddress = plainAddress(socket.remoteAddress);
    this.serverName = serverNameOf(socket);
    this.secure = tls.encrypted === true;
    this.listener = listener;
  }

  /** The certificate that the client showed; taken out once, by whoever wants it first. */
  get clientCertificate(): ClientCertificate | undefined {
    if (this.#certificate === undefined) this.#certificate = this.secure ? certificateOf(this.socket) : null;
    return this.#certificate ?? undefined;
  }

  closed(): void {
    const { current } = this;
    this.current = undefined;
    current?.disconnected();
  }
}

/**
 * Stands for the name on a resumed session of TLS 1.2: there OpenSSL tells the one of the session in the place of the
 * one that was asked for, and Node sees to it that the session has none. No host is spelled like this.
 */
export const unknownServerName = '?';

function serverNameOf(socket: Socket): string | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const { servername } = socket as TLSSocket & { servername?: string | false };
  if (typeof servername === 'string' && servername !== '') return servername.toLowerCase();
  const isUnknown = socket.isSessionReused() && socket.getProtocol() === 'TLSv1.2';
  return isUnknown ? unknownServerName : undefined;
}

function certificateOf(socket: Socket): ClientCertificate | null {
  try {
    const shown = (socket as TLSSocket).getPeerX509Certificate();
    return shown === undefined ? null : new ShownCertificate(shown);
  } catch {
    // The session of HTTP/2 is gone, and its socket with it: nobody waits for an answer any more.
    return null;
  }
}

/** One more than any policy looks at, so that it sees that there are too many. */
const mostInChain = 6;

class ShownCertificate implements ClientCertificate {
  readonly raw: Buffer;
  readonly thumbprint: string;
  readonly #shown: X509Certificate;
  #chain: readonly Buffer[] | undefined = undefined;

  constructor(shown: X509Certificate) {
    this.raw = shown.raw;
    this.thumbprint = hash('sha256', this.raw, 'base64url');
    this.#shown = shown;
  }

  /** In the order of the handshake; read when somebody asks, as most tokens are bound to the certificate alone. */
  get chain(): readonly Buffer[] {
    this.#chain ??= chainOf(this.#shown);
    return this.#chain;
  }
}

function chainOf(shown: X509Certificate): readonly Buffer[] {
  const chain: Buffer[] = [];
  let next = shown.issuerCertificate;
  while (next !== undefined && chain.length < mostInChain) {
    chain.push(next.raw);
    next = next.issuerCertificate;
  }
  return chain;
}

const connections = new WeakMap<Socket, Connection>();

/** IPv4 addresses arrive mapped into IPv6 on a dual-stack listener (RFC 4291 section 2.5.5.2). */
function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

/** The connection of a socket; one close listener each, whatever the number of requests. */
export function connectionOf(socket: Socket, listener: Listener): Connection {
  const found = connections.get(socket);
  if (found !== undefined) return found;
  const made = new Connection(socket, listener);
  connections.set(socket, made);
  socket.once('close', () => made.closed());
  return made;
}

/** Whether a request of HTTP/1.1 is under way on it. */
export function isAnswering(socket: Socket): boolean {
  return connections.get(socket)?.current !== undefined;
}
