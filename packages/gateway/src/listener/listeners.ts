import http2, { type Http2Session, type ServerHttp2Stream } from 'node:http2';
import net, { type Server, type Socket } from 'node:net';
import tls from 'node:tls';
import type { ProblemName } from '../problems/catalogue.ts';
import { connectionOf, isAnswering } from './connections.ts';
import { Http1Session, type SessionHost } from './http1/session.ts';
import { Http2Inbound } from './http2.ts';
import type { Inbound } from './inbound.ts';
import { Listener, type ListenerSettings } from './listener.ts';
import type { StallWatch } from './stall-watch.ts';
import { type Certificate, tlsSettings } from './tls.ts';

/** What the listeners of a data thread need to know; plain data. */
export interface ListenersSettings {
  readonly listeners: readonly ListenerSettings[];
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

/** The certificates of the listeners that have some, by name. */
export type CertificatesByListener = ReadonlyMap<string, readonly Certificate[]>;

/** Refuses what never became a request, so that the refusal is counted and recorded like any other. */
export type RefuseUnparsed = (inbound: Inbound, problem: ProblemName, reason: string) => void;

/** Told of each connection that was cut off before there was a request to record. */
export type OnClientError = (code: string, status: number, socket: Socket) => void;

/** Milliseconds between two looks at what is overdue. */
const lookEvery = 500;

interface Open {
  readonly settings: ListenerSettings;
  readonly listener: Listener;
  readonly server: Server;
}

/** The ports of one data thread. */
export class Listeners {
  readonly #settings: ListenersSettings;
  readonly #serve: (inbound: Inbound) => void;
  readonly #onClientError: OnClientError;
  readonly #host: SessionHost & { draining: boolean };
  readonly #open: readonly Open[];
  readonly #sessions = new Set<Http2Session>();
  readonly #sockets = new Set<Socket>();
  readonly #http1 = new Set<Http1Session>();

