import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import http2, { type Http2Session, type ServerHttp2Stream } from 'node:http2';
import net, { type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type RefuseUnparsed, refuseUnparsed } from './client-error.ts';
import { connectionOf } from './connections.ts';
import { Http1Inbound } from './http1.ts';
import { Http1Upgrade } from './http1-upgrade.ts';
import { Http2Inbound } from './http2.ts';
import type { Inbound } from './inbound.ts';
import type { StallWatch } from './stall-watch.ts';
import { type Certificate, CertificateChoice, tlsSettings } from './tls.ts';

export interface Address {
  readonly host: string | undefined;
  readonly port: number;
}

/** What the listeners of a data thread need to know; plain data. */
export interface ListenerSettings {
  readonly http: (Address & { readonly redirectPort: number | undefined }) | undefined;
  readonly https: (Address & { readonly requestsCertificates: boolean }) | undefined;
  readonly certificates: readonly Certificate[];
  /** 48 bytes shared by all threads, so that sessions resume on any of them. */
  readonly ticketKeys: Buffer;
  /** Milliseconds. */
  readonly headTimeout: number;
  readonly idleTimeout: number;
  readonly maxConnections: number;
  /** Bytes of a request head; longer ones get 431. */
  readonly maxHeadSize: number;
  /** Other threads listen on the same ports, and the kernel spreads connections over them. */
  readonly reusePort: boolean;
}

/** Told of each connection that was cut off before there was a request to record. */
export type OnClientError = (code: string, status: number, socket: Socket) => void;

/** The ports of one data thread. */
export class Listeners {
  readonly #settings: ListenerSettings;
  readonly #serve: (inbound: Inbound) => void;
  readonly #refuse: RefuseUnparsed;
  readonly #onClientError: OnClientError;
  readonly #stalls: StallWatch;
  readonly #plain: http.Server | undefined;
  readonly #secure: http2.Http2SecureServer | undefined;
  readonly #sessions = new Set<Http2Session>();
  readonly #sockets = new Set<Socket>();
  #certificates: CertificateChoice | undefined;
  #draining = false;

  constructor(
    settings: ListenerSettings,
    serve: (inbound: Inbound) => void,
    refuseWith: RefuseUnparsed,
    stalls: StallWatch,
    onClientError: OnClientError,
  ) {
    this.#settings = settings;
    this.#serve = serve;
    this.#stalls = stalls;
    this.#refuse = refuseWith;
    this.#onClientError = onClientError;
    if (settings.http !== undefined) this.#plain = this.#openPlain(settings.http.redirectPort);
    if (settings.https !== undefined) {
      this.#certificates = new CertificateChoice(settings.certificates);
      this.#secure = this.#openSecure(settings.certificates[0]!, settings.https.requestsCertificates);
    }
  }

  get connections(): number {
    return this.#sockets.size;
  }

