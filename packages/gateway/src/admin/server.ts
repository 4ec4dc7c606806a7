import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { prometheusText } from '../metrics/prometheus.ts';
import type { Control } from '../threads/control.ts';

/** Metrics and health for the operator's own systems; serves nothing of an API. */
export class AdminServer {
  readonly #control: Control;
  readonly #server: http.Server;
  readonly #oauthUp: () => boolean | undefined;
  #loopback = true;

  /** @param oauthUp whether the OAuth server answers; undefined where there is none */
  constructor(control: Control, oauthUp: () => boolean | undefined) {
    this.#control = control;
    this.#oauthUp = oauthUp;
    this.#server = http.createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, reply) => {
      this.#answer(request, reply).catch(() => reply.destroy());
    });
    this.#server.maxConnections = 100;
  }

  /** @returns the port */
  listen(host: string, port: number): Promise<number> {
    this.#loopback = isLoopback(host);
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => resolve((this.#server.address() as AddressInfo).port));
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    // A page that has its own name resolve to loopback must not read what is meant for this machine (DNS rebinding).
    if (this.#loopback && !isLoopback(hostOf(request.headers.host ?? '')))
      return text(reply, 421, 'misdirected\n');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      reply.setHeader('allow', 'GET, HEAD');
      return text(reply, 405, 'method not allowed\n');
    }
    switch (request.url) {
      case '/healthz':
        return text(reply, 200, 'ok\n');
      case '/readyz':
        return this.#control.ready ? text(reply, 200, 'ready\n') : text(reply, 503, 'not ready\n');
      case '/metrics': {
        await this.#control.flush();
        const page = prometheusText(this.#control.totals, this.#control.counters.tallies(), this.#oauthUp());
        return text(reply, 200, page, 'text/plain; version=0.0.4; charset=utf-8');
      }
      default:
        return text(reply, 404, 'not found; there are /metrics, /healthz and /readyz\n');
    }
  }
}

function text(reply: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  reply.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  reply.end(body);
}

function hostOf(field: string): string {
  return field.replace(/:[0-9]+$/, '').toLowerCase();
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.[0-9]{1,3}){3}$/.test(host);
}
