import { completeFields, conclude, runResponse } from '../conclude.ts';
import { type Refuse, refuse } from '../exchange.ts';
import type { Gateway } from '../gateway.ts';
import { Fields } from '../http/fields.ts';
import { BodyFault } from '../listener/body.ts';
import type { Watched } from '../listener/stall-watch.ts';
import type { LiveExchange } from '../live-exchange.ts';
import type { ProblemName } from '../problems/catalogue.ts';
import type { Call, ReplyHandler } from './client.ts';
import { describeFailure, failureRefusal, mayRepeat } from './failure.ts';
import { HeldReply, isGlimpsed, refuseUpgrade, runReply, watchCompressed } from './reply-body.ts';
import { upgrade } from './upgrading.ts';
import type { Target, Upstream } from './upstream.ts';

/** A reply that says it is at most this long is collected, so that its head and body leave in one write. */
const collected = 65_536;

/** The last stage of a request that nothing refused. */
export function forward(gateway: Gateway, exchange: LiveExchange): Refuse | undefined {
  const upstream = exchange.plan.upstream!;
  if (exchange.inbound.upgrade !== undefined) {
    const refusal = refuseUpgrade(exchange);
    if (refusal !== undefined) return refusal;
  }
  exchange.decidedBy = 'upstream';
  if (exchange.inbound.upgrade !== undefined) upgrade(gateway, exchange, upstream);
  else new Forwarding(gateway, exchange, upstream).dispatch();
  return undefined;
}

/** Carries one request to an upstream and its reply back, with back-pressure both ways. */
class Forwarding implements ReplyHandler, Watched {
  /** For the watch over a caller who does not read: nothing counts but the time that it has been waited for. */
  readonly received = 0;
  readonly minimumRate = 0;

  readonly #gateway: Gateway;
  readonly #exchange: LiveExchange;
  readonly #upstream: Upstream;
  readonly #startedAt = performance.now();
  #target: Target | undefined = undefined;
  #call: Call | undefined = undefined;
  #attempts = 0;
  #cancelled = false;
  #settled = false;
  /** Something of the request may have reached the upstream. */
  #sent = false;
  #status = 0;
  #mode: 'waiting' | 'holding' | 'collecting' | 'deciding' | 'streaming' = 'waiting';
  #held: HeldReply | undefined = undefined;
  #chunk: Buffer | undefined = undefined;
  #chunks: Buffer[] | undefined = undefined;

  constructor(gateway: Gateway, exchange: LiveExchange, upstream: Upstream) {
    this.#gateway = gateway;
    this.#exchange = exchange;
    this.#upstream = upstream;
    exchange.inHand = this;
  }