  constructor(
    settings: ListenersSettings,
    serve: (inbound: Inbound) => void,
    refuse: RefuseUnparsed,
    stalls: StallWatch,
    onClientError: OnClientError,
  ) {
    this.#settings = settings;
    this.#serve = serve;
    this.#onClientError = onClientError;
    const { headTimeout, idleTimeout, maxHeadSize } = settings;
    this.#host = {
      stalls,
      headTimeout,
      idleTimeout,
      keepAliveLine: `keep-alive: timeout=${Math.floor(idleTimeout / 1000)}\r\n`,
      maxHeadSize,
      draining: false,
      serve,
      refuse,
      clientError: onClientError,
    };
    this.#open = settings.listeners.map((each) => {
      const listener = new Listener(each);
      return {
        settings: each,
        listener,
        server: each.tls === undefined ? this.#openPlain(listener) : this.#openSecure(each.tls, listener),
      };
    });
  }

  get connections(): number {
    return this.#sockets.size;
  }

  async listen(): Promise<void> {
    for (const each of this.#open) await this.#listenOn(each);
    setInterval(() => {
      const now = performance.now();
      for (const session of this.#http1) session.look(now);
    }, lookEvery).unref();
  }

  setCertificates(certificates: CertificatesByListener): void {
    for (const { settings, listener } of this.#open) {
      const renewed = certificates.get(settings.name);
      if (renewed !== undefined) listener.setCertificates(renewed);
    }
  }

  setTicketKeys(keys: Buffer): void {
    for (const { server } of this.#open) if (server instanceof tls.Server) server.setTicketKeys(keys);
  }

  /**
   * Takes no new connections, and ends each open one with the reply that is next on it. Idle ones stay open for
   * `grace` milliseconds, as a request may be on its way on them.
   * @returns when all are closed, at the latest after `timeout` milliseconds
   */
  async drain(timeout: number, grace: number): Promise<void> {
    this.#host.draining = true;
    for (const { server } of this.#open) server.close();
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
      if (isHttp2 || isAnswering(socket)) continue;
      // A reply that is still on its way out has the same time as one under way.
      if (socket.writableLength === 0 && !socket.writableEnded) socket.destroy();
    }
  }

  #openPlain(listener: Listener): Server {
    const server = net.createServer({ noDelay: true });
    server.maxConnections = this.#settings.maxConnections;
    server.on('connection', (socket: Socket) => {
      this.#track(socket);
      this.#serveHttp1(socket, listener);
    });
    return server;
  }

  #openSecure(
    { certificates, requestsCertificates }: NonNullable<ListenerSettings['tls']>,
    listener: Listener,
  ): tls.Server {
    const settings = this.#settings;
    const sessions = this.#openSessions(listener);
    const server = tls.createServer({
      ...tlsSettings,
      ...certificates[0],
      noDelay: true,
      // A certificate is a credential like others: policies judge it, and whoever has none may do without.
      requestCert: requestsCertificates,
      rejectUnauthorized: false,
      ALPNProtocols: ['h2', 'http/1.1', 'http/1.0'],
      ticketKeys: settings.ticketKeys,
      handshakeTimeout: settings.headTimeout,
      SNICallback: (name, done) => done(null, listener.certificates!.choose(name)),
    });
    server.maxConnections = settings.maxConnections;
    server.on('secureConnection', (socket) => {
      this.#track(socket);
      if (socket.alpnProtocol === 'h2') sessions.emit('connection', socket);
      else this.#serveHttp1(socket, listener);
    });
    server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      this.#onClientError(error.code ?? 'TLS', 0, socket);
      socket.destroy();
    });
    return server;
  }

  /** It never listens: connections come to it from the TLS server, once HTTP/2 was chosen on them. */
  #openSessions(listener: Listener): http2.Http2Server {
    const server = http2.createServer({
      settings: {
        enableConnectProtocol: true,
        maxConcurrentStreams: 100,
        maxHeaderListSize: this.#settings.maxHeadSize,
      },
      maxSessionMemory: 16,
      // What an upstream repeats is passed on as it is; by default it would make the reply throw.
      strictSingleValueFields: false,
      // A client that opens and resets streams makes us work for nothing (CVE-2023-44487): 100 at once, then 33 a second.
      streamResetBurst: 100,
      streamResetRate: 33,
      maxSessionInvalidFrames: 20,
      maxSessionRejectedStreams: 20,
    } as http2.ServerOptions);
    server.on('stream', (stream, headers, flags, rawFields) => {
      const socket = stream.session?.socket as Socket | undefined;
      if (socket === undefined || stream.destroyed) return;
      const ends = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      const raw = rawFields as unknown as string[];
      const connection = connectionOf(socket, listener);
      this.#serve(new Http2Inbound(stream as ServerHttp2Stream, headers, raw, ends, connection));
    });
    server.on('session', (session) => this.#trackSession(session, listener));
    server.on('sessionError', ignore);
    return server;
  }

  #serveHttp1(socket: Socket, listener: Listener): void {
    const session = new Http1Session(connectionOf(socket, listener), this.#host, performance.now());
    this.#http1.add(session);
    socket.once('close', () => this.#http1.delete(session));
  }

  #trackSession(session: Http2Session, listener: Listener): void {
    this.#sessions.add(session);
    const { idleTimeout } = this.#settings;
    const connection = connectionOf(session.socket as Socket, listener);
    session.setTimeout(idleTimeout);
    session.on('timeout', () => {
      // The second time nothing has moved either: what is left are replies that the client does not read.
      if (!session.closed) session.close();
      else if (connection.streams === 0) session.destroy();
      session.setTimeout(idleTimeout);
    });
    session.on('error', ignore);
    session.once('close', () => this.#sessions.delete(session));
    if (this.#host.draining) session.close();
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #listenOn({ server, settings: { host, port } }: Open): Promise<void> {
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

function ignore(): void {}
