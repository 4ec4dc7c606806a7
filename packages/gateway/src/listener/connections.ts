import { hash } from 'node:crypto';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ClientCertificate } from '../exchange.ts';
import type { ProblemName } from '../problems/catalogue.ts';
import { closeGently } from './lingering.ts';
import type { StallWatch } from './stall-watch.ts';

/** A request that has not been answered yet. */
export interface Unanswered {
  /** The connection went away under it. */
  disconnected(): void;
  /** The connection ends with its reply. */
  closeAfter(): void;
  /** Its body is not what its head announced: it can be refused, and nothing that follows can be read. */
  bodyBroke(problem: ProblemName): void;
  /** Its body is not complete yet. */
  readonly receiving: boolean;
  /** Its reply has begun. */
  readonly replying: boolean;
}

/** What the gateway keeps of one client connection. */
export class Connection {
  readonly socket: Socket;
  readonly peerAddress: string;
  readonly serverName: string | undefined;
  readonly secure: boolean;
  readonly redirectPort: number | undefined;
  /** It ends with the reply under way: whatever follows on it was framed by somebody who was not believed. */
  closing = false;
  /** Streams of HTTP/2 whose exchange is not over. */
  streams = 0;
  /**
   * Nearly always one at most, and then no collection holds it: a Set that is filled and emptied for each request
   * leaves a chain of dead tables through which V8's young generation is kept alive (measured: 3 times the time
   * spent on garbage).
   */
  #only: Unanswered | undefined = undefined;
  #more: Unanswered[] | undefined = undefined;
  #certificate: ClientCertificate | null | undefined = undefined;

  constructor(socket: Socket, redirectPort: number | undefined) {
    const tls = socket as Socket & { encrypted?: boolean; servername?: string | false };
    this.socket = socket;
    this.peerAddress = plainAddress(socket.remoteAddress);
    this.serverName =
      typeof tls.servername === 'string' && tls.servername !== '' ? tls.servername.toLowerCase() : undefined;
    this.secure = tls.encrypted === true;
    this.redirectPort = redirectPort;
  }

  /** The certificate that the client showed; taken out once, by whoever wants it first. */
  get clientCertificate(): ClientCertificate | undefined {
    if (this.#certificate === undefined) this.#certificate = this.secure ? certificateOf(this.socket) : null;
    return this.#certificate ?? undefined;
  }

  get unanswered(): number {
    return (this.#only === undefined ? 0 : 1) + (this.#more?.length ?? 0);
  }

  /** The one that came last. */
  get last(): Unanswered | undefined {
    return this.#more?.at(-1) ?? this.#only;
  }

  begin(request: Unanswered): void {
    if (this.#more !== undefined) this.#more.push(request);
    else if (this.#only === undefined) this.#only = request;
    else this.#more = [request];
  }

  answered(request: Unanswered): void {
    if (this.#only === request) this.#only = undefined;
    else if (this.#more !== undefined) this.#more = this.#more.filter((each) => each !== request);
    if (this.#more?.length === 0) this.#more = undefined;
  }

  /** HTTP/1.1: ends after the reply that is under way, in a way that lets the client read it. */
  endAfterReply(stalls: StallWatch): void {
    if (this.closing) return;
    this.closing = true;
    const { socket } = this;
    // What Node calls after the last reply; its own breaks the connection at once.
    socket.destroySoon = () => closeGently(socket, stalls);
  }

  closed(): void {
    const all = [this.#only, ...(this.#more ?? [])];
    this.#only = undefined;
    this.#more = undefined;
    for (const request of all) request?.disconnected();
  }
}

function certificateOf(socket: Socket): ClientCertificate | null {
  try {
    const raw = (socket as TLSSocket).getPeerX509Certificate()?.raw;
    return raw === undefined ? null : { raw, thumbprint: hash('sha256', raw, 'base64url') };
  } catch {
    // The session of HTTP/2 is gone, and its socket with it: nobody waits for an answer any more.
    return null;
  }
}

const connections = new WeakMap<Socket, Connection>();

/** IPv4 addresses arrive mapped into IPv6 on a dual-stack listener (RFC 4291 section 2.5.5.2). */
function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

/** The connection of a socket; one close listener each, whatever the number of requests. */
export function connectionOf(socket: Socket, redirectPort: number | undefined): Connection {
  const found = connections.get(socket);
  if (found !== undefined) return found;
  const made = new Connection(socket, redirectPort);
  connections.set(socket, made);
  socket.once('close', () => made.closed());
  return made;
}
