import { hash, randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { completeFields, conclude, runResponse } from '../conclude.ts';
import { refuse } from '../exchange.ts';
import type { Gateway } from '../gateway.ts';
import { Fields } from '../http/fields.ts';
import type { LiveExchange } from '../live-exchange.ts';
import { describeFailure, failureRefusal, mayRepeat } from './failure.ts';
import { type Opening, openUpgrade, type UpgradeHandler } from './http1/upgrade.ts';
import type { Target, Upstream } from './upstream.ts';

/** Opens a WebSocket to the upstream and joins it with the caller's (RFC 6455, over HTTP/2 RFC 8441). */
export function upgrade(gateway: Gateway, exchange: LiveExchange, upstream: Upstream): void {
  const fields = exchange.upstreamFields;
  // An extended CONNECT has no key of its own, while the upstream's handshake needs one (RFC 6455 section 4.1).
  let key: string | undefined;
  if (exchange.httpVersion === '2') {
    key = randomBytes(16).toString('base64');
    fields.set('sec-websocket-key', key);
  }
  fields.set('connection', 'upgrade');
  fields.set('upgrade', 'websocket');
  new Upgrading(gateway, exchange, upstream, key).dispatch();
}

/** RFC 6455 section 4.2.2. */
function acceptFor(key: string): string {
  return hash('sha1', `${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`, 'base64');
}

class Upgrading implements UpgradeHandler {
  readonly #gateway: Gateway;
  readonly #exchange: LiveExchange;
  readonly #upstream: Upstream;
  /** Of our own making, so that nobody but us can check the answer to it. */
  readonly #key: string | undefined;
  readonly #startedAt = performance.now();
  #target: Target | undefined = undefined;
  #attempts = 0;
  #opening: Opening | undefined = undefined;
  #over = false;
  /** The target counts the request until it is settled. */
  #pending = false;

  constructor(gateway: Gateway, exchange: LiveExchange, upstream: Upstream, key: string | undefined) {
    this.#gateway = gateway;
    this.#exchange = exchange;
    this.#upstream = upstream;
    this.#key = key;
    exchange.inHand = this;
  }

  dispatch(): void {
    const exchange = this.#exchange;
    const target = this.#upstream.pick(this.#target);
    this.#target = target;
    this.#attempts++;
    this.#pending = true;
    target.pending++;
    const preserved = this.#upstream.settings.host === 'preserve' && exchange.authority !== '';
    exchange.upstreamFields.set('host', preserved ? exchange.authority : target.authority);
    const { upstreamQuery, upstreamPath, upstreamFields } = exchange;
    const request = {
      method: 'GET',
      target: upstreamQuery === '' ? upstreamPath : `${upstreamPath}?${upstreamQuery}`,
      fields: upstreamFields.flat,
      body: undefined,
    };
    try {
      this.#opening = openUpgrade(target.origin, target.connect, request, this.#upstream.settings, this);
    } catch (error) {
      this.failed(error as Error);
    }
  }

  cancel(): void {
    this.#over = true;
    this.#settle();
    this.#opening?.abort();
  }

  switched(flat: string[], socket: Duplex): void {
    this.#settle();
    this.#over = true;
    const exchange = this.#exchange;
    this.#outcome(101, undefined);
    exchange.status = 101;
    const fields = new Fields(flat);
    fields.remove('content-length');
    if (this.#key !== undefined && fields.get('sec-websocket-accept') !== acceptFor(this.#key)) {
      socket.destroy();
      conclude(this.#gateway, exchange, refuse('upgrade-refused', { reason: 'accept' }));
      return;
    }
    exchange.replyFields = fields;
    completeFields(exchange, fields);
    const refusal = runResponse(this.#gateway, exchange);
    if (refusal !== undefined) {
      socket.destroy();
      conclude(this.#gateway, exchange, refusal);
      return;
    }
    let client: Duplex;
    try {
      client = exchange.inbound.takeOver(fields.flat);
    } catch (fault) {
      // A field that cannot be written, which a policy of the user may have added.
      socket.destroy();
      this.#gateway.fault(exchange, 'reply', fault);
      conclude(this.#gateway, exchange, refuse('policy-fault', { reason: 'reply' }));
      return;
    }
    this.#join(socket, client);
  }

  /** The upstream answered, but did not switch: its reply is not for a WebSocket client. */
  refused(status: number): void {
    this.#over = true;
    this.#settle();
    this.#outcome(status, undefined);
    conclude(this.#gateway, this.#exchange, refuse('upgrade-refused', { reason: String(status) }));
  }

  failed(error: Error): void {
    this.#settle();
    if (this.#over || this.#exchange.ended) return;
    if (this.#attempts <= this.#upstream.settings.retries && mayRepeat('GET', error, true))
      return this.dispatch();
    this.#over = true;
    this.#outcome(undefined, error);
    conclude(this.#gateway, this.#exchange, failureRefusal(error, this.#upstream.settings));
  }

  /** Until both sides have ended; the exchange lasts as long, so its record counts the bytes. */
  #join(server: Duplex, client: Duplex): void {
    const exchange = this.#exchange;
    const end = (): void => {
      clearTimeout(quiet);
      server.destroy();
      client.destroy();
      if (!exchange.ended) this.#gateway.finish(exchange);
    };
    exchange.inHand = { cancel: end };
    const { idleTimeout } = this.#upstream.settings;
    const quiet = setTimeout(end, idleTimeout);
    server.on('data', (chunk: Buffer) => {
      exchange.replyBytes += chunk.length;
      quiet.refresh();
    });
    client.on('data', (chunk: Buffer) => {
      exchange.requestBytes += chunk.length;
      quiet.refresh();
    });
    passOn(server, client, end);
    passOn(client, server, end);
  }

  #settle(): void {
    if (this.#pending) this.#target!.pending--;
    this.#pending = false;
  }

  #outcome(status: number | undefined, error: Error | undefined): void {
    this.#exchange.upstream = {
      target: this.#target!.origin,
      attempts: this.#attempts,
      status,
      duration: performance.now() - this.#startedAt,
      error: error === undefined ? undefined : describeFailure(error).reason,
    };
  }
}

/** An orderly end is passed on behind the last bytes, which may be the reason for closing; any other one at once. */
function passOn(from: Duplex, to: Duplex, end: () => void): void {
  from.on('error', end);
  from.on('close', () => {
    if (!from.readableEnded || to.destroyed || to.writableFinished) end();
    else to.once('finish', end);
  });
  from.pipe(to);
}
