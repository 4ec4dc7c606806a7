import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import { completeFields, conclude, runResponse } from '../conclude.ts';
import { refuse } from '../exchange.ts';
import type { Gateway } from '../gateway.ts';
import type { LiveExchange } from '../live-exchange.ts';
import { describeFailure } from './failure.ts';
import { type ParsedFields, replyFields } from './fields.ts';
import type { Target, Upstream } from './upstream.ts';

/** Opens a WebSocket to the upstream and joins it with the caller's (RFC 6455, over HTTP/2 RFC 8441). */
export function upgrade(gateway: Gateway, exchange: LiveExchange, upstream: Upstream): void {
  const target = upstream.pick(undefined);
  const fields = exchange.upstreamFields;
  fields.set('host', upstream.settings.host === 'target' || exchange.authority === '' ? target.authority : exchange.authority);
  // An extended CONNECT has no key of its own, while the upstream's handshake needs one (RFC 6455 section 4.1).
  if (!fields.has('sec-websocket-key')) fields.set('sec-websocket-key', randomBytes(16).toString('base64'));
  const upgrading = new Upgrading(gateway, exchange, target, upstream.settings.idleTimeout);
  exchange.inHand = upgrading;
  upstream.poolForUpgrade(target).dispatch(
    {
      path: exchange.query === '' ? exchange.upstreamPath : `${exchange.upstreamPath}?${exchange.query}`,
      method: 'GET',
      headers: fields.flat,
      upgrade: 'websocket',
    },
    upgrading,
  );
}

class Upgrading implements Dispatcher.DispatchHandler {
  readonly #gateway: Gateway;
  readonly #exchange: LiveExchange;
  readonly #target: Target;
  readonly #idleTimeout: number;
  readonly #startedAt = performance.now();
  #controller: Dispatcher.DispatchController | undefined = undefined;
  #over = false;

  constructor(gateway: Gateway, exchange: LiveExchange, target: Target, idleTimeout: number) {
    this.#gateway = gateway;
    this.#exchange = exchange;
    this.#target = target;
    this.#idleTimeout = idleTimeout;
    target.pending++;
  }

  cancel(): void {
    this.#over = true;
    this.#controller?.abort(new Error('the exchange is over'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(new Error('the exchange is over'));
  }

  onRequestUpgrade(_: Dispatcher.DispatchController, status: number, parsed: ParsedFields, socket: Duplex): void {
    this.#target.pending--;
    const exchange = this.#exchange;
    if (this.#over || exchange.ended) {
      socket.destroy();
      return;
    }
    this.#outcome(status, undefined);
    exchange.status = status;
    exchange.replyFields = replyFields(parsed);
    completeFields(exchange, exchange.replyFields);
    const refusal = runResponse(this.#gateway, exchange);
    if (refusal !== undefined) {
      socket.destroy();
      conclude(this.#gateway, exchange, refusal);
      return;
    }
    this.#join(socket, exchange.inbound.takeOver(exchange.replyFields.flat));
  }

  /** The upstream answered, but did not switch: its reply is not for a WebSocket client. */
  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200 || this.#over) return;
    this.#over = true;
    this.#target.pending--;
    this.#outcome(status, undefined);
    controller.abort(new Error('no upgrade'));
    conclude(this.#gateway, this.#exchange, refuse('upgrade-refused', { reason: String(status) }));
  }

  onResponseError(_: unknown, error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#target.pending--;
    if (this.#exchange.ended) return;
    this.#outcome(undefined, error);
    const failure = describeFailure(error);
    conclude(this.#gateway, this.#exchange, refuse(failure.problem, { reason: failure.reason }));
  }

  /** Until either side ends; the exchange lasts as long, so its record counts the bytes. */
  #join(server: Duplex, client: Duplex): void {
    const exchange = this.#exchange;
    const end = (): void => {
      server.destroy();
      client.destroy();
      if (!exchange.ended) this.#gateway.finish(exchange);
    };
    exchange.inHand = { cancel: end };
    const quiet = setTimeout(end, this.#idleTimeout);
    const stirred = (): void => void quiet.refresh();
    server.on('data', (chunk: Buffer) => {
      exchange.replyBytes += chunk.length;
      stirred();
    });
    client.on('data', (chunk: Buffer) => {
      exchange.requestBytes += chunk.length;
      stirred();
    });
    for (const side of [server, client]) {
      side.on('error', end);
      side.on('close', () => {
        clearTimeout(quiet);
        end();
      });
    }
    server.pipe(client);
    client.pipe(server);
  }

  #outcome(status: number | undefined, error: Error | undefined): void {
    this.#exchange.upstream = {
      target: this.#target.origin,
      attempts: 1,
      status,
      duration: performance.now() - this.#startedAt,
      error: error === undefined ? undefined : describeFailure(error).reason,
    };
  }
}
