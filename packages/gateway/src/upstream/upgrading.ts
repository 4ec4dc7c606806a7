import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import { completeFields, conclude, runResponse } from '../conclude.ts';
import { refuse } from '../exchange.ts';
import type { Gateway } from '../gateway.ts';
import type { LiveExchange } from '../live-exchange.ts';
import { describeFailure, failureRefusal, mayRepeat } from './failure.ts';
import { type ParsedFields, replyFields } from './fields.ts';
import type { DispatchTo, Target, Upstream } from './upstream.ts';

/** Opens a WebSocket to the upstream and joins it with the caller's (RFC 6455, over HTTP/2 RFC 8441). */
export function upgrade(gateway: Gateway, exchange: LiveExchange, upstream: Upstream): void {
  const fields = exchange.upstreamFields;
  // An extended CONNECT has no key of its own, while the upstream's handshake needs one (RFC 6455 section 4.1).
  if (!fields.has('sec-websocket-key')) fields.set('sec-websocket-key', randomBytes(16).toString('base64'));
  new Upgrading(gateway, exchange, upstream).dispatch();
}

class Upgrading implements Dispatcher.DispatchHandler {
  readonly #gateway: Gateway;
  readonly #exchange: LiveExchange;
  readonly #upstream: Upstream;
  readonly #startedAt = performance.now();
  #target: Target | undefined = undefined;
  #attempts = 0;
  #controller: Dispatcher.DispatchController | undefined = undefined;
  #over = false;
  /** The target counts the request until it is settled. */
  #pending = false;

  constructor(gateway: Gateway, exchange: LiveExchange, upstream: Upstream) {
    this.#gateway = gateway;
    this.#exchange = exchange;
    this.#upstream = upstream;
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
    this.#upstream.poolForUpgrade(target).dispatch(
      {
        path: exchange.query === '' ? exchange.upstreamPath : `${exchange.upstreamPath}?${exchange.query}`,
        method: 'GET',
        headers: exchange.upstreamFields.flat,
        servername: target.serverName,
        upgrade: 'websocket',
      } as DispatchTo,
      this,
    );
  }

  cancel(): void {
    this.#over = true;
    this.#settle();
    this.#controller?.abort(gone);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(gone);
  }

  onRequestUpgrade(
    _: Dispatcher.DispatchController,
    status: number,
    parsed: ParsedFields,
    socket: Duplex,
  ): void {
    this.#settle();
    const exchange = this.#exchange;
    if (this.#over || exchange.ended) {
      socket.destroy();
      return;
    }
    this.#over = true;
    this.#outcome(status, undefined);
    exchange.status = status;
    const fields = replyFields(parsed);
    fields.remove('content-length');
    exchange.replyFields = fields;
    completeFields(exchange, fields);
    const refusal = runResponse(this.#gateway, exchange);
    if (refusal !== undefined) {
      socket.destroy();
      conclude(this.#gateway, exchange, refusal);
      return;
    }
    this.#join(socket, exchange.inbound.takeOver(fields.flat));
  }

  /** The upstream answered, but did not switch: its reply is not for a WebSocket client. */
  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200 || this.#over) return;
    this.#over = true;
    this.#settle();
    this.#outcome(status, undefined);
    controller.abort(gone);
    conclude(this.#gateway, this.#exchange, refuse('upgrade-refused', { reason: String(status) }));
  }

  onResponseError(_: unknown, error: Error): void {
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

const gone = new Error('the exchange is over');