  async listen(): Promise<void> {
    const { http: plain, https: secure } = this.#settings;
    if (this.#plain !== undefined && plain !== undefined) await this.#listenOn(this.#plain, plain);
    if (this.#secure !== undefined && secure !== undefined) await this.#listenOn(this.#secure, secure);
  }

  /** New connections see these; those that are open keep what they have. */
  setCertificates(certificates: readonly Certificate[]): void {
    // Without https there are none.
    if (this.#secure !== undefined) this.#certificates = new CertificateChoice(certificates);
  }

  setTicketKeys(keys: Buffer): void {
    this.#secure?.setTicketKeys(keys);
  }

  /**
   * Takes no new connections, and ends each open one with the reply that is next on it. Idle ones stay open for
   * `grace` milliseconds, as a request may be on its way on them.
   * @returns when all are closed, at the latest after `timeout` milliseconds
   */
  async drain(timeout: number, grace: number): Promise<void> {
    this.#draining = true;
    // Not http's own close, which also ends idle connections at once.
    for (const server of [this.#plain, this.#secure])
      if (server !== undefined) net.Server.prototype.close.call(server);
    for (const session of this.#sessions) session.close();
    const begun = performance.now();
    while (this.#sockets.size > 0 && performance.now() - begun < timeout) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (performance.now() - begun >= grace) this.#endIdle();
    }
    for (const socket of this.#sockets) socket.destroy();
  }

  #endIdle(): void {
    for (const socket of this.#sockets) {
      // Sessions of HTTP/2 were told to end, and do so after their last stream.
      const isHttp2 = (socket as Socket & { alpnProtocol?: unknown }).alpnProtocol === 'h2';
      if (!isHttp2 && connectionOf(socket, undefined).unanswered === 0) socket.destroy();
    }
  }

  #openPlain(redirectPort: number | undefined): http.Server {
    const server = http.createServer(this.#http1Options());
    this.#serveHttp1(server, redirectPort);
    server.on('connection', (socket: Socket) => this.#track(socket));
    return server;
  }

  #openSecure(first: Certificate, requestsCertificates: boolean): http2.Http2SecureServer {
    const settings = this.#settings;
    const server = http2.createSecureServer({
      ...this.#http1Options(),
      ...tlsSettings,
      ...first,
      // A certificate is a credential like others: policies judge it, and whoever has none may do without.
      requestCert: requestsCertificates,
      rejectUnauthorized: false,
      allowHTTP1: true,
      ALPNProtocols: ['h2', 'http/1.1'],
      ticketKeys: settings.ticketKeys,
      handshakeTimeout: settings.headTimeout,
      SNICallback: (name, done) => done(null, this.#certificates!.choose(name)),
      settings: {
        enableConnectProtocol: true,
        maxConcurrentStreams: 100,
        maxHeaderListSize: settings.maxHeadSize,
      },
      maxSessionMemory: 16,
      // What an upstream repeats is passed on as it is; by default it would make the reply throw.
      strictSingleValueFields: false,
      // A client that opens and resets streams makes us work for nothing (CVE-2023-44487): 100 at once, then 33 a second.
      streamResetBurst: 100,
      streamResetRate: 33,
      maxSessionInvalidFrames: 20,
      maxSessionRejectedStreams: 20,
      unknownProtocolTimeout: 1_000,
    });
    this.#serveHttp1(server as unknown as http.Server, undefined);
    // Registering for `request` made Node wrap HTTP/2 streams as well; they are taken as they are.
    server.removeAllListeners('stream');
    server.on('stream', (stream, headers, flags, rawFields) => {
      this.#serveStream(stream as ServerHttp2Stream, headers, flags, rawFields as unknown as string[]);
    });
    server.on('session', (session) => this.#trackSession(session));
    server.on('sessionError', ignore);
    server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      this.#onClientError(error.code ?? 'TLS', 0, socket);
      socket.destroy();
    });
    server.on('secureConnection', (socket: Socket) => this.#track(socket));
    return server;
  }

  #http1Options(): http.ServerOptions {
    return {
      insecureHTTPParser: false,
      requireHostHeader: false,
      headersTimeout: this.#settings.headTimeout,
      // Bodies are watched by their progress (stall-watch.ts): an honest upload may take long.
      requestTimeout: 0,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: this.#settings.idleTimeout,
      maxHeaderSize: this.#settings.maxHeadSize,
      noDelay: true,
      shouldUpgradeCallback: isWebSocket,
    } as http.ServerOptions;
  }

  #serveHttp1(server: http.Server, redirectPort: number | undefined): void {
    // Without this, Node drops the fields above a count in silence; fields are counted by request-limits.
    server.maxHeadersCount = 0;
    server.maxConnections = this.#settings.maxConnections;
    // Nothing moved: an idle connection, or one whose client does not read. While an answer is being waited for, the
    // timeouts of the upstream rule.
    server.timeout = this.#settings.idleTimeout;
    server.on('timeout', (socket: Socket) => {
      if (!(socket instanceof net.Socket)) return;
      if (connectionOf(socket, redirectPort).unanswered === 0 || socket.writableLength > 0) socket.destroy();
    });
    const serve = (request: IncomingMessage, response: ServerResponse, expects: boolean): void => {
      const connection = connectionOf(request.socket, redirectPort);
      if (connection.closing) return;
      if (connection.unanswered >= mostPipelined) {
        request.socket.destroy();
        return;
      }
      const inbound = new Http1Inbound(request, response, connection, expects, this.#stalls);
      if (this.#draining) inbound.closeAfter();
      this.#serve(inbound);
    };
    server.on('request', (request, response) => serve(request, response, false));
    server.on('checkContinue', (request, response) => serve(request, response, true));
    // The expectation itself is refused by the pipeline, where refusals are recorded.
    server.on('checkExpectation', (request, response) => serve(request, response, false));
    server.on('connect', (request: IncomingMessage, socket: Duplex) =>
      this.#serveUpgrade(request, socket as Socket, redirectPort, undefined),
    );
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (head.length > 0) socket.unshift(head);
      this.#serveUpgrade(request, socket as Socket, redirectPort, 'websocket');
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
      const connection = connectionOf(socket as Socket, redirectPort);
      const status = refuseUnparsed(error.code, connection, this.#stalls, this.#refuse);
      if (status !== undefined) this.#onClientError(error.code ?? 'UNKNOWN', status, socket as Socket);
    });
  }

  #serveUpgrade(
    request: IncomingMessage,
    socket: Socket,
    redirectPort: number | undefined,
    upgrade: 'websocket' | undefined,
  ): void {
    const connection = connectionOf(socket, redirectPort);
    // Replies to requests before it would have to go first, and there is no parser any more that could see to it.
    if (connection.closing || connection.unanswered > 0) socket.destroy();
    else this.#serve(new Http1Upgrade(request, socket, connection, upgrade, this.#stalls));
  }

  #serveStream(
    stream: ServerHttp2Stream,
    headers: http2.IncomingHttpHeaders,
    flags: number,
    rawFields: string[],
  ): void {
    const socket = stream.session?.socket;
    if (socket === undefined || stream.destroyed) return;
    const ends = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    this.#serve(
      new Http2Inbound(stream, headers, rawFields, ends, connectionOf(socket as Socket, undefined)),
    );
  }

  #trackSession(session: Http2Session): void {
    this.#sessions.add(session);
    const { idleTimeout } = this.#settings;
    const connection = connectionOf(session.socket as Socket, undefined);
    session.setTimeout(idleTimeout);
    session.on('timeout', () => {
      // The second time nothing has moved either: what is left are replies that the client does not read.
      if (!session.closed) session.close();
      else if (connection.streams === 0) session.destroy();
      session.setTimeout(idleTimeout);
    });
    session.on('error', ignore);
    session.once('close', () => this.#sessions.delete(session));
    if (this.#draining) session.close();
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #listenOn(server: Server, { host, port }: Address): Promise<void> {
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(
        { port, host, reusePort: this.#settings.reusePort, backlog: 4096 } as net.ListenOptions,
        () => {
          server.off('error', reject);
          resolve();
        },
      );
    });
  }
}

/** Requests that one HTTP/1.1 connection may have waiting (RFC 9112 section 9.3.2): more is no use to anybody honest. */
const mostPipelined = 32;

/** Any other protocol that is offered is not taken up, and the request goes on as it is (RFC 9110 section 7.8). */
function isWebSocket({ method, headers }: IncomingMessage): boolean {
  if (method !== 'GET' || headers.upgrade?.toLowerCase() !== 'websocket') return false;
  // Behind a body there is nothing to take over, and two readers may differ on where it ends.
  return headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0';
}

function ignore(): void {}
