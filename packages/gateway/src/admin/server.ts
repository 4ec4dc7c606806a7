import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { prometheusText } from '../metrics/prometheus.ts';
import { keySetMaxAge } from '../policies/upstream-identity/key-rules.ts';
import type { Control } from '../threads/control.ts';

export interface AdminParts {
  readonly control: Control;
  /** Whether the OAuth server answers; undefined where there is none. */
  readonly oauthUp: () => boolean | undefined;
  /** By which upstreams verify who calls (JWK Set); undefined where they are not told by a JWT. */
  readonly identityKeySet: () => string | undefined;
}

/** Metrics, health and public keys for the operator's own systems; serves nothing of an API. */
export class AdminServer {
  readonly #parts: AdminParts;
  readonly #server: http.Server;
  #loopback = true;

  constructor(parts: AdminParts) {
    this.#parts = parts;
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
    const { control, oauthUp, identityKeySet } = this.#parts;
    switch (request.url) {
      case '/healthz':
        return text(reply, 200, 'ok\n');
      case '/readyz':
        return control.ready ? text(reply, 200, 'ready\n') : text(reply, 503, 'not ready\n');
      case '/metrics': {
        await control.flush();
        const page = prometheusText(control.totals, control.counters.tallies(), oauthUp());
        return text(reply, 200, page, 'text/plain; version=0.0.4; charset=utf-8');
      }
      case '/identity/jwks.json': {
        const keySet = identityKeySet();
        if (keySet === undefined) return text(reply, 404, 'upstream-identity signs nothing here\n');
        return text(reply, 200, keySet, 'application/jwk-set+json', `public, max-age=${keySetMaxAge}`);
      }
      default:
        return text(reply, 404, 'not found; there are /metrics, /healthz, /readyz and /identity/jwks.json\n');
    }
  }
}

function text(
  reply: ServerResponse,
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
  caching = 'no-store',
): void {
  reply.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': caching,
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