  dispatch(): void {
    const exchange = this.#exchange;
    const { settings } = this.#upstream;
    const target = this.#upstream.pick(this.#target);
    this.#target = target;
    this.#attempts++;
    this.#sent = false;
    target.pending++;
    const fields = exchange.upstreamFields.flat;
    fields[1] =
      settings.host === 'target' || exchange.authority === '' ? target.authority : exchange.authority;
    const { upstreamQuery, upstreamPath, passing } = exchange;
    try {
      // It may have broken off while policies were still at work.
      if (passing?.errored instanceof Error) throw passing.errored;
      this.#call = target.client.dispatch(
        {
          method: exchange.method,
          target: upstreamQuery === '' ? upstreamPath : `${upstreamPath}?${upstreamQuery}`,
          fields,
          body: passing ?? exchange.body,
        },
        this,
      );
    } catch (error) {
      this.failed(error as Error);
    }
  }

  sent(): void {
    this.#sent = true;
  }

  /** Throws only before anything was said to the caller; the client comes back with the error. */
  head(status: number, flat: string[]): void {
    const exchange = this.#exchange;
    exchange.passing?.release();
    this.#status = status;
    this.#outcome(undefined);
    exchange.status = status;
    const fields = new Fields(flat);
    // RFC 9110 section 8.6: some clients would wait for content that cannot come.
    if (status === 204) fields.remove('content-length');
    exchange.replyFields = fields;
    completeFields(exchange, fields);
    const held = runResponse(this.#gateway, exchange) ?? HeldReply.of(exchange);
    if (held !== undefined && 'kind' in held) return this.#refuse(held);
    if (held !== undefined) {
      this.#held = held;
      this.#mode = 'holding';
      return;
    }
    const length = fields.get('content-length');
    if (length !== undefined && Number(length) <= collected) this.#mode = 'collecting';
    else {
      // Small replies without a length are complete by the end of this turn; others flow from then on.
      this.#mode = 'deciding';
      process.nextTick(() => this.#decide());
    }
  }

  data(chunk: Buffer): void {
    this.#exchange.replyBytes += chunk.length;
    if (this.#mode === 'streaming') {
      if (!this.#exchange.inbound.write(chunk)) this.#pause();
      return;
    }
    if (this.#chunk === undefined) this.#chunk = chunk;
    else if (this.#chunks === undefined) this.#chunks = [this.#chunk, chunk];
    else this.#chunks.push(chunk);
    if (this.#held === undefined) return;
    const outcome = this.#held.take(this.#exchange, chunk.length);
    if (outcome === 'release') this.#stream();
    else if (outcome !== undefined) this.#refuse(outcome);
  }

  /** The upstream has answered, but nothing of it was passed on yet. */
  #refuse(refusal: Refuse): void {
    this.#settle();
    this.#call!.abort(gone);
    conclude(this.#gateway, this.#exchange, refusal);
  }

  end(trailers: readonly string[]): void {
    if (this.#settled) return;
    const exchange = this.#exchange;
    if (this.#mode === 'holding') return this.#endHeld('all');
    if (this.#mode === 'streaming' || trailers.length > 0) {
      this.#stream();
      exchange.inbound.end(trailers);
    } else if (this.#chunk !== undefined && isGlimpsed(exchange)) return this.#endHeld('glimpsing');
    else {
      const body = this.#collectedBody();
      const fields = exchange.replyFields;
      if (this.#mode === 'deciding' && hasContent(exchange.method, this.#status)) {
        fields.set('content-length', String(body?.length ?? 0));
      }
      exchange.inbound.respond(this.#status, fields.flat, body);
      if (body !== undefined) watchCompressed(this.#gateway, exchange, body);
    }
    // Not before the reply is written: what cannot be written is a failure of the upstream.
    this.#settle();
    this.#gateway.finish(exchange);
  }

  /** The content is whole, and policies look at it before any of it goes on. */
  #endHeld(which: 'all' | 'glimpsing'): void {
    const exchange = this.#exchange;
    const refusal = runReply(this.#gateway, exchange, this.#collectedBody(), which);
    if (refusal === undefined) {
      const { inbound, replyFields, replyBody } = exchange;
      inbound.respond(this.#status, replyFields.flat, replyBody.length === 0 ? undefined : replyBody);
    }
    this.#settle();
    if (refusal === undefined) this.#gateway.finish(exchange);
    else conclude(this.#gateway, exchange, refusal);
  }

  failed(error: Error): void {
    if (this.#settled) return;
    const exchange = this.#exchange;
    this.#settle();
    if (this.#cancelled || exchange.ended) return;
    if (error === unread) exchange.note('reply', 'unread');
    else this.#outcome(error);
    if (this.#mode === 'streaming') {
      exchange.aborted = true;
      exchange.inbound.abort();
      this.#gateway.finish(exchange);
      return;
    }
    if (error instanceof BodyFault) {
      exchange.decidedBy = error.decidedBy;
      return conclude(this.#gateway, exchange, refuse(error.problem));
    }
    if (
      this.#mode === 'waiting' &&
      exchange.passing === undefined &&
      this.#attempts <= this.#upstream.settings.retries &&
      mayRepeat(exchange.method, error, this.#sent)
    ) {
      this.#settled = false;
      this.dispatch();
      return;
    }
    conclude(this.#gateway, exchange, failureRefusal(error, this.#upstream.settings));
  }

  /** By now a small reply without a length is complete; this one is not, so it is passed on as it comes. */
  #decide(): void {
    if (this.#mode !== 'deciding' || this.#settled) return;
    try {
      this.#stream();
    } catch (error) {
      this.#call?.abort(error as Error);
    }
  }

  #stream(): void {
    if (this.#mode === 'streaming') return;
    const { inbound, replyFields: fields } = this.#exchange;
    inbound.start(this.#status, fields.flat);
    this.#mode = 'streaming';
    const chunks = this.#chunks ?? (this.#chunk === undefined ? [] : [this.#chunk]);
    let flowing = true;
    for (const chunk of chunks) flowing = inbound.write(chunk);
    this.#chunk = undefined;
    this.#chunks = undefined;
    if (!flowing) this.#pause();
  }

  #pause(): void {
    const call = this.#call!;
    if (call.paused) return;
    call.pause();
    const { stalls } = this.#gateway;
    stalls.add(this);
    this.#exchange.inbound.onDrain(() => {
      stalls.remove(this);
      call.resume();
    });
  }

  /** Milliseconds for which a caller may leave a reply unread; it holds a connection of the upstream meanwhile. */
  get timeout(): number {
    return this.#upstream.settings.idleTimeout;
  }

  stalled(): void {
    if (!this.#settled) this.#call?.abort(unread);
  }

  bodyBroke(problem: ProblemName): void {
    this.#exchange.passing?.bodyBroke(problem);
  }

  #collectedBody(): Buffer | undefined {
    return this.#chunks === undefined ? this.#chunk : Buffer.concat(this.#chunks);
  }

  cancel(): void {
    this.#cancelled = true;
    this.#call?.abort(gone);
    const { passing } = this.#exchange;
    if (passing === undefined) return;
    this.#exchange.requestBytes = passing.received;
    passing.destroy();
  }

  /** This attempt is over. */
  #settle(): void {
    this.#settled = true;
    this.#target!.pending--;
    const { passing } = this.#exchange;
    if (passing !== undefined) this.#exchange.requestBytes = passing.received;
    if (this.#call?.paused === true) this.#gateway.stalls.remove(this);
  }

  #outcome(error: Error | undefined): void {
    this.#exchange.upstream = {
      target: this.#target!.origin,
      attempts: this.#attempts,
      status: this.#status === 0 ? undefined : this.#status,
      duration: performance.now() - this.#startedAt,
      error: error === undefined ? undefined : describeFailure(error).reason,
    };
  }
}

const gone = new Error('the exchange is over');
const unread = new Error('the caller does not read');

/** RFC 9110 section 8.6: these replies have no content, and their Content-Length is not ours to add. */
function hasContent(method: string, status: number): boolean {
  return method !== 'HEAD' && status !== 204 && status !== 304;
}
